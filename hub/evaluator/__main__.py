"""`python -m hub.evaluator`: make the evaluator's secrets, or serve."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hub.evaluator.app import create_app
from hub.evaluator.home import PASSPHRASE_VARIABLE, Home, HomeError
from hub.evaluator.keyring import Keyring
from hub.evaluator.serve import Listening, serve
from hub.tokens.key_id import check_part

TYPES = (
    "domain",
    "store_url",
    "seller_id",
    "email",
    "phone",
    "company_number",
    "bank_account",
    "payment_account",
    "messaging_handle",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 2 refused for the reason on standard error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.command == "init") != (options.alliance is not None):
        parser.error("--alliance belongs to init, which needs it; serving reads it from the sealed seed")
    home = Home.locate(options.home, os.environ)
    try:
        if options.command == "init":
            home.initialise(options.alliance)
            return 0
        keyring, bearer = Keyring(home.unseal(), options.types), home.read_bearer()
    except (HomeError, ValueError) as error:
        sys.stderr.write(f"evaluator: {error}\n")
        return 2
    serve(create_app(keyring, bearer), Listening(options.bind, options.workers))
    return 0


def _parser() -> argparse.ArgumentParser:
    epilog = (
        f"The passphrase is read from HOME/evaluator/passphrase, or from the file that {PASSPHRASE_VARIABLE} names."
    )
    parser = argparse.ArgumentParser("python -m hub.evaluator", description=__doc__, epilog=epilog)
    parser.add_argument("command", nargs="?", choices=("serve", "init"), default="serve", help="default: %(default)s")
    parser.add_argument("--home", type=Path, required=True, help="folder that holds evaluator/")
    parser.add_argument("--alliance", help="init: name of the alliance, the first part of every key id")
    parser.add_argument("--bind", default="127.0.0.1:8001", help="serve: address to listen on (default: %(default)s)")
    parser.add_argument("--workers", type=_count, default=os.cpu_count(), help="serve: processes (default: one a core)")
    parser.add_argument("--types", type=_names, default=TYPES, help="serve: identifier types that have keys, a,b,c")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return int(text)


def _names(text: str) -> tuple[str, ...]:
    try:
        return tuple(check_part("type", name) for name in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
