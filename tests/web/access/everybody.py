"""A hub with every kind of member, person and record in it, for the tests that ask what each reader finds."""

import base64
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from hub import clock, mail
from hub.access.grants import AGENT_SCOPES, Role
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.applications import service as applications
from hub.applications.rules import Item
from hub.authorised_sellers import service as authorised
from hub.authorised_sellers.rules import GivenSeller
from hub.db import db
from hub.epochs import service as epochs
from hub.evidence import service as evidence
from hub.evidence.rules import EvidenceType, RecordKind
from hub.evidence.service import Upload
from hub.listing_reports import service as reports
from hub.listing_reports.preflight_rules import ReportedRow
from hub.listing_reports.reason_rules import Grounds
from hub.listing_reports.rules import DECLARATION, Command
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import DecisionKind, MemberState
from hub.members.service.authorisations import AuthorisationTerms
from hub.members.service.credentials import CredentialTerms
from hub.members.service.providers import ProviderTerms
from hub.notices.jobs import make_notices
from hub.questions import service as questions
from hub.questions.rules import AskedRow
from hub.rights import service as rights
from hub.rights.rules import Given
from hub.test_buys import service as test_buys
from hub.test_buys.rules import CostKind
from tests.conftest import Hub, csrf, fresh_database, hub_on
from tests.unit.evidence.files import PDF
from tests.web.access.test_three_nets import called
from tests.web.indicators.test_share_and_match_over_http import KEY, listed, match, token, withdraw
from tests.web.members.applying import applied
from tests.web.members.documents import pdf
from tests.web.members.letters import forget_password

MEMBERS: Mapping[str, tuple[str, str | None]] = {
    "checker": ("auditor", None),  # first, so that it is a party to all that follows
    "brand-a": ("brand", "watches"),
    "brand-b": ("brand", "watches"),
    "brand-c": ("brand", "watches"),
    "toys": ("brand", "toys"),
    "mixed": ("brand", None),
    "shop": ("platform", None),
    "bazaar": ("platform", None),
    "customs": ("authority", None),
    "agency": ("agent", None),
    "gone": ("brand", "watches"),
}
"""Code → kind and sector. `gone` is suspended once it has shared."""
GROUPS: Mapping[str, Sequence[str]] = {
    "ring-7x": ("brand-a", "brand-b", "toys", "bazaar", "customs", "checker", "alliance", "gone"),
    "pair-7x": ("brand-b", "mixed"),
}
PEOPLE: Mapping[str, tuple[str, Role]] = {
    **{role.value: ("brand-a", role) for role in Role},
    **{f"person-of-{code}": (code, Role.OWNER) for code in (*MEMBERS, "alliance") if code != "brand-a"},
}
"""Who → member and role."""


@dataclass(frozen=True)
class Acting:
    """A reader that acts for a brand: which, with what, and the person that it is, if it is one and no key."""

    brand: str
    scopes: Collection[Permission]
    person: str | None = None


ACTING: Mapping[str, Acting] = {
    "key of agency for brand-a": Acting("brand-a", AGENT_SCOPES),
    "person-of-agency for brand-a": Acting("brand-a", AGENT_SCOPES, "person-of-agency"),
    "key of agency for brand-b": Acting("brand-b", [Permission.MATCH_READ_OWN]),
}
LABELS = ("clear", "green", "amber", "amber+strict", "red")
AUDIENCES: Mapping[str, Mapping[str, Any]] = {
    "anybody": {},
    "a group": {"sharing_groups": ["ring-7x"]},
    "named members": {"members": ["brand-c", "shop", "customs"]},
    "platforms": {"platforms_only": True},
    "platforms of a group": {"sharing_groups": ["ring-7x"], "platforms_only": True},
    "all sectors": {"widening": {"reason": "safety"}},
    "one of another sector": {"members": ["toys"]},
    "one of another sector, widened": {"members": ["toys"], "widening": {"reason": "safety"}},
}


@dataclass(frozen=True)
class Word:
    """What a member said of one token, and to whom."""

    number: int
    owner: str
    level: int
    label: str
    audience: Mapping[str, Any]
    stance: str = "infringing"
    shown: bool = False
    withdrawn: bool = False

    @property
    def seller(self) -> str:
        """The contributor's reference, on its own pages alone."""
        return f"seller-{self.owner}-{self.number}."


@dataclass
class Entry:
    """One event of the record, and the members that it concerns beside the auditor."""

    name: str
    what: str
    parties: frozenset[str]


@dataclass
class Everybody:
    """The hub, what was done in it, and a client for each reader."""

    hub: Hub
    words: list[Word] = field(default_factory=list)
    """As they stand at the end."""
    before: list[Word] = field(default_factory=list)
    """As they stood when everybody matched and fetched its list."""
    entries: list[Entry] = field(default_factory=list)
    clients: dict[str, FlaskClient] = field(default_factory=dict)
    member_of: dict[str, str | None] = field(default_factory=dict)
    founded: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code of a group that a member founded → that member, and the one that it invited."""
    hits: dict[str, dict[int, Any]] = field(default_factory=dict)
    """Member → the tokens that its key found, by number."""
    lists: dict[str, tuple[Any, Any, Any]] = field(default_factory=dict)
    """Member → its whole list, the changes of one that began empty, and those since all was shared."""

    @property
    def numbers(self) -> list[int]:
        """The tokens of which anything was said."""
        return sorted({word.number for word in self.words})

    def kind(self, code: str) -> str:
        """What a member is."""
        return "administration" if code == "alliance" else MEMBERS[code][0]

    def sector(self, code: str) -> str | None:
        """In which trade it is."""
        return None if code == "alliance" else MEMBERS[code][1]


@contextmanager
def everybody(cluster: str, home: Path, evaluator_url: str) -> Iterator[Everybody]:
    """Build it: members, people, keys, groups; words of every audience; matches, lists and late changes; a letter."""
    with fresh_database(cluster) as url, hub_on(url, home, evaluator_url) as hub:
        made = Everybody(hub)
        _found(made)
        _begin_lists(made)
        _speak(made)
        with hub.operator() as actor:
            members.move(actor, "gone", MemberState.SUSPENDED)
        _look(made)
        _change(made)
        _correspond(made)
        _act(made)
        hub.sequence()
        _notice(made)
        yield made


def _notice(made: Everybody) -> None:
    """The notices of all that was recorded, of which each person has read one."""
    with made.hub.app.app_context():
        make_notices()
    made.hub.sql(
        "INSERT INTO notice_read SELECT DISTINCT ON (person_id) person_id, place, n.member_id"
        " FROM notice n JOIN notice_reader r ON r.member_id = n.member_id ORDER BY person_id, place"
    )
    called(made.hub)


def _found(made: Everybody) -> None:
    hub = made.hub
    with hub.operator() as actor:
        epochs.open_epoch(actor, "e1")
    for code, (kind, sector) in MEMBERS.items():
        hub.admit(code, kind, sector)
    with hub.operator() as actor:
        hub.keys["alliance"] = members.issue_credential(actor, "alliance")
        for group, codes in GROUPS.items():
            members.join(actor, group, codes)
    made.clients["nobody"], made.member_of["nobody"] = hub.app.test_client(), None
    for code in (*MEMBERS, "alliance"):
        made.clients[f"key of {code}"], made.member_of[f"key of {code}"] = hub.client(code), code
    for n, (who, (code, role)) in enumerate(PEOPLE.items(), 1):
        hub.person(code, who, role)
        hub.sql("UPDATE factor SET name = %s WHERE name = 'Phone'", f"phone of {who}.")
        made.clients[who], made.member_of[who] = hub.signed_in(who, f"10.1.{n}.7"), code
    hub.sql("INSERT INTO member_rate SELECT id, 1000000 FROM member")  # no test of readers is about limits
    hub.sql("INSERT INTO quota SELECT id, 'phone', current_date, 10, 1 FROM member")
    hub.sql("UPDATE credential SET name = 'keys of ' || code || '.' FROM member WHERE member.id = member_id")
    _narrow_key(made)


def _narrow_key(made: Everybody) -> None:
    """A second key of brand-a that may match and nothing else."""
    with person(made.hub, "owner") as actor:
        key = members.issue_own_key(actor, CredentialTerms("keys of brand-a.", scopes=["match:run"]))
    client = made.hub.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    made.clients["narrow key of brand-a"], made.member_of["narrow key of brand-a"] = client, "brand-a"


@contextmanager
def person(hub: Hub, who: str) -> Iterator[Any]:
    """The actor that a person is in a session, inside the application."""
    with hub.app.app_context():
        found = members.person_named(f"{who}@alliance-hub.org")
        actor = members.actor_of_person(found) if found else None
        assert actor is not None
        read_as(db.session, actor)
        yield actor


def _begin_lists(made: Everybody) -> None:
    for code in readers_of_lists():
        rows, cursor, _, _ = listed(made.hub.client(code))
        assert rows == {}
        made.lists[code] = (cursor, None, None)


def readers_of_lists() -> list[str]:
    """The members that match and fetch lists."""
    return [code for code, (kind, _) in MEMBERS.items() if kind in {"brand", "platform"} and code != "gone"]


def say(made: Everybody, *words: Word) -> None:
    """Have one member say the same of some tokens, in one act of sharing."""
    first = words[0]
    body = {
        "key": KEY,
        "evidence_level": f"E{first.level}",
        "tlp": first.label,
        "stance": first.stance,
        "show_contributor": first.shown,
        "tokens": base64.b64encode(b"".join(token(word.number) for word in words)).decode(),
        "sellers": [word.seller for word in words],
        **first.audience,
    }
    once = {"Idempotency-Key": f"said-{first.owner}-{len(made.entries)}"}
    answer = made.hub.client(first.owner).post("/api/v1/contributions", json=body, headers=once)
    assert answer.status_code == 200, answer.text
    made.entries.append(Entry(answer.headers["Audit-Entry"], f"{first.owner} shared", frozenset({first.owner})))
    said = {(word.number, word.owner) for word in words}
    made.words = [word for word in made.words if (word.number, word.owner) not in said] + list(words)


def take_back(made: Everybody, *words: Word) -> None:
    """Have one member withdraw what it said of some tokens."""
    owner = words[0].owner
    told = withdraw(made.hub.client(owner), *(word.number for word in words))
    made.entries.append(Entry(told["entry"], f"{owner} withdrew", frozenset({owner})))
    made.words = [Word(**{**vars(word), "withdrawn": True}) if word in words else word for word in made.words]


def _speak(made: Everybody) -> None:
    """For each label and audience: alone at E2, hidden and shown; at E1 alone and of two; disputed; withdrawn; of four."""
    numbers, open_to_all = itertools.count(1), AUDIENCES["all sectors"]
    twins, denied, joined, back = [], [], [], []
    for label, audience in itertools.product(LABELS, AUDIENCES.values()):
        if label == "red" and not {"sharing_groups", "members"} & set(audience):
            continue
        hidden, late, disputed, withdrawn, many = (next(numbers) for _ in range(5))
        at_e2 = [Word(n, "brand-a", 2, label, audience) for n in (hidden, late, disputed, withdrawn, many)]
        say(made, *at_e2)
        say(made, Word(next(numbers), "brand-a", 3, label, audience, shown=True))
        lone, twin = next(numbers), next(numbers)
        say(made, *(Word(n, "brand-a", 1, label, audience) for n in (lone, twin)))
        twins.append(twin)
        denied.append(disputed)
        joined.append(many)
        back.append(at_e2[3])
    say(made, *(Word(n, "mixed", 1, "clear", {}) for n in twins))
    say(made, *(Word(n, "brand-b", 2, "red", {"sharing_groups": ["pair-7x"]}, "legitimate") for n in denied))
    for code in ("brand-b", "toys", "mixed"):
        say(made, *(Word(n, code, 2, "amber", open_to_all) for n in joined))
    take_back(made, *back)
    suspended = [next(numbers), *joined[:3], *twins[:3]]
    say(made, *(Word(n, "gone", 2, "clear", open_to_all) for n in suspended))
    made.before = list(made.words)


def _look(made: Everybody) -> None:
    """Everybody who may fetches its list, whole and as changes, and matches all tokens there are."""
    for code in readers_of_lists():
        client, (cursor, _, _) = made.hub.client(code), made.lists[code]
        begun, _, _, _ = listed(client, cursor)
        whole, later, _, _ = listed(client)
        made.lists[code] = (whole, begun, later)
        made.hits[code] = match(client, *made.numbers)
        entry = made.hub.sql("SELECT id FROM ledger_entry WHERE action = 'match.run' ORDER BY at DESC LIMIT 1")[0][0]
        name = base64.urlsafe_b64encode(entry.bytes).decode().rstrip("=")  # type: ignore[attr-defined]
        made.entries.append(Entry(name, f"{code} matched", frozenset({code})))


def _change(made: Everybody) -> None:
    """Some of it is withdrawn, narrowed, lowered or denied after everybody has looked; and each fetches the changes."""
    mine = [word for word in made.words if word.owner == "brand-a" and not word.withdrawn]
    alone = [word for word in mine if word.level == 2 and len([1 for o in made.words if o.number == word.number]) == 1]
    for n, word in enumerate(alone):
        if n % 5 == 0:
            take_back(made, word)
        elif n % 5 == 1:
            say(made, Word(word.number, "brand-a", 2, "red", {"members": ["brand-c"]}))
        elif n % 5 == 2:
            say(made, Word(word.number, "brand-a", 1, word.label, word.audience))
        elif n % 5 == 3:
            say(made, Word(word.number, "brand-b", 2, "red", {"sharing_groups": ["pair-7x"]}, "legitimate"))
    lone = [word for word in mine if word.level == 1 and len([1 for o in made.words if o.number == word.number]) == 1]
    for word in lone[::3]:
        take_back(made, word)
    for word in lone[1::3]:
        say(made, Word(word.number, "brand-a", 1, "amber", AUDIENCES["all sectors"]))
    for code in readers_of_lists():
        whole, begun, cursor = made.lists[code]
        made.lists[code] = (whole, begun, listed(made.hub.client(code), cursor)[0])


def _correspond(made: Everybody) -> None:
    """Disputes, a letter, a decision, an application, a right and a report; of each member an invitation and a link to
    a new password, and of each but the office a provider and a domain that it asked for; each person was there."""
    for code in ("brand-a", "shop"):
        made.hub.client(code).post("/audit/disputes", json={"v": 1, "code": 10, "what": "overdue"})
    with made.hub.app.app_context():
        mail.post(mail.Letter("somebody@alliance-hub.org", "An invitation", "words of the letter."))
        db.session.commit()
    with person(made.hub, "person-of-alliance") as actor:
        members.propose(actor, DecisionKind.ADMIT, "subject-of-the-decision.", "because")
    name = applied(made.hub, (pdf(), "register.pdf"), legal_name="name of the applicant.")
    with person(made.hub, "person-of-alliance") as actor:
        applications.tick(actor, name, Item.LEGAL_ENTITY, "note on the applicant.")
    with person(made.hub, "owner") as actor:
        code = members.found_group(actor, "name of the group.", "purpose of the group.", "agreement of the group.")
        members.invite_to_group(actor, code, "brand-c")
        right = rights.enter(actor, right_of("brand-a"))
        db.session.commit()
        upload = Upload("certificate of brand-a.pdf", EvidenceType.CERTIFICATE, len(PDF), iter([PDF]))
        file = evidence.store(actor, upload).name
        rights.certify(actor, right, file)
    made.hub.sql("DELETE FROM evidence WHERE name = %s", file)
    _authorise_sellers(made)
    _report(made, right)
    _store(made)
    _ask(made)
    _buy(made)
    made.founded[code] = ("brand-a", "brand-c")
    with person(made.hub, "person-of-alliance") as actor:
        members.publish_agreement(actor, "We share what we may.")
    for who, (code, role) in PEOPLE.items():
        if role is Role.OWNER and code not in {"gone", "alliance"}:
            with person(made.hub, who) as actor:
                newest = members.newest_agreement(actor)
                assert newest is not None
                members.sign_agreement(actor, newest.version, newest.digest)
        if role is Role.OWNER and code != "gone":
            with person(made.hub, who) as actor:
                member = db.session.get_one(Member, actor.member_id)
                invite = (
                    members.invite_for if code == members.OFFICE else members.invite_person
                )  # there two have decided
                invite(actor, member, f"guest-of-{code}@alliance-hub.org", "Guest", Role.VIEWER)
                db.session.commit()
                if code != members.OFFICE:
                    members.set_provider(actor, ProviderTerms(f"https://login.{code}.example.org", "hub", "secret"))
                    members.ask_domain(actor, f"sign-in-at-{code}.org")
            forget_password(made.hub, f"{who}@alliance-hub.org")
    made.hub.sql(
        "INSERT INTO provided_identity (person_id, member_id, issuer, subject, linked_at)"
        " SELECT id, member_id, 'https://login.example.org', email, now() FROM person"
        " WHERE member_id <> (SELECT id FROM member WHERE code = 'alliance')"
    )


def _authorise_sellers(made: Everybody) -> None:
    """An entry of each of two brands' lists."""
    for who in ("owner", "person-of-brand-b"):
        with person(made.hub, who) as actor:
            authorised.add(actor, [GivenSeller(1, f"https://shop.example.com/store/{who}", f"seller of {who}.")])
            db.session.commit()


def _report(made: Everybody, right: str) -> None:
    """A report of brand-a to the platform shop under that right, which the platform has taken into review."""
    with person(made.hub, "person-of-alliance") as actor:
        rights.verify(actor, right, rights.right(actor, right)[0].facts.digest)
    with person(made.hub, "person-of-shop") as actor:
        reports.set_marketplace(actor, "shop.example.com", ["DE"])
        reports.set_ladder(actor, "three-serious")
        reports.set_clock(actor, reports.ClockTerms("DE", "default", "Europe/Berlin"))
    rows = [ReportedRow(1, "https://shop.example.com/1", product_class="9")]
    draft = reports.Draft("shop", right, Grounds("no_such_model", {"range_statement": "We never made it."}), rows)
    with person(made.hub, "owner") as actor:
        filed = reports.file(actor, draft, DECLARATION)
        db.session.commit()
    with person(made.hub, "person-of-shop") as actor:
        reports.lead(actor, filed.name, Command.TAKE, reports.Said(1))
        reports.lead(actor, filed.name, Command.FORWARD, reports.Said(2))
        reports.counter(
            actor, filed.name, reports.Counter("genuine", "words of the seller, passed on."), reports.Said(3)
        )
        reports.say(actor, filed.name, "words about the report.")
        db.session.commit()
    made.hub.sql(  # of what was reopened since
        "INSERT INTO statement (report_id, n, acted_at, platform_id, action, countered, evidence, right_facts, notifier)"
        " SELECT id, 1, now() - interval '1 hour', platform_id, 'listing removed', false, '{}', right_facts, 'Brand A'"
        " FROM listing_report"
    )


def _buy(made: Everybody) -> None:
    """A test buy of brand-a, which one of its people planned, another approved, and the first ordered."""
    plan = test_buys.Plan("shop", "https://shop.example.com/3", "goods of brand-a.", "EUR", 10_000)
    order = test_buys.Order("A-100", clock.today(), [test_buys.Cost(CostKind.PRICE, 5_000)])
    with person(made.hub, "owner") as actor:
        name = test_buys.plan(actor, plan)
        db.session.commit()
    with person(made.hub, "analyst") as actor:
        test_buys.approve(actor, name, 1)
    with person(made.hub, "owner") as actor:
        test_buys.order(actor, name, 2, order)


def _ask(made: Everybody) -> None:
    """A question of the platform shop to brand-a."""
    rows = [AskedRow(1, "https://shop.example.com/2")]
    draft = questions.Draft("brand-a", "Is this one of yours or not?", clock.today() + timedelta(days=9), "UTC", rows)
    with person(made.hub, "person-of-shop") as actor:
        assert questions.ask(actor, draft).names
        db.session.commit()


def _store(made: Everybody) -> None:
    """A file of brand-a, which it shows to the shop."""
    shop = db_number(made, "shop")
    with person(made.hub, "owner") as actor:
        upload = Upload("file of brand-a.txt", EvidenceType.LISTING, 5, iter([b"words"]))
        name = evidence.store(actor, upload).name
        evidence.attach(actor, name, RecordKind.LISTING_REPORT, "r_1", [shop])
        db.session.commit()


def db_number(made: Everybody, code: str) -> int:
    """A member's number."""
    ((number,),) = made.hub.sql("SELECT id FROM member WHERE code = %s", code)
    assert isinstance(number, int)
    return number


def right_of(brand: str) -> Given:
    """What a brand says of a trade mark of its."""
    span = (date(2020, 1, 1), date(2099, 1, 1))
    return Given("trade-mark", "EUIPO", "018 000 001", f"mark of {brand}.", [], [9], *span, "Acme GmbH")


def _act(made: Everybody) -> None:
    """Two brands authorise the agency, with more and with less; a key of its and a person act for them."""
    span = (clock.today(), clock.today() + timedelta(days=10))
    let = {acting.brand: acting.scopes for acting in ACTING.values()}
    for owner, brand in (("owner", "brand-a"), ("person-of-brand-b", "brand-b")):
        with person(made.hub, owner) as actor:
            members.give_authorisation(actor, "agency", AuthorisationTerms(let[brand], *span))
    for who, acting in ACTING.items():
        made.member_of[who] = acting.brand
        made.clients[who] = client = made.hub.client("agency")
        client.environ_base["HTTP_ACTING_FOR"] = acting.brand
        if acting.person is not None:
            made.clients[who] = client = made.hub.signed_in(acting.person, "10.1.99.7")
            chosen = (
                "SELECT a.id FROM authorisation a JOIN member m ON m.id = brand_id WHERE ended_at IS NULL AND code = %s"
            )
            ((number,),) = made.hub.sql(chosen, acting.brand)
            sent = {"csrf_token": csrf(client.get("/agents").text)}
            assert client.post(f"/agents/{number}/acting", data=sent).status_code == 303
