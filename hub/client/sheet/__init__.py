"""Reading what members have: text, CSV, XLSX and Parquet files as one stream of rows, in constant memory."""

from hub.client.sheet.headings import Wanted
from hub.client.sheet.opening import Sheet, open_sheet
from hub.client.sheet.row import Problem, Row

__all__ = ["Problem", "Row", "Sheet", "Wanted", "open_sheet"]
