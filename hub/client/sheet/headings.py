"""Which column holds the identifiers and which the sellers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.client.errors import ClientError, printable, usage
from hub.client.sheet.row import VERDICT, Columns, Verdict

KNOWN_HEADINGS: Mapping[str, frozenset[str]] = {
    "domain": frozenset({"domain", "domains", "domain name", "hostname", "host", "website", "site", "域名"}),
    "store_url": frozenset({"store url", "store_url", "shop url", "url", "store", "shop", "link", "店铺链接"}),
    "seller_id": frozenset({"seller id", "seller_id", "sellerid", "merchant id", "shop id", "卖家id", "店铺id"}),
    "email": frozenset({"email", "e-mail", "mail", "email address", "e-mail address", "邮箱"}),
    "phone": frozenset({"phone", "telephone", "tel", "mobile", "phone number", "mobile number", "电话", "手机"}),
    "company_number": frozenset({"company number", "company_number", "licence", "license", "uscc", "vat", "执照"}),
    "bank_account": frozenset({"bank account", "bank_account", "iban", "account number", "银行账号"}),
    "payment_account": frozenset({"payment account", "payment_account", "paypal", "alipay", "支付宝"}),
    "messaging_handle": frozenset({"messaging handle", "messaging_handle", "handle", "wechat", "whatsapp", "微信"}),
}
"""Headings that are taken for a type's column when --column is not given, in lower case."""


@dataclass(frozen=True)
class Wanted:
    """What the caller looks for in a file.

    `column` and `seller` name a heading, or count columns from 1; `heading` is False where the file has no heading
    line, None where that is to be found out by `is_value`, which says whether a text is an identifier of `type`.
    """

    type: str
    is_value: Callable[[str], bool]
    column: str | None = None
    seller: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    heading: bool | None = None


def place_columns(first: Sequence[str], wanted: Wanted) -> tuple[Columns, bool]:
    """Return the columns by a sheet's first row, and whether that row is the heading.

    Without --column it is the only column, or the one headed as the type usually is. The first row counts as data, and
    not as heading, where its cell in a column given by number or standing alone is itself an identifier. Raises
    ClientError naming the columns there are. The columns that an earlier run added to refused rows are recognised.
    """
    names = tuple(cell.strip() for cell in first)
    while names and not names[-1]:
        names = names[:-1]
    if not names:
        raise usage("the first row names no column", "give each column a heading")
    verdict = Verdict(len(names) - len(VERDICT)) if names[-len(VERDICT) :] == VERDICT else None
    own = names if verdict is None else names[: verdict.at]
    at, by_number = _position(own, wanted, headed=verdict is not None)
    headed = True if verdict is not None else wanted.heading
    if headed is None:
        known = names[at].casefold() in KNOWN_HEADINGS.get(wanted.type, frozenset())
        headed = known or not by_number or not wanted.is_value(names[at])
    if not headed:
        names = tuple(wanted.type if n == at else f"column {n + 1}" for n in range(len(names)))
    seller = None if wanted.seller is None else _named(own if headed else names, wanted.seller, "--seller", wanted)[0]
    if seller == at:
        raise usage("--column and --seller name the same column", "name two columns")
    return Columns(names, at, seller, verdict), headed


def _position(names: tuple[str, ...], wanted: Wanted, *, headed: bool) -> tuple[int, bool]:
    if wanted.column is not None:
        if wanted.heading is False and not headed and not wanted.column.isdecimal():
            raise usage("with --no-heading, columns have no names", "give --column a number, counted from 1")
        return _named(names, wanted.column, "--column", wanted)
    if len(names) == 1:
        return 0, True
    known = KNOWN_HEADINGS.get(wanted.type, frozenset()) | {wanted.type}
    found = [at for at, name in enumerate(names) if name.casefold() in known]
    if len(found) != 1:
        what = f"it is not clear which column holds the identifiers of type {wanted.type}"
        raise _choose(names, what, "--column", wanted)
    return found[0], False


def _named(names: tuple[str, ...], asked: str, option: str, wanted: Wanted) -> tuple[int, bool]:
    exact = [at for at, name in enumerate(names) if name == asked]
    found = exact or [at for at, name in enumerate(names) if name.casefold() == asked.strip().casefold()]
    if len(found) == 1:
        return found[0], False
    if not found and asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1, True
    what = "there is no column" if not found else "there are several columns named"
    raise _choose(names, f"{what} “{printable(asked, 60)}”", option, wanted)


def _choose(names: tuple[str, ...], what: str, option: str, wanted: Wanted) -> ClientError:
    headings = frozenset().union(*KNOWN_HEADINGS.values())
    if any(wanted.is_value(name) and name.casefold() not in headings for name in names):
        return usage(  # naming what stands in the first row would show identifiers
            f"{what}, and the first row looks like data, not headings",
            f"give {option} a number from 1 to {len(names)}, or add a line of headings",
        )
    listed = ", ".join(f"{n} “{printable(name, 40)}”" for n, name in enumerate(names[:40], start=1))
    return usage(what, f"give {option} one of these, by name or number: {listed or 'none'}")
