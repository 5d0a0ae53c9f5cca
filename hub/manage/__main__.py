"""`python -m hub.manage` is `hub`."""

from hub.manage.cli import main

main()
