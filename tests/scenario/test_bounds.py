"""What quantities may be: what formulas divide by is found in the book, and is never zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from thirdwatt.facts import Figure
from thirdwatt.ledger import estimate
from thirdwatt.ledger.book import Formula, book
from thirdwatt.quantity import axis, limits
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.bounds import DIVISORS, NEVER_NOTHING, range_mistakes
from thirdwatt.scenario.known import unfit
from thirdwatt.scenario.parse import parse

SHAPE = {"layers": 4, "hidden": 256, "heads": 4, "vocab": 99, "ffn": 512, "seq_len": 64}
SCENARIOS: tuple[dict[str, Any], ...] = (
    {"workload": {"model": "llama-3.1-8b"}, "cluster": {"count": 64}},
    {"workload": {"model": "deepseek-v3"}, "cluster": {"count": 64}, "site": {"tenure": "own"}},
    {"workload": {"tokens": 1e9, "transformer": SHAPE}, "cluster": {"count": 8}, "storage": {"erasure": "8+3"}},
    {"workload": {"flop": 1e21}, "cluster": {"count": 8}},
    {
        "workload": {"model": "llama-3.1-8b", "method": "dpo", "adapter": "qlora", "tokens": 1e8},
        "cluster": {"count": 8},
        "site": {"tenure": "own"},
    },
    {
        "workload": {"tokens": 1e9, "flop": 1e21},
        "known": {"wall_time_h": 100, "tokens_per_s_per_accelerator": 100},
        "cluster": {"count": 8},
    },
    {"known": {"accelerator_hours": 1e5}},
    {
        "workload": {"model": "llama-3.1-8b"},
        "cluster": {"count": 64},
        "blueprint": {"based_on": "h100-sxm-80gb", "process": "n3e", "memory": "hbm4"},
        "site": {"tenure": "own"},
    },
)
"""Scenarios that between them take most of the ways through the book."""


@cache
def statable() -> tuple[str, ...]:
    """Quantities that a scenario may state as zero, as far as their limits go."""
    names = book().names
    return tuple(name for name in sorted(names) if limits(name)[0] <= 0 and not list(unfit("", name, names)))


def values(formula: Formula, scale: float, code: int) -> dict[str, Any]:
    """Arguments that are all different, so that no difference of two is zero by chance."""
    found: dict[str, Any] = {}
    for number, name in enumerate(formula.arguments):
        shape = (len(axis(name)), 1, 1) if axis(name) else (1, 1)
        is_code = name.endswith("_code")
        found[name] = np.full(shape, code, dtype=np.intp) if is_code else np.full(shape, scale * (1 + number / 7))
    return found


def finite(formula: Formula, arguments: dict[str, Any]) -> bool | None:
    """Whether a formula gives numbers; ``None`` if it has no such branch."""
    try:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(formula.function(**arguments)).all())
    except ValueError:
        return None


def divided(formula: Formula) -> Iterator[str]:
    """Arguments without which a formula gives no number."""
    for scale in (0.3, 1.0, 3.0):
        for code in range(3):
            sound = values(formula, scale, code)
            if finite(formula, sound):
                for name in sound.keys() & set(statable()):
                    if finite(formula, {**sound, name: np.zeros_like(sound[name])}) is False:
                        yield name


def breaks(document: dict[str, Any]) -> Iterator[str]:
    """Quantities of which zero makes a whole ledger come out as no number."""
    scenario = parse(document, book().names)
    estimate(scenario, samples=1)
    for name in statable():
        given = {**scenario.given, name: Figure(0.0, 0.0, 0.0, "stated", "nothing", f"given/{name}")}
        try:
            estimate(replace(scenario, given=given), samples=1)
        except InputError as error:
            if "cannot be built" not in str(error):
                yield name
        except InsufficientError:
            continue


@cache
def of_formulas() -> frozenset[str]:
    return frozenset(name for ways in book().formulas.values() for way in ways for name in divided(way))


@cache
def found() -> frozenset[str]:
    return of_formulas().union(*map(breaks, SCENARIOS))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_a_formula_divides_by_must_be_more_than_zero() -> None:
    assert sorted(of_formulas() - DIVISORS - NEVER_NOTHING) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_the_book_divides_by_must_be_more_than_zero() -> None:
    assert sorted(found() - DIVISORS - NEVER_NOTHING) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_no_divisor_is_listed_that_is_none() -> None:
    assert sorted(DIVISORS - found()) == []
    assert sorted(NEVER_NOTHING & found()) == []


@pytest.mark.parametrize("name", sorted(DIVISORS | NEVER_NOTHING))
def test_zero_is_refused(name: str) -> None:
    assert name in book().names
    (mistake,) = range_mistakes(name, Figure(0.0, 0.0, 0.0, "stated", "x", "x"), "known")
    assert str(mistake) == f"known: {name} must be more than 0"


def test_zero_may_be_nothing() -> None:
    assert list(range_mistakes("grid_intensity_kg_per_kwh", Figure(0.0, 0.0, 0.0, "stated", "x", "x"), "known")) == []
