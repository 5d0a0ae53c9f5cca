"""The pages' forms of notices."""

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from hub.notices.rules import TOPICS, ZONES, Letters, Settings, Topic
from hub.notices.webhook_rules import LONGEST_URL

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


class WebhookForm(FlaskForm):
    """The address of a webhook, and what is sent to it."""

    url = StringField("Address", validators=[InputRequired("Give the address that is called"), Length(max=LONGEST_URL)])
    topics = SelectMultipleField("What is sent", choices={topic.value: TOPICS[topic][0] for topic in Topic})

    def validate_topics(self, field: SelectMultipleField) -> None:
        """One that nothing is sent to serves nobody."""
        if not field.data:
            raise ValidationError("Choose at least one topic")

    @property
    def chosen(self) -> list[Topic]:
        """The topics; after the form has validated."""
        return [Topic(value) for value in self.topics.data]


class TopicsForm(WebhookForm):
    """The topics alone."""

    url = None


class ReplayForm(FlaskForm):
    """Which delivery is sent once more."""

    delivery = StringField(validators=[InputRequired(), Length(max=40)])


class SinceForm(FlaskForm):
    """From which day on all that failed is sent once more."""

    since = DateField("All that failed since", validators=[InputRequired("Choose a day")])
