"""Pages of applications: the public ones, and the office's."""

from hub.applications.pages.apply import blueprint as apply
from hub.applications.pages.office import blueprint as office

PAGES = (apply, office)
