"""Counters that wrap, restart, stand still, vanish, repeat one another: found in their readings, never negative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.meter.sensors.base import Reading
from thirdwatt.meter.sensors.counters import (
    FROZEN_AFTER,
    frozen,
    intervals,
    mirrored,
    segments,
    total,
    usable,
    vanished,
)

SECOND = 1_000_000_000
WRAP = 262_143.328850


def readings(values: Sequence[float | None], step: int = SECOND) -> list[Reading]:
    return [Reading("c", value, place * step) for place, value in enumerate(values)]


ANY = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=64))


@given(st.lists(st.tuples(ANY, st.integers(0, 10**12)), max_size=30), st.sampled_from([0.0, 1.0, WRAP]))
def test_nothing_is_ever_negative_and_time_goes_forward(rows: list[tuple[float | None, int]], wrap: float) -> None:
    found = intervals([Reading("c", value, t) for value, t in rows], wrap)
    for each in found:
        assert each.end_ns > each.start_ns
        assert (each.amount is None) == (each.event == "reset")
        assert each.amount is None or (each.amount >= 0 and not math.isnan(each.amount))
    assert all(one.end_ns == two.start_ns for one, two in pairwise(found))


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=30))
def test_a_counter_that_only_counts_is_counted_whole(steps: list[int]) -> None:
    values = [float(sum(steps[:place])) for place in range(len(steps) + 1)]
    assert total(readings(values)) == sum(steps)
    assert [each.event for each in intervals(readings(values))] == [""] * len(steps)


@given(
    st.floats(0, WRAP, exclude_max=True),
    st.lists(st.floats(0, WRAP * 0.49), min_size=1, max_size=40),
)
def test_a_counter_read_twice_a_turn_loses_nothing_to_wrapping(start: float, steps: list[float]) -> None:
    values, now = [start], start
    for step in steps:
        now = math.fmod(now + step, WRAP)
        values.append(now)
    found = intervals(readings(values), WRAP)
    assert all(each.event in ("", "wrap") for each in found)
    assert total(readings(values), WRAP) == pytest.approx(sum(steps), abs=1e-6)


@given(st.lists(st.lists(st.integers(1, 1000), min_size=1, max_size=8), min_size=1, max_size=6))
def test_a_counter_that_restarts_counts_by_segments(parts: list[list[int]]) -> None:
    values: list[float | None] = []
    for part in parts:
        values += [float(sum(part[:place])) for place in range(len(part) + 1)]
    found = segments(readings(values))
    assert [sum(each.amount for each in part) for part in found] == [sum(part) for part in parts]
    assert total(readings(values)) == sum(sum(part) for part in parts)


def test_a_driver_that_is_loaded_again_is_no_wrap() -> None:
    given = readings([100.0, 200.0, 3.0, 10.0])
    assert [each.event for each in intervals(given, WRAP)] == ["", "reset", ""]
    assert total(given, WRAP) == 107


def test_the_most_that_can_be_drawn_tells_a_wrap_from_a_restart() -> None:
    given = [Reading("c", 200_000.0, 0), Reading("c", 10.0, SECOND)]
    assert intervals(given, WRAP)[0].event == "wrap"
    assert intervals(given, WRAP, most_per_s=1000.0)[0].event == "reset"
    assert intervals(given, WRAP, most_per_s=100_000.0)[0].amount == pytest.approx(WRAP - 199_990)


def test_what_is_missing_in_between_is_not_lost() -> None:
    found = intervals(readings([1.0, None, math.nan, 4.0, 5.0]))
    assert [(each.amount, each.event) for each in found] == [(3.0, "gap"), (1.0, "")]
    assert intervals(readings([None, None, 1.0])) == []


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf, -1.0])
def test_what_is_no_value(value: float | None) -> None:
    assert not usable(value)
    assert usable(0.0)


def test_a_counter_that_stands_still_while_power_is_drawn_is_frozen() -> None:
    still = readings([1.0, 2.0, *[3.0] * (FROZEN_AFTER + 1)])
    drawn = readings([250.0] * len(still))
    assert frozen(still, drawn) == 2 * SECOND
    assert frozen(still[:-1], drawn) is None
    assert frozen([*still, Reading("c", 4.0, 10**12)], drawn) is None
    assert frozen(still, readings([0.0] * len(still))) is None
    assert frozen(still, readings([0.0] * 4 + [250.0] * (len(still) - 4))) is None
    assert frozen(still, []) is None
    assert frozen([], drawn) is None


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=30), st.integers(1, 5))
def test_a_counter_that_moves_at_every_reading_is_never_frozen(powers: list[float | None], refreshes: int) -> None:
    moving: list[float | None] = [float(place) for place in range(30)]
    assert frozen(readings(moving), readings(powers), refreshes) is None


def test_a_channel_that_falls_silent_has_vanished() -> None:
    assert vanished(readings([1.0, None, None, None]), 3) == SECOND
    assert vanished(readings([1.0, None, None]), 3) is None
    assert vanished(readings([None, None, None]), 3) is None  # it never gave anything
    assert vanished([], 1) is None


def test_two_names_of_one_counter_are_found_while_it_moves() -> None:
    value = iter(range(1000))
    assert mirrored(lambda: float(next(value)), lambda: float(next(value)))
    ours, theirs = iter(range(1000)), iter(range(500, 1500))
    assert not mirrored(lambda: float(next(ours)), lambda: float(next(theirs)))
    assert not mirrored(lambda: None, lambda: 1.0)
    assert not mirrored(lambda: 1.0, lambda: None)


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_counters_of_their_own_that_agree_once_are_not_one(one: float, other: float) -> None:
    seen = {"one": one, "other": one}

    def pause() -> None:
        seen["one"] += 10 + other
        seen["other"] += 5

    assert not mirrored(lambda: seen["one"], lambda: seen["other"], pause)


def test_readings_within_one_refresh_show_nothing() -> None:
    """Several ranks that ask for samples at once are no reason to think that a counter has stopped."""
    quick = [Reading("c", 5.0, each * 5_000_000) for each in range(40)]
    slow = [Reading("c", 5.0, each * 500_000_000) for each in range(40)]
    power = [Reading("p", 90.0, each) for each in range(0, 10**10, 10**8)]
    assert frozen(quick, power) is None
    assert frozen(slow, power) == 0
