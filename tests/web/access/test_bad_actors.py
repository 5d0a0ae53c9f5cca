"""What somebody sends who means ill, at every address of the map: forged forms, foreign places, header fields, cookies.

Elsewhere: a role that calls what it may not (the matrix), records of others in every parameter (unreadable is unknown),
suspension against what is under way, guessing, passkeys of another site, and what proxies say.
"""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub import clock
from hub.manage.home import prepare_home
from hub.web.headers import HEADERS
from tests.conftest import HTML, PASSWORD, Hub, csrf, hub_on
from tests.web.access.everybody import Everybody
from tests.web.access.test_access_matrix import ARGUMENTS, routes
from tests.web.access.test_sessions import COOKIE, FOREIGN_PLACES, cookie
from tests.web.access.test_unreadable_is_unknown import PARTS, ROUTES, owners

WHO = ("nobody", "owner", "person-of-alliance")
EVIL = "evil.example"


def _address(all_there_is: Everybody, rule: Rule, **values: Any) -> str:
    with all_there_is.hub.app.test_request_context():
        built = rule.build({part: ARGUMENTS[part] for part in rule.arguments} | values, append_unknown=False)
    assert built is not None
    return built[1]


def _own(all_there_is: Everybody, who: str, rule: Rule) -> str:
    """The address with a record of the reader's own in it, where there is one."""
    mine, kind = {who, all_there_is.member_of[who]}, ROUTES.get(rule.endpoint)
    names = [name for name, whose in owners(all_there_is, kind).items() if whose & mine] if kind else []
    variable = [part for part in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule) if part not in PARTS]
    return _address(all_there_is, rule, **(dict(zip(variable, names[0], strict=True)) if names else {}))


def _posts(all_there_is: Everybody) -> Iterator[Rule]:
    """Every address that takes a form. Those out of a letter hold a secret that no forged request knows."""
    for method, rule in routes(all_there_is.hub.app):
        if method == "POST" and not rule.rule.startswith(("/api/", "/audit/", "/invitations/")):
            yield rule


def _state(all_there_is: Everybody) -> dict[str, Any]:
    """A digest of every table, but for what counts requests and tries."""
    tables = all_there_is.hub.sql(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {
        str(table): all_there_is.hub.sql(
            f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
        )
        for (table,) in tables
        if table not in {"rate_window", "sign_in_attempt", "ledger_tile"}
    }


# --- forged requests

OTHER_TOKENS = ("none", "made up", "of another session", "in the address", "in the header, of another session")


@pytest.mark.parametrize("token", OTHER_TOKENS)
@pytest.mark.parametrize("who", ["owner", "person-of-alliance"])
def test_form_without_the_sessions_own_token_changes_nothing(all_there_is: Everybody, who: str, token: str) -> None:
    client = all_there_is.clients[who]
    foreign, own = (csrf(each.get("/sessions", headers=HTML).text) for each in (all_there_is.clients["viewer"], client))
    fields = {"made up": {"csrf_token": "x" * 90}, "of another session": {"csrf_token": foreign}}.get(token, {})
    headers = {"X-CSRFToken": foreign} if "header" in token else {}
    query = {"csrf_token": own} if token == "in the address" else {}
    before, taken = _state(all_there_is), []
    for rule in _posts(all_there_is):
        answer = client.post(
            _own(all_there_is, who, rule),
            data=fields,
            query_string=query,
            headers=HTML | headers | {"Referer": "http://localhost/"},
        )
        if answer.status_code not in {400, 403, 404, 405, 422}:
            taken.append((rule.rule, answer.status_code))
    assert taken == []
    assert _state(all_there_is) == before


# --- places that are not ours


@pytest.fixture
def without_csrf(all_there_is: Everybody, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refusal would stand before what is looked at."""
    monkeypatch.setitem(all_there_is.hub.app.config, "WTF_CSRF_ENABLED", False)


def _leads_away(answer: TestResponse) -> list[str]:
    """The places outside of the hub that an answer leads or links to."""
    places = [answer.headers.get("Location", ""), answer.headers.get("Refresh", "")]
    if answer.mimetype == "text/html":
        places += re.findall(r'(?:href|src|action|formaction|value)="([^"]*)"', unescape(answer.text))
    read_by_browsers = [re.sub(r"[\t\r\n]", "", place).strip().replace("\\", "/") for place in places]
    return [place for place in read_by_browsers if EVIL in (urlsplit(urljoin("http://localhost/here", place)).netloc)]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("place", FOREIGN_PLACES)
def test_no_address_leads_to_where_the_request_says(
    all_there_is: Everybody, without_csrf: None, who: str, place: str
) -> None:
    client, away = all_there_is.clients[who], []
    referer = "https://evil.example/" + place.replace("\r", "").replace("\n", "").replace("\t", "")
    for method, rule in routes(all_there_is.hub.app):
        if rule.endpoint in {"sessions.sign_out", "sessions.end_others", "static"}:
            continue
        answer = client.open(
            _address(all_there_is, rule),
            method=method,
            query_string={"next": place},
            data={"next": place} if method == "POST" else None,
            headers=HTML | {"Referer": referer},
        )
        away += [(rule.rule, each) for each in _leads_away(answer)]
        answer.close()
    assert away == []


def test_form_sent_from_elsewhere_after_a_long_while_leads_home(all_there_is: Everybody, without_csrf: None) -> None:
    client = all_there_is.clients["owner"]
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        headers = HTML | {"Referer": "https://evil.example/credentials"}
        answer = client.post("/credentials", headers=headers)
    assert answer.headers["Location"] == "/verify?next=/"


@pytest.mark.parametrize("who", WHO)
def test_host_that_the_request_names_stands_in_no_answer(all_there_is: Everybody, who: str) -> None:
    client, named = all_there_is.clients[who], []
    for method, rule in routes(all_there_is.hub.app):
        if method == "GET" and rule.endpoint != "static":
            fields = HTML | {"Host": EVIL, "X-Forwarded-Host": EVIL, "Forwarded": f"host={EVIL}"}
            answer = client.get(_own(all_there_is, "person-of-alliance", rule), headers=fields)
            named += [rule.rule] if EVIL in answer.get_data().decode(errors="replace") + str(answer.headers) else []
    assert named == []


# --- header fields

BREAKS = (
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\rX-Evil: 1",
    "a\u2028X-Evil: 1",
    "a\x00X-Evil: 1",
    "a\u560d\u560aX-Evil: 1",
)
PARAMETERS = ("next", "cursor", "state", "kind", "sector", "type", "act", "action", "limit", "after", "v")
FIELDS = ("next", "name", "code", "email", "reason", "words", "state", "filename", "scopes", "networks", "credential")


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_line_break_in_any_parameter_makes_no_header_field_and_no_fault(
    all_there_is: Everybody, without_csrf: None, who: str, text: str
) -> None:
    client, wrong = all_there_is.clients[who], []
    for method, rule in routes(all_there_is.hub.app):
        if rule.endpoint in {"sessions.sign_out", "sessions.end_others"}:
            continue
        words = {part for part in rule.arguments if isinstance(ARGUMENTS[part], str)}
        answer = client.open(
            _address(all_there_is, rule, **dict.fromkeys(words, text)),
            method=method,
            query_string=dict.fromkeys(PARAMETERS, text),
            data=dict.fromkeys(FIELDS, text) if method == "POST" else None,
            headers=HTML,
        )
        says_itself = rule.endpoint == "ledger_api.health"  # 503 where the log is late
        if (
            answer.status_code >= (504 if says_itself else 500)
            or "X-Evil" in answer.headers
            or re.search(r"[\r\n]", "".join(answer.headers.values()))
        ):
            wrong.append((method, rule.rule, answer.status_code))
        answer.close()
    assert wrong == []


@pytest.mark.parametrize("who", WHO)
def test_every_answer_carries_the_headers_that_keep_it_from_frames_and_scripts(
    all_there_is: Everybody, who: str
) -> None:
    client, missing = all_there_is.clients[who], []
    for method, rule in routes(all_there_is.hub.app):
        if rule.endpoint == "sessions.sign_out":
            continue
        for address in (_own(all_there_is, "person-of-alliance", rule), f"{_address(all_there_is, rule)}/nowhere"):
            with client.open(address, method=method, headers=HTML) as answer:
                lacking = {name for name, value in HEADERS.items() if answer.headers.get(name) != value}
            if lacking - LESS.get(rule.endpoint, set()):
                missing.append((method, address, lacking))
    assert missing == []


LESS = {
    "applications.document": {"Content-Security-Policy"},  # stricter yet: nothing of it runs
    "rights.certificate": {"Content-Security-Policy"},
    "rights_api.certificate": {"Content-Security-Policy"},
    "apply.offer": {"Referrer-Policy"},  # stricter yet: the address is a secret
    "apply.confirm": {"Referrer-Policy"},
    "invitations.read": {"Referrer-Policy"},
    "invitations.accept": {"Referrer-Policy"},
    "password_links.read": {"Referrer-Policy"},
    "password_links.choose": {"Referrer-Policy"},
    "provided.come_back": {"Referrer-Policy"},
}


# --- cookies and sessions


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_cookie_is_the_sessions_and_kept_from_scripts_and_other_sites(
    all_there_is: Everybody, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setitem(all_there_is.hub.app.config, "SESSION_COOKIE_SECURE", scheme == "https")
    client, seen = all_there_is.hub.app.test_client(), 0
    for method, rule in routes(all_there_is.hub.app):
        with client.open(_address(all_there_is, rule), method=method, base_url=f"{scheme}://localhost") as answer:
            for line in answer.headers.getlist("Set-Cookie"):
                name, *flags = re.split("; |=", line)
                assert name == COOKIE
                assert {"HttpOnly", "SameSite", "Lax"} <= set(flags)
                assert ("Secure" in flags) is (scheme == "https")
                assert "Domain" not in flags
                seen += 1
    assert seen > 0


def _found_by(app: Any, value: str) -> str:
    """Where the overview leads somebody with that cookie."""
    client: FlaskClient = app.test_client()
    client.set_cookie(COOKIE, value)
    return str(client.get("/", headers=HTML).headers.get("Location", "in"))


def test_cookie_of_another_hub_is_worth_nothing_here(hub: Hub, tmp_path: Path) -> None:
    """It shares the database, so that the session is known; its secrets are its own."""
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    prepare_home(tmp_path, "example")
    with hub_on(hub.owner_url, tmp_path, "http://127.0.0.1:9") as other:
        abroad = other.with_password("ana")
        assert _found_by(other.app, cookie(abroad)) == "/verify?next=/"
        assert _found_by(hub.app, cookie(abroad)) == "/sign-in?next=/"


@pytest.mark.parametrize("content", [{"key": "A" * 43}, {"key": 1}, {"key": None}, {"key": ["x"]}, {"_user_id": "1"}])
def test_cookie_well_signed_that_holds_no_sessions_key_lets_nobody_in(hub: Hub, content: dict[str, Any]) -> None:
    """Flask-Login's own mark of who somebody is counts for nothing beside the session's key."""
    signer = hub.app.session_interface.get_signing_serializer(hub.app)  # type: ignore[attr-defined]
    assert _found_by(hub.app, signer.dumps(content)) == "/sign-in?next=/"


def test_token_planted_before_the_sign_in_serves_nobody_after_it(hub: Hub) -> None:
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    client = hub.app.test_client()
    planted = csrf(client.get("/sign-in", headers=HTML).text)
    hub.give(client, "/sign-in", email="ana@alliance-hub.org", password=PASSWORD)
    answer = client.post("/sign-out", data={"csrf_token": planted}, headers=HTML)
    assert answer.status_code == 400


# --- who is there


def _work_of_signing_in(hub: Hub, email: str) -> float:
    """Processor seconds of an attempt with a wrong password, at the least."""
    spent = []
    for n in range(3):
        client = hub.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.9.{n}.1"
        token = csrf(client.get("/sign-in", headers=HTML).text)
        began = time.process_time()
        client.post("/sign-in", data={"email": email, "password": "wrong " * 3, "csrf_token": token}, headers=HTML)
        spent.append(time.process_time() - began)
    return min(spent)


def test_address_nobody_has_costs_the_work_of_one_that_somebody_has(hub: Hub) -> None:
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    _work_of_signing_in(hub, "ana@alliance-hub.org")
    known, unknown = (_work_of_signing_in(hub, f"{who}@alliance-hub.org") for who in ("ana", "nobody"))
    assert 0.5 < known / unknown < 2
