"""The pages' forms of notices."""

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from hub.notices.rules import TOPICS, ZONES, Letters, Settings, Topic

WORDS = {Letters.NONE: "No letter", Letters.AT_ONCE: "At once", Letters.DAILY: "Once a day"}
"""How each choice reads."""
MOST = 2**62


class ReadForm(FlaskForm):
    """The place of the notice that is read, or up to which all are."""

    place = IntegerField(validators=[InputRequired(), NumberRange(0, MOST)])


class SettingsForm(FlaskForm):
    """How a person is told of each topic, and when its daily letter is written."""

    hour = SelectField("Hour of the daily letter", choices={str(hour): f"{hour:02}:00" for hour in range(24)})
    zone = SelectField("Time zone", choices=sorted(ZONES))

    @classmethod
    def of(cls, chosen: Settings) -> "SettingsForm":
        """The form with what is chosen now."""
        said = {f"letters_{topic.value}": chosen.of(topic).value for topic in Topic}
        return cls(data=said | {"hour": str(chosen.hour), "zone": chosen.zone})

    @property
    def settings(self) -> Settings:
        """What was chosen; after the form has validated."""
        letters = {topic: Letters(self[f"letters_{topic.value}"].data) for topic in Topic}
        return Settings(letters, int(self.hour.data), self.zone.data)


for _topic in Topic:
    setattr(
        SettingsForm,
        f"letters_{_topic.value}",
        SelectField(TOPICS[_topic][0], choices={how.value: words for how, words in WORDS.items()}),
    )
