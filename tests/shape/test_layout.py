"""A reader who learned one domain knows all: the same file names, small enough to read, named in the field's words."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator

from flask import Blueprint

from hub import app
from tests.shape.source import ROOT, Modules, contract, domains, modules, seeded

NAMES = {"rules", "model", "policy", "service", "schema", "forms", "api", "pages", "jobs"}
EXCEPTIONS = {
    "members": {"authorisation_rules", "group_rules", "password_rules", "sign_in"},
    "dialogue": {"endpoints", "section"},
    "epochs": {"evaluator"},
    "listing_reports": {
        "clock_rules",
        "counter_rules",
        "preflight_rules",
        "reason_rules",
        "statement_rules",
        "strike_rules",
    },
    "evidence": {"chunks", "media"},
    "rights": {"certificate_rules", "office_rules", "sheet_rules"},
    "notices": {"webhook_rules"},
    "test_buys": {"document", "money_rules"},
    "ledger": {"events", "sequencer", "signed", "signing", "fsck", "journal"},
}
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60
MOST_BY_POSITION, MOST_PARAMETERS = 6, 8
BANNED = {"manager", "handler", "helper", "helpers", "util", "utils", "common", "misc", "data", "info"}
BANNED_BEGINNINGS = {"do", "process", "handle"}
NOT_OUR_WORDS = {
    "handle_http_exception": "overrides flask-smorest's method",
    "operation_helper": "overrides apispec's method",
    "do_GET": "http.server looks for these names",
    "do_POST": "http.server looks for these names",
    "derivation_info": "RFC 9497 calls DeriveKeyPair's second input so",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: ast.Module) -> Iterator[Function]:
    """Every function and method of the module."""
    yield from (node for node in ast.walk(module) if isinstance(node, Function))


def strangers(domain: str, names: Iterable[str]) -> set[str]:
    """The names that no domain, or not this one, may have."""
    return set(names) - NAMES - EXCEPTIONS.get(domain, set()) - {"__init__", "__pycache__"}


def test_the_contract_of_import_order_knows_the_same_names() -> None:
    layers = "|".join(contract("Inside a domain")["layers"])
    assert set(re.findall(r"\w+", layers)) == NAMES.union(*EXCEPTIONS.values())


def test_a_domain_has_only_the_known_file_names() -> None:
    found = {
        domain: strangers(domain, (each.stem for each in (ROOT / "hub" / domain).iterdir())) for domain in domains()
    }
    assert {domain: names for domain, names in found.items() if names} == {}


def test_a_stray_file_and_another_domains_exception_are_noticed() -> None:
    assert strangers("matches", ["model", "helpers", "sign_in"]) == {"helpers", "sign_in"}


def test_a_folder_made_like_a_domain_is_listed_as_one() -> None:
    like_one = {path.split("/")[1] for path in modules("hub") if re.search(r"^hub/\w+/(rules|model|policy)\.py$", path)}
    assert like_one == set(domains())


def left_out(blueprints: Iterable[Blueprint], registered: Iterable[Blueprint]) -> list[str]:
    """The names of the blueprints that are not among those registered."""
    known = list(registered)
    return [each.name for each in blueprints if each not in known]


def test_every_blueprint_of_a_domain_is_registered() -> None:
    doors = [
        path for path in modules("hub") if re.fullmatch(rf"hub/({'|'.join(domains())})/(api|pages(/\w+)?)\.py", path)
    ]
    names = [path.removesuffix(".py").replace("/", ".") for path in doors]
    made = [
        each for name in names for each in vars(importlib.import_module(name)).values() if isinstance(each, Blueprint)
    ]
    assert left_out(made, (*app.APIS, *app.PAGES)) == []


def test_a_blueprint_left_out_is_noticed() -> None:
    assert left_out([Blueprint("questions", __name__)], app.PAGES) == ["questions"]


def test_no_module_is_too_long_to_read() -> None:
    lengths = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in modules("hub")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def long_functions(found: Modules) -> list[str]:
    """Functions of more lines than one takes in at a look."""
    return [
        f"{path}:{each.lineno} {each.name}"
        for path, module in found.items()
        for each in functions(module)
        if (each.end_lineno or each.lineno) - each.lineno + 1 > LONGEST_FUNCTION
    ]


def test_no_function_is_too_long_to_read() -> None:
    assert long_functions(modules("hub")) == []


def test_a_function_too_long_is_noticed() -> None:
    assert long_functions(seeded("hub/a.py", "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)) == ["hub/a.py:1 f"]


def _is_command(function: Function) -> bool:
    """A command of a command line has a parameter for each of its options."""
    return any(ast.unparse(each).startswith(("click.", "type_option")) for each in function.decorator_list)


def crowded(found: Modules) -> list[str]:
    """Functions with too many parameters, commands apart."""
    over = []
    for path, module in found.items():
        for each in functions(module):
            given = each.args
            by_position = [name.arg for name in (*given.posonlyargs, *given.args) if name.arg not in {"self", "cls"}]
            all_of_them = len(by_position) + len(given.kwonlyargs)
            if not _is_command(each) and (len(by_position) > MOST_BY_POSITION or all_of_them > MOST_PARAMETERS):
                over.append(f"{path}:{each.lineno} {each.name}")
    return over


def test_no_function_takes_too_many_parameters() -> None:
    assert crowded(modules("hub")) == []


def test_too_many_parameters_are_noticed() -> None:
    assert crowded(seeded("hub/a.py", "def f(a, b, c, d, e, f, g): ...")) == ["hub/a.py:1 f"]
    assert crowded(seeded("hub/a.py", "def f(*, a, b, c, d, e, f, g, h, i): ...")) == ["hub/a.py:1 f"]


def is_banned(name: str) -> bool:
    """Whether the name holds a word that says nothing, or begins with a verb that says nothing."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]
    return not BANNED.isdisjoint(words) or (len(words) > 1 and words[0] in BANNED_BEGINNINGS)


def banned_names(found: Modules) -> list[str]:
    """Modules, classes and functions whose name is banned and ours."""
    listed = [f"{path} {part}" for path in found for part in path.removesuffix(".py").split("/") if is_banned(part)]
    for path, module in found.items():
        named = [node for node in ast.walk(module) if isinstance(node, Function | ast.ClassDef)]
        listed += [
            f"{path}:{each.lineno} {each.name}"
            for each in named
            if is_banned(each.name) and each.name not in NOT_OUR_WORDS
        ]
    return listed


def test_no_name_holds_a_word_that_says_nothing() -> None:
    assert banned_names(modules("hub")) == []


def test_a_word_that_says_nothing_is_noticed() -> None:
    text = "class MatchManager:\n    def process_row(self): ...\n    def _handle_row(self): ...\ndef processes(): ...\n"
    named = [each.partition(" ")[2] for each in banned_names(seeded("hub/csv_utils.py", text))]
    assert named == ["csv_utils", "MatchManager", "process_row", "_handle_row"]


def test_every_word_allowed_to_others_is_still_needed() -> None:
    ours = {each.name for module in modules("hub").values() for each in functions(module)}
    assert set(NOT_OUR_WORDS) - ours == set()
