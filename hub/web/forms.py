"""The form of a page's button."""

from flask_wtf import FlaskForm


class EmptyForm(FlaskForm):
    """A button, and the token against forged requests."""
