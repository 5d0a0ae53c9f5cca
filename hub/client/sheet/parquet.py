"""Parquet files, a few thousand rows at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hub.client.errors import ClientError, ExitCode, printable, usage
from hub.client.sheet.headings import Wanted, place_columns
from hub.client.sheet.opening import Sheet
from hub.client.sheet.row import Columns, Problem, Row, of_seller
from hub.client.sheet.xlsx import number_text

_ROWS_AT_A_TIME = 4_096

_Cell = tuple[str, Problem | None]


@contextmanager
def open_parquet(path: Path, wanted: Wanted) -> Iterator[Sheet]:
    """The rows of a Parquet file, numbered from 1."""
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path) from error
    with file:
        schema = file.schema_arrow
        if file.metadata.num_rows == 0 or not schema.names:
            raise ClientError(ExitCode.NOTHING_USABLE, f"{path} is empty", "check which file was meant")
        columns, _ = place_columns(schema.names, _with_heading(wanted))
        for at in (columns.value, columns.seller):
            if at is not None and _cell_reader(schema.field(at).type) is None:
                raise usage(
                    f"the column “{printable(schema.names[at], 40)}” of {path} is of type {schema.field(at).type}",
                    "cast it to string",
                )
        sheet = Sheet(columns.names, "row", iter(()), columns.field)
        sheet.rows = _rows(path, file, columns, sheet)
        yield sheet


def _with_heading(wanted: Wanted) -> Wanted:
    return Wanted(wanted.type, wanted.is_value, wanted.column, wanted.seller, heading=True)


def _damaged(path: Path) -> ClientError:
    return usage(f"{path} is damaged or not a Parquet file that can be read", "write it again")


def _rows(path: Path, file: pq.ParquetFile, columns: Columns, sheet: Sheet) -> Iterator[Row]:
    readers = [_cell_reader(field.type) or _shown for field in file.schema_arrow]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME):
            for values in zip(*(_values(column) for column in batch.columns), strict=True):
                number += 1
                cells = [read(value) for read, value in zip(readers, values, strict=True)]
                row = columns.row(number, [text for text, _ in cells], _problem(cells, columns))
                if row is None:
                    sheet.blank += 1
                else:
                    yield row
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _damaged(path) from error


def _values(column: pa.Array) -> list[Any]:
    """A column's values; moments as text, since Python's own know no nanoseconds and no year beyond 9999."""
    if pa.types.is_temporal(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowException:
            column = column.view(pa.int32() if column.type.bit_width == 32 else pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _problem(cells: list[_Cell], columns: Columns) -> Problem | None:
    found = cells[columns.value][1]
    if found is None and columns.seller is not None and (seller := cells[columns.seller][1]) is not None:
        return of_seller(seller)
    return found


def _cell_reader(kind: pa.DataType) -> Callable[[Any], _Cell] | None:
    """How a column of this type gives text; None where it cannot hold an identifier."""
    if isinstance(kind, pa.DictionaryType):
        return _cell_reader(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
        return lambda value: ("" if value is None else value, None)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return lambda value: ("" if value is None else value.decode("utf-8", "surrogateescape"), None)
    if pa.types.is_integer(kind):
        return lambda value: ("" if value is None else str(value), None)
    if pa.types.is_floating(kind):  # pandas makes floats of whole numbers as soon as one is missing
        return lambda value: ("", None) if value is None or math.isnan(value) else number_text(value)
    return None


def _shown(value: Any) -> _Cell:
    return ("" if value is None else str(value)), None
