"""Published savings of continuing, and best intervals beside a search."""

from __future__ import annotations

import pytest

from thirdwatt.facts.table import sources
from thirdwatt.ledger.book import book
from thirdwatt.validation.retraining_scores import factors, searched

FOUND = {factor.case: factor for factor in factors()}


def test_every_case_asks_for_a_quantity_and_has_a_source() -> None:
    for factor in FOUND.values():
        assert factor.quantity in book().formulas
        assert factor.source in sources()
        assert factor.kind in ("predicted", "arithmetic")
        assert factor.low <= factor.published <= factor.high


@pytest.mark.parametrize(
    ("case", "times"), [("tic-clip-four-steps", 2.5), ("tic-datacomp-large-as-drawn", 2.7), ("tic-lm", 2.6)]
)
def test_published_factors(case: str, times: float) -> None:
    assert round(1 / FOUND[case].predicted, 1) == times
    assert FOUND[case].inside


def test_a_union_is_half_or_a_little_more() -> None:
    assert FOUND["ibrahim-union"].predicted == pytest.approx(0.526, abs=1e-3)
    assert FOUND["ibrahim-union"].inside


def test_what_is_not_reached_is_not_hidden() -> None:
    """Equal steps would have saved four times; the last continuations were given more."""
    case = FOUND["tic-datacomp-large-equal-steps"]
    assert 1 / case.predicted == pytest.approx(4)
    assert not case.inside


def test_a_thousand_policies_beside_a_search() -> None:
    found = list(searched())
    assert sum(each.n for each in found) == 1_000
    assert all(each.worst < 1e-3 for each in found)
