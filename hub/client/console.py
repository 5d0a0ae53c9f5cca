"""What the user sees: messages on stderr, results on stdout, a bar on a terminal and plain lines in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click


class Step(Protocol):
    """A long piece of work under way."""

    def advance(self, count: int) -> None:
        """`count` more are done."""


class Console:
    """With `as_json`, stdout holds one JSON document and nothing else; messages go to stderr in any case."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._live: Any = None

    def say(self, text: str) -> None:
        """Tell the user something."""
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)

    def result(self, document: Mapping[str, Any], lines: Sequence[str]) -> None:
        """Give the result: the document as JSON, or the lines."""
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            for line in lines:
                click.echo(line)

    def agreed(self, question: str) -> bool:
        """Ask, where somebody sits at a terminal; elsewhere the command was given in earnest."""
        if self.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return True
        return click.confirm(question, default=True, err=True)

    @contextmanager
    def step(self, label: str, total: int | None) -> Iterator[Step]:
        """Show the progress of a long piece of work; `total` None where its end is not known."""
        if not sys.stderr.isatty():
            yield _Lines(label, total)
            return
        from rich import progress
        from rich.console import Console as Terminal

        shown = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            console=Terminal(stderr=True),
            transient=True,
        )
        with shown:
            self._live = shown
            try:
                yield _Bar(shown, shown.add_task(label, total=total))
            finally:
                self._live = None


class _Bar:
    def __init__(self, shown: Any, task: Any) -> None:
        self._shown, self._task = shown, task

    def advance(self, count: int) -> None:
        self._shown.advance(self._task, count)


class _Lines:
    """A line at each tenth of the way, or each 100,000 where the end is not known; none for short work."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        self._every = 100_000 if total is None else max(total // 10, 10_000)
        self._done, self._told = 0, 0

    def advance(self, count: int) -> None:
        self._done += count
        if self._done - self._told >= self._every:
            self._told = self._done
            of = "" if self._total is None else f" of {self._total:,}"
            click.echo(f"{self._label}: {self._done:,}{of}", err=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table whose columns are as wide as their widest cell; two blanks between."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    lines = [headings, tuple("─" * width for width in widths), *rows]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
