"""Mail: posted in the caller's transaction, sealed while it waits, sent by the worker, kept where no server is set."""

import logging
import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from hub import mail
from hub.config import MailServer, SettingError, Settings
from hub.db import db
from hub.mail import WAITS, Letter, LetterError, post
from tests.conftest import HTML, Hub
from tests.web.mail.post_office import certificate, knows, make_due, open_office, sends_to, work

LETTER = Letter("mara@alliance-hub.org", "Your invitation — déjà vu", "Dear Mara,\n\nhttp://hub/invitation/secret\n")
UNREACHED = 9  # the discard port, where nobody listens


def posted(hub: Hub, letter: Letter = LETTER) -> None:
    """Post a letter as a service does: in the application, with the commit last."""
    with hub.app.app_context():
        post(letter)
        db.session.commit()


def waiting(hub: Hub) -> list[tuple[object, ...]]:
    return hub.sql("SELECT sealed, given_up_at FROM letter")


# --- sent


def test_letter_arrives_as_it_was_posted(hub: Hub) -> None:
    with open_office() as (office, port):
        sends_to(hub, port)
        posted(hub)
        work(hub)
    (message,), (envelope,) = office.taken, office.envelopes
    assert (message["From"], message["To"], message["Subject"]) == ("hub@alliance-hub.org", LETTER.to, LETTER.subject)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hub@alliance-hub.org", [LETTER.to])
    assert message.get_content().replace("\r\n", "\n") == LETTER.text
    assert message.get_content_type() == "text/plain"
    assert parsedate_to_datetime(message["Date"]).utcoffset() is not None
    assert re.fullmatch(r"<[0-9a-f]{40}@alliance-hub\.org>", message["Message-ID"])


def test_letter_sent_is_gone_with_its_job(hub: Hub) -> None:
    with open_office() as (_, port):
        sends_to(hub, port)
        posted(hub)
        work(hub)
    assert waiting(hub) == []
    assert hub.sql("SELECT id FROM procrastinate_jobs") == []


def test_letter_of_a_transaction_rolled_back_is_not_sent(hub: Hub) -> None:
    with open_office() as (office, port):
        sends_to(hub, port)
        with hub.app.app_context():
            post(LETTER)
            db.session.rollback()
        assert hub.sql("SELECT id FROM procrastinate_jobs") == []
        work(hub)
    assert office.offered == 0


def test_letter_posted_while_the_server_is_down_arrives_at_a_later_try(hub: Hub) -> None:
    sends_to(hub, UNREACHED)
    posted(hub)
    work(hub)
    ((minutes,),) = hub.sql("SELECT extract(epoch FROM scheduled_at - now()) / 60 FROM procrastinate_jobs")
    assert 0 < float(str(minutes)) <= WAITS[0] / 60
    with open_office() as (office, port):
        sends_to(hub, port)
        make_due(hub)
        work(hub)
    assert [message["To"] for message in office.taken] == [LETTER.to]


@pytest.mark.parametrize("refusal", ["451 not now", "421 closing"])
def test_letter_refused_for_now_waits(hub: Hub, refusal: str) -> None:
    with open_office() as (office, port):
        office.answer = refusal
        sends_to(hub, port)
        posted(hub)
        work(hub)
    ((sealed, given_up_at),) = waiting(hub)
    assert sealed is not None
    assert given_up_at is None
    assert hub.sql("SELECT status::text FROM procrastinate_jobs") == [("todo",)]


def test_the_last_try_is_a_day_after_the_first() -> None:
    assert 24 * 3600 <= sum(WAITS) <= 25 * 3600


def test_letter_that_no_server_takes_for_a_day_is_given_up(hub: Hub) -> None:
    sends_to(hub, UNREACHED)
    posted(hub)
    for _ in range(len(WAITS) + 1):
        work(hub)
        make_due(hub)
    ((sealed, given_up_at),) = waiting(hub)
    assert sealed is None
    assert given_up_at is not None
    assert hub.sql("SELECT id FROM procrastinate_jobs") == []


@pytest.mark.parametrize("part", ["answer", "recipient_answer"])
def test_letter_refused_for_good_is_given_up_at_once_and_told_to_the_office(hub: Hub, part: str) -> None:
    hub.person("alliance")
    with open_office() as (office, port):
        setattr(office, part, "550 no such person")
        sends_to(hub, port)
        posted(hub)
        work(hub)
    assert waiting(hub)[0][0] is None
    assert hub.sql("SELECT id FROM procrastinate_jobs") == []
    assert "1 letter could not be delivered" in hub.signed_in("alliance").get("/", headers=HTML).text


def test_letter_whose_worker_died_is_taken_up_again(hub: Hub) -> None:
    with open_office() as (office, port):
        sends_to(hub, port)
        posted(hub)
        hub.sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
        work(hub)
        assert office.taken == []
        with hub.app.app_context():
            mail.jobs.put(db.session.connection().connection.driver_connection, "take_up_abandoned", timestamp=0)
            db.session.commit()
        work(hub)
        work(hub)
    assert len(office.taken) == 1


# --- by a safe way


def test_letter_goes_over_starttls_with_the_password_of_the_home(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    (hub.home / "secrets" / "smtp.password").write_text("let me in\n")
    options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    with open_office(authenticator=knows(b"hub", b"let me in"), **options) as (office, port):
        sends_to(hub, port, user="hub")
        posted(hub)
        work(hub)
    assert len(office.taken) == 1


def test_letter_is_not_handed_to_a_server_that_cannot_show_who_it_is(hub: Hub, tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    with open_office(tls_context=context) as (office, port):
        sends_to(hub, port)
        posted(hub)
        work(hub)
    assert office.offered == 0
    assert waiting(hub)[0][0] is not None


def test_letter_waits_while_the_servers_password_is_wrong(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    (hub.home / "secrets" / "smtp.password").write_text("wrong\n")
    with open_office(authenticator=knows(b"hub", b"right"), tls_context=context, auth_required=True) as (office, port):
        sends_to(hub, port, user="hub")
        posted(hub)
        work(hub)
    assert office.tried != []
    assert office.offered == 0
    assert waiting(hub)[0][0] is not None


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:99999",
        "smtp://hub:secret@mail.example.org",
        "smtp://mail.example.org/path",
    ],
)
def test_address_of_a_server_that_does_not_serve_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(SettingError, match="HUB_SMTP_URL") as refused:
        MailServer.from_env({"HUB_SMTP_URL": url, "HUB_MAIL_FROM": "hub@example.org"})
    assert "secret" not in str(refused.value).replace("secrets/", "")


@pytest.mark.parametrize("sender", ["", "hub", "hub@example.org\r\nBcc: x@example.org", "Hub <hub@example.org>"])
def test_sender_that_is_no_plain_address_is_refused(sender: str) -> None:
    with pytest.raises(SettingError, match="HUB_MAIL_FROM"):
        MailServer.from_env({"HUB_SMTP_URL": "smtps://mail.example.org", "HUB_MAIL_FROM": sender})


def test_server_without_a_port_is_asked_at_that_of_its_kind() -> None:
    env = {"HUB_MAIL_FROM": "hub@example.org"}
    by_scheme = {
        scheme: MailServer.from_env({**env, "HUB_SMTP_URL": f"{scheme}://a%40b@mail.example.org"})
        for scheme in ("smtp", "smtps")
    }
    assert by_scheme["smtp"] == MailServer("mail.example.org", 587, "a@b", False, "hub@example.org")
    assert by_scheme["smtps"] == MailServer("mail.example.org", 465, "a@b", True, "hub@example.org")


# --- nothing slips in, nothing slips out


@pytest.mark.parametrize(
    "to",
    [
        "mara@alliance-hub.org\r\nBcc: all@alliance-hub.org",
        "mara@alliance-hub.org\nX: y",
        "mara@alliance-hub.org, all@alliance-hub.org",
        "Mara <mara@alliance-hub.org>",
        "mara@alliance-hub.org ",
        "mara",
        "mará@alliance-hub.org",
        '"a b"@alliance-hub.org',
        "mara@[127.0.0.1]",
        "mara@localhost",
        "m" * 65 + "@alliance-hub.org",
        "",
    ],
)
def test_address_that_is_not_one_plain_address_is_refused_without_being_repeated(to: str) -> None:
    with pytest.raises(LetterError) as refused:
        Letter(to, "Subject", "Text")
    assert "mara" not in str(refused.value)


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: x@y.org", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b", "", "x" * 201]
)
def test_subject_that_is_not_one_line_is_refused(subject: str) -> None:
    with pytest.raises(LetterError, match="subject"):
        Letter("mara@alliance-hub.org", subject, "Text")


@pytest.mark.parametrize("text", ["a\x00b", "a\rb", "a\x1b[2J", "x" * 20_001])
def test_text_with_control_characters_or_without_end_is_refused(text: str) -> None:
    with pytest.raises(LetterError, match="text"):
        Letter("mara@alliance-hub.org", "Subject", text)


def test_line_of_a_text_that_is_a_dot_ends_no_mail(hub: Hub) -> None:
    text = "one\n.\nRCPT TO:<all@alliance-hub.org>\n"
    with open_office() as (office, port):
        sends_to(hub, port)
        posted(hub, Letter(LETTER.to, "Dots", text))
        work(hub)
    assert [message.get_content().replace("\r\n", "\n") for message in office.taken] == [text]


@pytest.mark.parametrize("answer", ["250 taken", "451 mara@alliance-hub.org is busy", "550 mara@alliance-hub.org who"])
def test_neither_text_nor_address_is_in_a_log_line_or_the_job_or_readable_at_rest(
    hub: Hub, answer: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with open_office() as (office, port), caplog.at_level(logging.WARNING):
        office.answer = office.recipient_answer = answer
        sends_to(hub, port)
        posted(hub)
        at_rest = str(hub.sql("SELECT j::text, l::text, encode(sealed, 'escape') FROM procrastinate_jobs j, letter l"))
        work(hub)
    told = "".join(capfd.readouterr()) + caplog.text + at_rest
    assert at_rest != "[]"
    assert [word for word in ("mara", "invitation", "secret") if word in told.lower()] == []


# --- a development hub


def test_hub_without_a_server_queues_nothing_and_shows_its_letters_to_the_office(hub: Hub) -> None:
    hub.person("alliance")
    posted(hub)
    posted(hub, Letter("noor@alliance-hub.org", "<b>Second</b>", "Later"))
    assert hub.sql("SELECT id FROM procrastinate_jobs") == []
    page = hub.signed_in("alliance").get("/mail", headers=HTML).text
    assert "Nothing leaves this hub" in page
    assert page.index("&lt;b&gt;Second&lt;/b&gt;") < page.index("http://hub/invitation/secret")


def test_page_of_letters_goes_on_from_one_to_the_next(hub: Hub) -> None:
    hub.person("alliance")
    office = hub.signed_in("alliance")  # which is told by a letter of its own
    for n in range(23):
        posted(hub, Letter(LETTER.to, f"Number {n}.", "Text"))
    first = office.get("/mail", headers=HTML).text
    onward = re.search(r'href="(/mail\?cursor=[^"]+)"', first)
    assert onward is not None
    second = office.get(onward[1], headers=HTML).text
    subjects = [re.findall(r"Number \d+\.", page) for page in (first, second)]
    assert [*map(len, subjects)] == [20, 3]
    assert subjects[1] == ["Number 2.", "Number 1.", "Number 0."]


def test_hub_with_a_server_has_no_page_of_letters(make_hub, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    server = MailServer("127.0.0.1", UNREACHED, "", False, "hub@alliance-hub.org")
    monkeypatch.setattr("tests.conftest.MAIL_SERVER", server)
    hub = make_hub("")
    hub.person("alliance")
    office = hub.signed_in("alliance")
    answer = office.get("/mail", headers=HTML)
    assert answer.status_code == 404
    assert answer.data == office.get("/nowhere", headers=HTML).data
    assert 'href="/mail"' not in office.get("/", headers=HTML).text


def test_hub_that_others_reach_has_no_page_of_letters_either(make_hub, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Whoever reads a letter reads the link in it, and comes in as the one to whom it was written."""
    monkeypatch.setattr("hub.config.Settings.is_local", False)
    hub = make_hub("")
    hub.person("alliance")
    assert hub.signed_in("alliance").get("/mail", headers=HTML).status_code == 404


def test_hub_that_others_reach_does_not_start_without_a_mail_server(tmp_path: Path) -> None:
    env = {"HUB_HOME": str(tmp_path), "HUB_DATABASE_APP_URL": "postgresql://", "HUB_URL": "https://hub.example.org"}
    with pytest.raises(SettingError, match="HUB_SMTP_URL"):
        Settings.from_env(env)
    server = {"HUB_SMTP_URL": "smtp://mail.example.org", "HUB_MAIL_FROM": "hub@example.org"}
    assert Settings.from_env(env | server).mail_server is not None
    assert Settings.from_env(env | {"HUB_URL": "http://localhost:8000"}).mail_server is None


def test_letters_kept_or_given_up_for_a_month_are_forgotten(hub: Hub) -> None:
    for _ in range(3):
        posted(hub)
    hub.sql("UPDATE letter SET posted_at = now() - interval '31 days' WHERE id = (SELECT min(id) FROM letter)")
    hub.sql(
        "UPDATE letter SET given_up_at = now() - interval '31 days', sealed = NULL WHERE id = (SELECT max(id) FROM letter)"
    )
    with hub.app.app_context():
        assert mail.forget_letters() == 2
    assert len(waiting(hub)) == 1
