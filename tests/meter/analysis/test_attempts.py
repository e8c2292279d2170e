"""Processes of a run in time: attempts after a restart, machines with clocks of their own, processes within others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.meter import ring, segment
from thirdwatt.meter.analysis import attempts, store, summary

SECOND = 1_000_000_000
WALL = 1_700_000_000 * SECOND


def process(
    rank: int, begin_s: float, end_s: float, steps: int = 0, boot: str = "b", ahead_s: float = 0.0,
    how: str = "finished", **header: Any,
) -> store.Participant:  # fmt: skip
    """A process that ran from one second to another of a common time, on a machine whose monotonic clock is ahead."""
    begin, end = (int((each + ahead_s) * SECOND) for each in (begin_s, end_s))
    told = {"host": boot, "boot": boot, "rank": rank, "begin_ns": begin, **header}
    marks = ring.Ring(-1, "", begin, rank, capacity=1024)
    for step in range(steps):
        length = (end - begin) // steps
        marks.of("step").mark(begin + step * length, begin + (step + 1) * length, 100)
    wall = int(begin_s * SECOND) + WALL
    part = segment.Segment("", {0: told}, [], [(begin, begin, wall)], [], {"how": how, "t_ns": end}, 0)
    return store.Participant(part, ring.parsed(bytes(marks.buffer)))


def found(*processes: store.Participant) -> dict[str, Any]:
    return summary.summarised(store.Record("r", "", list(processes), store.Nodes()))


def test_ranks_that_ran_together_made_the_same_steps() -> None:
    run = found(*(process(rank, 0, 10, steps=10) for rank in range(4)))
    assert (run["attempts"], run["steps"], run["tokens"]) == (1, 10, 4_000)
    assert run["tokens_per_s"]["value"] == pytest.approx(400)


def test_a_restart_adds_its_steps_and_not_its_rate() -> None:
    first = [process(rank, 0, 10, steps=10, how="killed") for rank in range(4)]
    then = [process(rank, 20, 50, steps=60) for rank in range(4)]
    run = found(*first, *then)
    assert (run["attempts"], run["steps"], run["tokens"]) == (2, 70, 4 * 7_000)
    assert run["tokens_per_s"]["value"] == pytest.approx((400 * 9 + 800 * 29.5) / 38.5, rel=0.01)
    assert run["state"] == "finished"
    assert run["duration_s"] == pytest.approx(40)


def test_a_run_whose_last_attempt_was_killed_was_killed() -> None:
    assert found(process(0, 0, 10, 5), process(0, 20, 30, 5, how="killed"))["state"] == "killed"


def test_a_larger_attempt_after_a_smaller_one() -> None:
    run = found(*(process(rank, 0, 10, 10) for rank in range(2)), *(process(rank, 12, 22, 10) for rank in range(2)))
    assert (run["attempts"], run["steps"]) == (2, 20)


def test_a_rank_that_was_killed_before_its_first_step_changes_no_number() -> None:
    first = [process(0, 0, 10, steps=0, how="killed"), process(1, 0, 10, steps=10, how="killed")]
    run = found(*first, *(process(rank, 20, 50, steps=30) for rank in range(2)))
    assert (run["attempts"], run["steps"], run["tokens"]) == (2, 40, 7_000)


def test_a_rank_that_is_replaced_while_others_run_on_is_of_their_attempt() -> None:
    others = [process(rank, 0, 500, steps=500) for rank in range(3)]
    run = found(*others, process(3, 0, 100, steps=100, how="killed"), process(3, 110, 500, steps=390))
    assert (run["attempts"], run["steps"], run["tokens"]) == (1, 500, 199_000)
    assert run["tokens_per_s"]["value"] == pytest.approx(398, rel=0.01)


def test_what_a_launcher_counts_tells_attempts_apart() -> None:
    first = [process(0, 0, 10, steps=10, restart="- 0 x 2"), process(1, 12, 22, steps=10, restart="- 0 x 2")]
    then = [process(1, 21, 31, steps=10, restart="- 1 x 2"), process(0, 33, 43, steps=10, restart="- 1 x 2")]
    run = found(*first, *then)
    assert (run["attempts"], run["steps"], run["tokens"]) == (2, 20, 4_000)


def test_one_training_after_the_other_of_one_launch_id_are_attempts() -> None:
    told: dict[str, Any] = {"restart": "- 0 none 2"}
    trainings = [process(rank, begin + rank, begin + 10, 10, **told) for begin in (0, 20) for rank in range(2)]
    assert (found(*trainings)["attempts"], found(*trainings)["steps"]) == (2, 20)


def test_processes_without_ranks_that_run_side_by_side_add_their_rates() -> None:
    run = found(*(process(0, 0, 10, steps=10) for _ in range(4)))
    assert (run["attempts"], run["steps"]) == (1, 10)
    assert run["tokens_per_s"]["value"] == pytest.approx(400)


def test_a_job_that_moves_to_another_machine_holds_its_boards_once() -> None:
    parts = [process(0, 0, 3600, 5, boot="a"), process(0, 4000, 7600, 5, boot="b", ahead_s=1e6)]
    most, hours = attempts.held(parts, {"a": 8, "b": 8})
    assert (most, round(hours, 9)) == (8, 16)
    assert attempts.duration_s(parts) == pytest.approx(7200)
    together = [process(0, 0, 3600, boot="a"), process(1, 0, 3600, boot="b", ahead_s=-500)]
    most, hours = attempts.held(together, {"a": 8, "b": 8})
    assert (most, round(hours, 9)) == (16, 16)
    assert attempts.duration_s(together) == pytest.approx(3600)


@given(shift_s=st.floats(-1e7, 1e7), count=st.integers(1, 6))
def test_no_clock_of_a_machine_changes_a_duration(shift_s: float, count: int) -> None:
    parts = [
        process(0, each * 100, each * 100 + 60, boot=str(each % 2), ahead_s=each % 2 * shift_s) for each in range(count)
    ]
    assert attempts.duration_s(parts) == pytest.approx(60 * count, abs=1e-3)


def test_what_is_within_another_is_not_outermost() -> None:
    outer = process(0, 0, 10, pid=5, pid_started=50)
    inner = process(0, 1, 9, pid=8, pid_started=80, above=[[7, 70], [5, 50], [1, 1]])
    other = process(1, 1, 9, pid=9, pid_started=90, above=[[5, 51], [1, 1]])
    elsewhere = process(1, 1, 9, boot="c", pid=9, pid_started=90, above=[[5, 50]])
    again = process(0, 2, 3, pid=5, pid_started=50)
    later = process(0, 11, 12, pid=5, pid_started=50)
    torn = process(0, 1, 9, above="x")
    parts = [outer, inner, other, elsewhere, again, later, torn]
    assert set(attempts.outermost(parts)) == {outer, other, elsewhere, later, torn}
