"""Draws: stratified, one stream a figure, with the quantiles that were stated."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from thirdwatt.facts.table import TABLES, table
from thirdwatt.ledger.book import book
from thirdwatt.ledger.samples import Scores, spread

GOLDEN = [0.887147, 0.488776, -0.887147, 1.534121, -1.534121, -0.157311, 0.157311, -0.488776]


def test_golden_draw() -> None:
    """A new numpy may change this stream; then results of older versions can no longer be drawn again."""
    drawn = Scores(8, 0).of("given/pue")
    assert drawn[0] == 0
    assert drawn[1:] == pytest.approx(GOLDEN, abs=1e-6)


def test_every_stream_holds_the_same_scores_in_its_own_order() -> None:
    scores = Scores(1001, 3)
    one, two = scores.of("a")[1:], scores.of("b")[1:]
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(np.sort(one), np.sort(two))
    assert one.mean() == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(scores.of("a")[1:], Scores(1001, 3).of("a")[1:])


@pytest.mark.parametrize(("value", "low", "high"), [(10.0, 8.0, 20.0), (1.4, 1.1, 1.6), (0.0, 0.0, 3.0)])
def test_quantiles_are_those_stated(value: float, low: float, high: float) -> None:
    scores = Scores(10_000, 0).of("x")[None, :]
    median, least, most = (np.array([[each]]) for each in (value, low, high))
    drawn = spread(median, least, most, (0.0, 1e40), scores)[0]
    assert drawn[0] == value
    found = np.quantile(drawn[1:], [0.05, 0.5, 0.95])
    np.testing.assert_allclose(found, [low, value, high], rtol=0.02, atol=1e-3)


def test_draws_stay_within_what_is_possible() -> None:
    scores = Scores(10_000, 0).of("x")[None, :]
    drawn = spread(np.array([[0.9]]), np.array([[0.5]]), np.array([[0.99]]), (0.0, 1.0), scores)
    assert drawn.max() == 1.0
    assert drawn.min() > 0


def test_no_two_streams_collide() -> None:
    streams = {figure.stream for name in TABLES for row in table(name) for figure in row.figures.values()}
    streams |= {f"given/{name}" for name in book().names}
    streams |= {f"{stream}~redrawn" for stream in streams}
    assert len({crc32(stream.encode()) for stream in streams}) == len(streams)
