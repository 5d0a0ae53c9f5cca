"""The second net cannot be forgotten: each command and query of a service asks what its actor may before it acts."""

import ast
import re

from tests.shape.source import Modules, modules, seeded
from tests.shape.test_layout import domains

SERVICES = re.compile(rf"hub/({'|'.join(domains())})/service(\.py|/\w+\.py)")
ASKED_BY_ITS_CALLERS = {
    "hub/ledger/service/append.py append": "records what another command did, in that command's transaction",
    "hub/ledger/service/append.py append_each": "the same, in as many entries as it needs",
    "hub/members/service/membership.py record": "the same, about a member",
    "hub/rights/service/moves.py record": "writes down what a command did, after it has asked",
    "hub/listing_reports/service/steps.py reinstate": "carries out what a command came to, after it has asked",
    "hub/members/service/denials.py record_denial": "records that somebody was refused",
    "hub/epochs/service.py debit": "takes from the actor's own quota, before what was asked for",
}
"""Public functions of services that take an actor and leave the asking to others, each with its reason."""


def unasked(found: Modules) -> set[str]:
    """Public functions whose first parameter is the actor, in which neither `actor.must` nor a policy is asked.

    A function that hands its actor to another one of a service, which is held to the same, has asked.
    """
    askers = {path: _askers(module) for path, module in found.items()}
    return {
        f"{path} {name}"
        for path, asking in askers.items()
        for name, asks in asking.items()
        if not asks and name[0] != "_"
    }


def _askers(module: ast.Module) -> dict[str, bool]:
    """Function with an actor first → whether it, or one of this module that it hands the actor to, asks."""
    bodies = {
        each.name: each
        for each in module.body
        if isinstance(each, ast.FunctionDef) and each.args.args and each.args.args[0].arg == "actor"
    }

    others = {
        each.asname or each.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and ".service." in (node.module or "")
        for each in node.names
    } - {"record"}

    def asks(name: str, seen: frozenset[str] = frozenset()) -> bool:
        text = ast.unparse(bodies[name])
        if re.search(r"\bactor\.must\(|\bpolicy\.\w+\(|\b(\w+)\.\w+\(actor\b", text.replace("ledger.append(actor", "")):
            return True
        called = set(re.findall(r"\b(\w+)\(actor\b", text))
        return bool(called & others) or any(asks(each, seen | {name}) for each in called & set(bodies) - seen - {name})

    return {name: asks(name) for name in bodies}


def test_every_command_asks_what_its_actor_may() -> None:
    services = {path: module for path, module in modules("hub").items() if SERVICES.fullmatch(path)}
    assert len(services) > 20
    assert unasked(services) == set(ASKED_BY_ITS_CALLERS)


def test_a_command_that_asks_nobody_is_noticed() -> None:
    text = """
def share(actor, tokens):
    ledger.append(actor, 1)

def withdraw(actor, tokens):
    actor.must(Permission.CONTRIBUTION_WITHDRAW)

def amend(actor, tokens):
    _amend(actor)

def _amend(actor):
    return policy.own_by(actor)
"""
    assert unasked(seeded("hub/matches/service.py", text)) == {"hub/matches/service.py share"}
