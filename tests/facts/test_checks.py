"""What is wrong with a table beyond a single figure: parents that lead nowhere, and months that are none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from thirdwatt.facts.checks import check
from thirdwatt.facts.table import HEADER, Table


def under(parents: Mapping[str, str]) -> list[list[str]]:
    return [[row, "parent", parent, "", "", "text", "", "", "", ""] for row, parent in parents.items()]


def mistakes(parents: Mapping[str, str]) -> list[str]:
    return check("toy", [list(HEADER), *under(parents)], {})


@pytest.mark.parametrize(
    ("parents", "said"),
    [
        ({"a": "a"}, "toy.csv:2: a under a: parents lead in a ring"),
        ({"a": "b", "b": "a"}, "toy.csv:2: a under b under a: parents lead in a ring"),
        ({"z": "b", "b": "c", "c": "d", "d": "b"}, "toy.csv:3: b under c under d under b: parents lead in a ring"),
    ],
)
def test_a_ring_of_parents_is_named_once(parents: dict[str, str], said: str) -> None:
    (mistake,) = mistakes(parents)
    assert mistake.startswith(said)


def test_each_of_two_rings_is_named() -> None:
    assert [mistake.split(": ")[1] for mistake in mistakes({"a": "a", "b": "c", "c": "b"})] == [
        "a under a",
        "b under c under b",
    ]


def test_parents_that_lead_to_one_top_are_sound() -> None:
    top = ["top", "name", "Top", "", "", "text", "", "", "", ""]
    rows = under({"a": "c", "b": "c", "c": "top"})
    assert check("toy", [list(HEADER), *rows, top], {}) == []
    assert [row.id for row in Table("toy", [*rows, top]).lineage("a")] == ["a", "c", "top"]


@pytest.mark.parametrize(
    ("parents", "said"),
    [({"a": "a"}, "a under a"), ({"z": "a", "a": "b", "b": "a"}, "z under a under b under a")],
)
def test_climbing_a_ring_ends(parents: dict[str, str], said: str) -> None:
    start = next(iter(parents))
    with pytest.raises(ValueError, match=f"^toy.csv: {said}: parents lead in a ring"):
        Table("toy", under(parents)).lineage(start)


@pytest.mark.parametrize(
    ("retrieved", "sound"),
    [
        ("2026", True),
        ("2026-01", True),
        ("2026-12", True),
        ("2026-99", False),
        ("2026-00", False),
        ("2026-13", False),
        ("2026-1", False),
        ("2026-11-24", False),
        ("20261", False),
        ("2026 or so", False),
        ("٢٠٢٦", False),
        ("", False),
    ],
)
def test_retrieved_is_a_year_or_a_month_that_exists(retrieved: str, sound: bool) -> None:
    row = ["x", "accelerator_tdp_w", "700", "", "", "published", "si", retrieved, "high", ""]
    said = [f"toy.csv:2: x accelerator_tdp_w: retrieved {retrieved!r} is neither a year nor a month"]
    assert [mistake.split(";")[0] for mistake in check("toy", [list(HEADER), row], {"si": None})] == (
        [] if sound else said
    )
