"""A record that the reader may not see is answered like one that there is none of: status, header fields, body, work.

The cases come from the map of addresses: one that takes a name stands in ROUTES, or in NAMES_NO_RECORD with its reason.
"""

import ast
import base64
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from hub.limits.service import Leases
from hub.web.pagination import seal_cursor
from tests.shape.source import modules, origins
from tests.web.access.everybody import ACTING, GROUPS, Everybody
from tests.web.access.test_access_matrix import routes
from tests.web.indicators.test_share_and_match_over_http import KEY, token

Name = tuple[Any, ...]

RECORDS: Mapping[str, tuple[str, Name]] = {
    "credential": (
        "SELECT code, pseudonym FROM credential JOIN member ON member.id = member_id",
        ("p_0000000000000000",),
    ),
    "person": ("SELECT code, pseudonym FROM person JOIN member ON member.id = member_id", ("p_0000000000000000",)),
    "invitation": ("SELECT code, o.id FROM one_time_link o JOIN member m ON m.id = member_id", (2_000_000,)),
    "session": (
        "SELECT split_part(email, '@', 1), session.id FROM session JOIN person ON person.id = person_id",
        (2_000_000,),
    ),
    "factor": (
        "SELECT split_part(email, '@', 1), factor.id FROM factor JOIN person ON person.id = person_id",
        (2_000_000,),
    ),
    "entry": ("SELECT code, entry_id FROM ledger_part JOIN member ON member.id = party", ("A" * 22,)),
    "dispute": (
        "SELECT m.code, d.name FROM ledger_dispute d JOIN member m ON m.id = party OR m.kind = 'auditor'",
        ("x_nothing",),
    ),
    "application": ("SELECT 'alliance', name FROM application", ("a_nothing",)),
    "document": (
        "SELECT 'alliance', application, number FROM application_document",
        ("a_nothing", 1),
    ),
    "decision": ("SELECT 'alliance', name FROM decision", ("d_nothing",)),
    "domain": ("SELECT code, d.id FROM sign_in_domain d JOIN member ON member.id = member_id", (1_000_000,)),
    "member": ("SELECT 'alliance', code FROM member", ("brand-z",)),
    "authorisation": (
        "SELECT m.code, a.id FROM authorisation a JOIN member m ON m.id IN (a.brand_id, a.agent_id)",
        (1_000_000,),
    ),
    "evidence": (
        "SELECT m.code, e.name FROM evidence e JOIN member m ON m.id = e.member_id OR m.id IN"
        " (SELECT p.member_id FROM evidence_party p WHERE p.evidence_id = e.id)",
        ("f_nothing",),
    ),
    "right": (
        "SELECT m.code, r.name FROM ip_right r JOIN member m ON m.id = r.member_id OR m.kind = 'administration'"
        " OR m.id IN (SELECT v.verifier_id FROM ip_right_verdict v WHERE v.right_id = r.id)",
        ("A" * 22,),
    ),
    "authorised seller": (
        "SELECT m.code, s.name FROM authorised_seller s JOIN member m ON m.id = s.brand_id",
        ("A" * 22,),
    ),
    "report": (
        "SELECT m.code, r.name FROM listing_report r JOIN member m ON m.id IN (r.brand_id, r.platform_id)",
        ("A" * 22,),
    ),
    "statement": (
        "SELECT m.code, r.name, s.n FROM statement s JOIN listing_report r ON r.id = s.report_id"
        " JOIN member m ON m.id = s.platform_id",
        ("A" * 22, 1),
    ),
    "question": (
        "SELECT m.code, q.name FROM question q JOIN member m ON m.id IN (q.brand_id, q.platform_id)",
        ("A" * 22,),
    ),
    "webhook": ("SELECT code, w.name FROM webhook w JOIN member ON member.id = member_id", ("w-nothing",)),
    "test buy": ("SELECT m.code, b.name FROM test_buy b JOIN member m ON m.id = b.brand_id", ("A" * 22,)),
    "group": (
        "SELECT m.code, g.code FROM sharing_group g JOIN sharing_group_member s ON s.group_id = g.id"
        " JOIN member m ON m.id = s.member_id UNION SELECT m.code, g.code FROM sharing_group g"
        " JOIN group_invitation i ON i.group_id = g.id JOIN member m ON m.id = i.member_id",
        ("g-nothing",),
    ),
    "group invitation": (
        "SELECT m.code, g.code, i.code FROM sharing_group g JOIN group_invitation o ON o.group_id = g.id"
        " JOIN member i ON i.id = o.member_id JOIN member m ON m.id IN (g.founder_id, o.member_id)",
        ("g-nothing", "brand-c"),
    ),
}
"""Kind of record → whose each is (a member's code, or a person) with what addresses call it; and a name of none."""

ROUTES: Mapping[str, str] = {
    "agents.act": "authorisation",
    "agents.end": "authorisation",
    "applications.document": "document",
    "applications.one": "application",
    "applications.propose": "application",
    "applications.refuse": "application",
    "applications.tick": "application",
    "applications.untick": "application",
    "credentials.revoke": "credential",
    "credentials.rotate": "credential",
    "decisions.approve": "decision",
    "decisions.refuse": "decision",
    **dict.fromkeys(("evidence_api.one", "evidence_api.content"), "evidence"),
    **dict.fromkeys(("evidence.one", "evidence.content", "evidence.erase"), "evidence"),
    "factors.remove": "factor",
    "factors.reset": "person",
    "ledger.entry": "entry",
    "ledger.receipt": "entry",
    "ledger_api.evidence": "dispute",
    "ledger_api.receipt": "entry",
    **dict.fromkeys(
        tuple(f"groups.{each}" for each in ("accept", "decline", "dissolve", "invite", "leave", "one", "renew")),
        "group",
    ),
    "groups.take_back": "group invitation",
    "members.act_for": "member",
    "members.end_review": "member",
    "members.bind": "member",
    "members.move": "member",
    "members.one": "member",
    "people.let_in": "person",
    "people.set_role": "person",
    "people.shut_out": "person",
    "people.take_back": "invitation",
    "providers.drop": "domain",
    **dict.fromkeys(("questions.one", "questions.say"), "question"),
    **dict.fromkeys(tuple(f"questions_api.{each}" for each in ("messages", "question", "say")), "question"),
    **dict.fromkeys(tuple(f"test_buys.{each}" for each in ("approve", "one", "step")), "test buy"),
    "test_buys_api.test_buy": "test buy",
    **dict.fromkeys(
        tuple(f"reports_api.{each}" for each in ("answer", "messages", "report", "review", "say")), "report"
    ),
    **dict.fromkeys(("filing.mend", "filing.submit"), "report"),
    **dict.fromkeys(("reports.statement", "reports_api.statement"), "statement"),
    **dict.fromkeys(tuple(f"reports.{each}" for each in ("answer", "one", "review", "say")), "report"),
    **dict.fromkeys(("rights_api.certificate", "rights_api.right", "rights_api.withdraw"), "right"),
    **dict.fromkeys(("authorised_sellers.end", "authorised_sellers_api.end"), "authorised seller"),
    **dict.fromkeys(
        tuple(
            f"rights.{each}"
            for each in ("amend", "ask", "certificate", "certify", "correct", "one", "refuse", "verify", "withdraw")
        ),
        "right",
    ),
    "sessions.end": "session",
    **dict.fromkeys(
        tuple(
            f"webhooks.{each}"
            for each in ("choose", "enable", "one", "remove", "replay", "replay_failed", "rotate", "test")
        ),
        "webhook",
    ),
}
"""Endpoint → the kind of record that its address names."""

LINK = "the name is a secret out of a letter; a used one reads like none, which the tests of each letter show"
NAMES_NO_RECORD: Mapping[str, str] = {
    "apply.offer": LINK,
    "apply.confirm": LINK,
    "invitations.read": LINK,
    "invitations.accept": LINK,
    "password_links.read": LINK,
    "password_links.choose": LINK,
    "evidence_api.erase": "a reason is asked for before the file is looked for; with one: web/evidence/test_reading.py",
    "rights_api.ask": "a platform is asked for before the right is looked for; with one: web/rights",
    "rights_api.certify": "a file is asked for before the right is looked for; with one: web/rights",
    "rights_api.correct": "facts are asked for before the right is looked for; with them: web/rights",
    "rights_api.verify": "a digest is asked for before the right is looked for; with one: web/rights",
    "rights_api.refuse": "a reason is asked for before the right is looked for; with one: web/rights",
    "test_buys_api.lead": "a command is asked for before the test buy is looked for; with one: web/test_buys",
    "reports.counter_notice": "nobody's report here was countered; with one: web/listing_reports/test_counter_notices.py",
    "epochs_api.evaluate": "keys of tokens are everybody's",
    "indicators_api.token_list": "keys of tokens are everybody's",
    "matches_api.match": "keys of tokens are everybody's",
    "log.checkpoint_of": "the log is public",
    "log.tile": "the log is public",
    "log.shard_checkpoint": "the log is public",
    "log.shard_final_checkpoint": "the log is public",
    "log.shard_offered_checkpoint": "the log is public",
    "log.shard_checkpoint_of": "the log is public",
    "log.shard_policy": "the log is public",
    "log.shard_keys": "the log is public",
    "log.shard_tile": "the log is public",
    "provided.come_back": "a member's code, with which a browser is answered alike that was not led there",
    "static": "style and script are public",
}

PARTS = {"item": "sector"}
"""Parts of an address that are no names."""


def named(app: Any) -> list[tuple[str, Rule]]:
    """Every method and rule that takes a name."""
    return [(method, rule) for method, rule in routes(app) if rule.arguments]


def test_every_address_that_takes_a_name_has_a_case(all_there_is: Everybody) -> None:
    found = {rule.endpoint for _, rule in named(all_there_is.hub.app)}
    assert found == {*ROUTES, *NAMES_NO_RECORD}


# --- asking twice


@pytest.fixture(autouse=True)
def without_csrf_and_limits(all_there_is: Everybody, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its refusal would stand before all others, and so would that of a network whose requests are used up."""
    monkeypatch.setitem(all_there_is.hub.app.config, "WTF_CSRF_ENABLED", False)
    all_there_is.hub.sql("DELETE FROM rate_window")
    all_there_is.hub.app.extensions["leases"] = Leases()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the statements that the driver sends, but for leases of requests, which fall to one request in many."""
    counted: Counter[str] = Counter()
    send: Callable[..., Any] = psycopg.Cursor.execute

    def counting(cursor: Any, query: Any, *rest: Any, **named: Any) -> Any:
        if "rate_window" not in str(query):
            counted[str(query)] += 1
        return send(cursor, query, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    return counted


VARYING = {"Audit-Promise", "Request-Id", "RateLimit", "RateLimit-Policy", "Set-Cookie", "Content-Length"}


def told(answer: TestResponse, asked: str) -> tuple[Any, ...]:
    """All that an answer tells, without the request's own number and what it sent."""
    body = answer.data.decode(errors="replace")  # one of them is a zip
    text = "\n".join([*(f"{name}: {value}" for name, value in answer.headers if name not in VARYING), body])
    return answer.status_code, text.replace(answer.headers["Request-Id"], "…").replace(asked, "…")


def owners(all_there_is: Everybody, kind: str) -> dict[Name, set[str]]:
    """Each record of a kind, by what addresses call it, and whose it is."""
    found: defaultdict[Name, set[str]] = defaultdict(set)
    for owner, *name in all_there_is.hub.sql(RECORDS[kind][0]):
        found[tuple(map(_in_address, name))].add(str(owner))
    assert found, kind
    return dict(found)


def _in_address(part: Any) -> Any:
    return base64.urlsafe_b64encode(part.bytes).decode().rstrip("=") if hasattr(part, "bytes") else part


READ_FOR_THE_BRAND = {"authorised seller", "evidence", "right", "report", "question", "test buy"}
"""Kinds of records that an agent reads and leads on for its brand, where it was let."""


def foreign(all_there_is: Everybody, reader: str, kind: str) -> list[Name]:
    """Up to three records that are neither the reader's nor, unless they are a person's own, its member's."""
    acting = ACTING.get(reader)
    mine = {reader, all_there_is.member_of[reader]} if acting is None else {acting.person}
    mine |= {acting.brand} if acting and kind in READ_FOR_THE_BRAND else set()
    names = [name for name, whose in owners(all_there_is, kind).items() if not whose & mine]
    return names[:: max(1, len(names) // 2)]


@pytest.mark.parametrize("endpoint", ROUTES)
def test_record_of_somebody_else_is_answered_like_none(
    all_there_is: Everybody, statements: Counter[str], endpoint: str
) -> None:
    differing, asked = [], 0
    for method, rule in named(all_there_is.hub.app):
        if rule.endpoint != endpoint:
            continue
        for reader, client in all_there_is.clients.items():
            none = RECORDS[ROUTES[endpoint]][1]
            client.open(_address(all_there_is, rule, none), method=method)  # a session not used lately is noted once
            for name in foreign(all_there_is, reader, ROUTES[endpoint]):
                answers = []
                for each in (name, none):
                    statements.clear()
                    answer = client.open(address := _address(all_there_is, rule, each), method=method)
                    assert answer.status_code in {302, 303, 401, 403, 404, 422}, (reader, answer.status_code)
                    work = None if answer.status_code == 403 else Counter(statements)
                    answers.append((told(answer, address), work))
                    asked += 1
                if answers[0] != answers[1]:
                    differing.append((reader, name, answers))
    assert differing == []
    assert asked > 20


def _address(all_there_is: Everybody, rule: Rule, name: Name) -> str:
    variable = [part for part in re.findall(r"<(?:\w+:)?(\w+)>", rule.rule) if part not in PARTS]
    with all_there_is.hub.app.test_request_context():
        built = rule.build(dict(zip(variable, name, strict=True)) | PARTS, append_unknown=False)
    assert built is not None
    return built[1]


# --- in parameters


LISTS = (
    "acts",
    "applications",
    "buys",
    "contributions",
    "deliveries",
    "evidence",
    "feed",
    "groups",
    "letters",
    "list",
    "marketplaces",
    "matches",
    "members",
    "notices",
    "messages",
    "own",
    "questions",
    "reports",
    "rights",
    "sellers",
    "statements",
    "strikes",
)
"""What cursors are bound to, beside a member."""


def list_words(module: ast.Module) -> set[str]:
    """The words of the lists that a module reads by cursor: in a call's `of`, or the last text that it is given."""
    found, known = set(), origins(module)
    for call in (each for each in ast.walk(module) if isinstance(each, ast.Call)):
        read_by = known.get(ast.unparse(call.func), "")
        if read_by.startswith("hub.web.pagination.") and not read_by.endswith("_cursor"):
            given = [each.value for each in call.keywords if each.arg == "of"] or call.args[::-1]
            (word, *_) = (text[1] for text in (re.match(r"f?'(\w+)", ast.unparse(each)) for each in given) if text)
            found.add(word)
    return found


def test_every_list_with_a_cursor_has_a_case() -> None:
    found = {word for path, module in modules("hub").items() if "/web/" not in path for word in list_words(module)}
    assert found | {"list"} == set(LISTS)


def test_a_list_with_a_cursor_is_noticed() -> None:
    written = (
        "from hub.web.pagination import list_page, shown_page\n"
        "page = shown_page(read, f'buys {ended}')\n"
        "told = list_page('sellers', read, query, of='strikes')\n"
    )
    assert list_words(ast.parse(written)) == {"buys", "strikes"}


@pytest.mark.parametrize("which", LISTS)
def test_cursor_of_somebody_else_is_answered_like_one_made_up(
    all_there_is: Everybody, statements: Counter[str], which: str
) -> None:
    """Each reader sends one made for another member to every page and endpoint there is."""
    member_id = {code: number for number, code in all_there_is.hub.sql("SELECT id, code FROM member")}
    key_id = all_there_is.hub.sql("SELECT id FROM token_key WHERE name = %s", KEY)[0][0]
    with all_there_is.hub.app.app_context():
        others = {
            code: seal_cursor(1, f"{which} {number}" + (f" {key_id}" if which == "list" else ""))
            for code, number in member_id.items()
        }
    pages = [rule.rule for _, rule in routes(all_there_is.hub.app) if not rule.arguments and "GET" in rule.methods]
    pages.append(f"/api/v1/keys/{KEY}/list")
    refused = 0
    for reader in SOME:
        client, code = all_there_is.clients[reader], all_there_is.member_of[reader]
        cursor = others["brand-b" if code == "brand-a" else "brand-a"]
        for page in pages:
            answers = []
            for each in (cursor, "A" * len(cursor)):
                statements.clear()
                answer = client.get(page, query_string={"cursor": each})
                answers.append((told(answer, each), Counter(statements)))
            statuses = [status for (status, _), _ in answers]
            assert 422 not in statuses or answers[0] == answers[1], (reader, page)
            refused += statuses == [422, 422]
    assert refused > 10


SOME = (
    *("nobody", "key of brand-a", "key of shop", "key of checker", "owner", "person-of-shop", "person-of-alliance"),
    *("key of agency for brand-a", "person-of-agency for brand-a"),
)
"""A reader of each kind."""


SHARERS = ("brand-a", "brand-c", "toys", "shop")


def shared(all_there_is: Everybody, code: str, **terms: Any) -> TestResponse:
    """What a member is answered that shares a token of nobody's under these terms."""
    body = {"key": KEY, "evidence_level": "E2", "tlp": "amber", "tokens": base64.b64encode(token(999_999)).decode()}
    return all_there_is.hub.client(code).post("/api/v1/contributions", json=body | terms)


@pytest.mark.parametrize("code", SHARERS)
def test_group_that_one_is_not_in_is_answered_like_none(
    all_there_is: Everybody, statements: Counter[str], code: str
) -> None:
    (foreign, *_) = [group for group, codes in GROUPS.items() if code not in codes]
    answers = []
    for group in (foreign, "ring-0x"):
        statements.clear()
        answer = shared(all_there_is, code, sharing_groups=[group])
        answers.append((told(answer, group), Counter(statements)))
    assert answers[0] == answers[1]
    assert answers[0][0][0] == 422


@pytest.mark.parametrize("code", ["brand-b", "brand-c", "mixed", "shop", "bazaar"])
def test_token_that_one_may_not_see_is_answered_like_one_of_nobodys(
    all_there_is: Everybody, statements: Counter[str], code: str
) -> None:
    """Withdrawn and matched: one of which brand-a said something to `toys` alone, and one of which nobody did."""
    secret = next(
        word.number
        for word in all_there_is.words
        if word.label == "red" and word.audience.get("members") == ["toys"]
        if [each.owner for each in all_there_is.words if each.number == word.number] == ["brand-a"]
    )
    client, answers = all_there_is.hub.client(code), []
    for number in (999_997, secret, 999_998):  # tag keys that the process does not hold yet are the first one's to open
        statements.clear()
        body = {"key": KEY, "tokens": base64.b64encode(token(number)).decode(), "reason": "mistaken"}
        withdrawn = client.post("/api/v1/contributions/withdrawals", json=body)
        address = f"/api/v1/keys/{KEY}/matches"
        matched = client.post(address, data=token(number), content_type="application/octet-stream")
        told_of = [told(each, each.headers["Audit-Entry"]) for each in (withdrawn, matched)]
        answers.append((told_of, Counter(statements)))
    assert answers[1] == answers[2]
    assert [status for status, _ in answers[1][0]] == [200, 200]
