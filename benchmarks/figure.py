"""A measured figure beside its goal."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure, what it was to reach, and what stands behind it."""

    name: str
    value: float
    goal: str
    reached: bool
    behind: str


def at_most(name: str, value: float, limit: float, behind: str) -> Figure:
    """A figure that must not exceed its limit."""
    return Figure(name, round(value, 3), f"<= {limit:g}", value <= limit, behind)


def at_least(name: str, value: float, limit: float, behind: str) -> Figure:
    """A figure that must reach its limit."""
    return Figure(name, round(value, 3), f">= {limit:g}", value >= limit, behind)


def per_second(count: int, work: Callable[[], object], rounds: int = 3) -> float:
    """The best rate of a few rounds."""
    rates = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        rates.append(count / (time.perf_counter() - began))
    return max(rates)
