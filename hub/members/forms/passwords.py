"""What the pages of passwords send."""

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from hub.members.forms.invitations import NewPasswordForm
from hub.members.password_rules import LONGEST_PASSWORD
from hub.members.rules import LONGEST_ADDRESS


class ForgottenForm(FlaskForm):
    """The address of who has forgotten the password."""

    email = EmailField(
        "E-mail address",
        validators=[InputRequired("Give your e-mail address"), Length(max=LONGEST_ADDRESS)],
        render_kw={"autocomplete": "username"},
    )


class ChangedPasswordForm(NewPasswordForm):
    """A password in place of one that the person knows."""

    class Meta:
        """With Flask-WTF's token, since a session is there."""

        csrf = True

    old = PasswordField(
        "Your password until now",
        validators=[InputRequired("Give your password"), Length(max=LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )
