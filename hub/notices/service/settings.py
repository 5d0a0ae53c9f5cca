"""How a person is told of notices by letter."""

from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.notices import policy
from hub.notices.model import NoticeReader
from hub.notices.rules import ZONES, Letters, Settings, Topic
from hub.notices.service.read import begun_reader


def settings(actor: Actor) -> Settings:
    """What the person has chosen, or what is so as long as it has not. Raises NotPermittedError."""
    person = policy.reading_person(actor)
    found = select(NoticeReader).where(policy.own_readers(actor), NoticeReader.person_id == person)
    row = db.session.execute(found).scalar_one_or_none()
    return Settings() if row is None else settings_in(row)


def set_settings(actor: Actor, chosen: Settings) -> None:
    """Keep what the person chooses, for all letters from now on. Commits. Raises NotPermittedError."""
    row = begun_reader(actor)
    row.letters = {topic.value: chosen.of(topic).value for topic in Topic}
    row.hour, row.zone, row.daily_at, row.look_at = chosen.hour, chosen.zone, None, clock.now()
    db.session.commit()


def settings_in(row: NoticeReader) -> Settings:
    """What a row says; of a time zone that there is no more, the hour is taken as one of UTC."""
    known = {Topic(topic): Letters(how) for topic, how in row.letters.items() if topic in list(Topic)}
    return Settings(known, row.hour, row.zone if row.zone in ZONES else "UTC")
