"""Histories: what is wrong with one, the drift that one shows, and its clock."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.retraining.histories import lines_of, made
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.retraining.history import burstiness, clock_of, history_of, read_history, rising, shown
from thirdwatt.search.retraining.policy import Drift, Value, best

LINEAR = Drift(0.6, 30)


def mistakes_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        history_of(text.splitlines())
    assert all(mistake.fix or "column" in mistake.problem for mistake in caught.value.mistakes)
    return [str(mistake) for mistake in caught.value.mistakes]


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    rows = ["Date, tokens, loss, retrained", "2026-01-01,5,2.0,yes", "2026-01-03,8,2.5,", "2026-01-04,0,,no"]
    rows += ["2026-01-05,4,2.1,yes", "2026-01-09,4,2.2,no"]
    file.write_text("\n".join(rows), encoding="utf-8")
    history = read_history(file)
    assert history.first == date(2026, 1, 1)
    assert history.day.tolist() == [0, 2, 3, 4, 8]
    assert history.quality[[0, 1, 3, 4]].tolist() == [-2.0, -2.5, -2.1, -2.2]
    assert history.evaluated.tolist() == [0, 1, 3, 4]
    assert history.trained.tolist() == [0, 0, 0, 4, 4]
    assert (history.models, history.days, history.measure) == (2, 8, "loss")
    assert history.arrived.tolist() == [0, 4, 8, 8, 12, 13, 14, 15, 16]
    assert np.flatnonzero(history.offered).tolist() == [0, 2, 4, 8]
    assert history.daily[1] == -2.25


@pytest.mark.parametrize("mark", ["\x85", "\u2028", "\x0b", "\x1c"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_only_a_newline_ends_a_row(tmp_path: Path, mark: str, ending: str) -> None:
    file = tmp_path / "history.csv"
    rows = ["date,tokens,evaluation", *(f"2026-01-{day:02},1{mark},{60 - day}" for day in range(1, 6))]
    file.write_bytes((ending.join(rows) + ending).encode())
    assert read_history(file).quality.tolist() == [59, 58, 57, 56, 55]


def test_a_model_has_a_date() -> None:
    lines = ["date,tokens,evaluation,model", *(f"2026-01-{day:02},1,{60 - day},2025-12-31" for day in (1, 2, 3, 8))]
    assert history_of(lines).trained.tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ["is empty"]),
        (
            "date,token",
            ["no column tokens; did you mean token?", "neither evaluation nor loss", "did you mean tokens?"],
        ),
        ("date,tokens,loss,evaluation", ["has both evaluation and loss"]),
        ("date,tokens,loss,model,retrained", ["has both model and retrained"]),
        ("date,tokens,loss\n2026-01-01,1,2", ["1 rows with loss; give at least 4"]),
        (
            "date,tokens,loss,retrained\n2026-01-02,x,1,maybe\n2026-01-01,-1,nan,yes\nsoon,1,2,no",
            [
                "history:4: date: 'soon' is no date",
                "history:2: tokens: 'x' is none",
                "history:3: tokens: '-1' is none; write a number from 0 on",
                "history:3: loss: 'nan' is none",
                "history:3: date: 2026-01-01 does not come after 2026-01-02",
                "history:2: retrained: 'maybe' is no answer",
            ],
        ),
        ("date,tokens,loss,model\n2026-01-02,1,2,2026-01-03", ["model: it was trained after it was evaluated"]),
        ("date,tokens,loss\n2026-01-02,1,2\n2026-01-02,1,2", ["does not come after 2026-01-02"]),
        ("date,tokens,loss,date", ["has 2 columns date"]),
        (
            "date,tokens,evaluation\n2026-01-02,1e300,-1e300",
            ["'1e300' is none; write a number from 0 on, at most 1e+15", "'-1e300' is none; write a number, at most"],
        ),
        ('date,tokens,loss\n2026-01-02,1,"' + "9" * 200_000, ["history:2: field larger than field limit"]),
    ],
    ids=[
        "empty",
        "heads",
        "two measures",
        "two models",
        "few",
        "cells",
        "future",
        "twice",
        "heads twice",
        "huge",
        "quotation",
    ],
)
def test_every_mistake_is_told(text: str, wrong: list[str]) -> None:
    found = mistakes_of(text)
    assert len(found) == len(wrong)
    for mistake, words in zip(found, wrong, strict=True):
        assert words in mistake


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_history(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="no UTF-8"):
        read_history(tmp_path / "bytes.csv")


def test_models_that_are_evaluated_once_show_nothing() -> None:
    start = date(2026, 1, 1)
    rows = [f"{start + timedelta(each)},1,50,yes" for each in range(0, 60, 10)]
    with pytest.raises(InsufficientError, match="no model was evaluated at enough ages"):
        shown(history_of(["date,tokens,evaluation,retrained", *rows]))


# --- the drift it shows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drift", [LINEAR, Drift(1.0, 30, 0.5), Drift(2.0, 40, None)], ids=str)
def test_a_drift_is_found_again(drift: Drift) -> None:
    found = shown(made(drift, rows=120, every=150, noise=0.02))
    assert found.drift.shape == drift.shape
    for days in (10.0, 60.0, 120.0):
        value, low, high = found.lost(days)
        assert value == pytest.approx(float(drift.lost(days)), abs=0.04)
        assert low <= value <= high


def test_the_interval_holds_the_truth_about_nine_times_in_ten() -> None:
    inside = 0
    for seed in range(40):
        _, low, high = shown(made(LINEAR, rows=40, every=70, noise=0.3, seed=seed), draws=100).lost(30.0)
        inside += low <= 0.6 <= high
    assert 29 <= inside <= 39


def test_few_rows_leave_it_open() -> None:
    few, many = (shown(made(LINEAR, rows=rows, every=1_000, noise=0.3)).lost(30.0) for rows in (6, 60))
    assert few[2] - few[1] > 2 * (many[2] - many[1])


def test_a_line_is_taken_unless_another_is_clearly_better() -> None:
    found = shown(made(LINEAR, rows=12, every=40, noise=0.4))
    assert found.drift.shape == "linear"
    assert sorted(fit.drift.shape for fit in found.fits[1:])[-1] == "saturating"


def test_a_better_model_hides_no_drift() -> None:
    """Each model begins a point above the one before it."""
    found = shown(made(LINEAR, rows=60, every=63, noise=0.02, better=1.0))
    assert found.lost(30.0)[0] == pytest.approx(0.6, abs=0.03)
    assert list(found.levels.values()) == pytest.approx([70.0 + each for each in range(len(found.levels))], abs=0.05)


def test_loss_and_evaluation_are_one_drift() -> None:
    lines = lines_of(LINEAR, rows=30, every=63, noise=0.05)
    mirrored = [lines[0].replace("evaluation", "loss")]
    for line in lines[1:]:
        cells = line.split(",")
        mirrored.append(",".join([*cells[:2], str(-float(cells[2])), cells[3]]))
    one, other = shown(history_of(lines)), shown(history_of(mirrored))
    assert one.drift == other.drift


def test_what_gets_better_with_age_does_not_drift() -> None:
    found = shown(made(Drift(-0.5, 30), rows=30, every=63, noise=0.01))
    assert found.drift.points == 0
    assert found.best_every_d(100.0, Value(1.0))[1] is None


def test_the_best_interval_is_as_open_as_the_drift() -> None:
    found = shown(made(LINEAR, rows=40, every=70, noise=0.3))
    low, high = found.best_every_d(100.0, Value(10.0))
    best_of_truth = best(100.0, LINEAR, Value(10.0)).every_d
    assert low is not None
    assert high is not None
    assert best_of_truth is not None
    assert low < best_of_truth < high


# --- its clock ----------------------------------------------------------------------------------------------------


def test_a_steady_drift_runs_with_the_calendar() -> None:
    found = shown(made(LINEAR, rows=80, every=70, noise=0.1))
    assert not found.bursty
    assert np.array_equal(found.clock, np.arange(found.history.days + 1))


def test_bursts_are_seen_and_when_they_were() -> None:
    found = shown(made(LINEAR, rows=80, every=140, noise=0.02, bursts=(100, 300), height=3.0))
    assert found.bursty
    passed = np.diff(found.clock)
    assert passed[94:106].sum() > 5 * passed[20:32].sum()


def test_a_clock_without_noise_is_what_was_lost() -> None:
    history = made(LINEAR, rows=20, every=1_000, noise=0.0, bursts=(70,), height=2.0)
    clock = clock_of(history, LINEAR, {0: 70.0})
    expected = 70.0 - history.quality[-1]
    assert float(LINEAR.lost(clock[-1])) == pytest.approx(expected, abs=1e-3)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_rising_values_rise_and_keep_their_mean(values: list[float]) -> None:
    found = rising(np.array(values))
    assert np.all(np.diff(found) >= 0)
    assert found.mean() == pytest.approx(np.mean(values), abs=1e-9)


def test_burstiness_by_hand() -> None:
    assert burstiness(np.arange(11.0)) == -1
    assert burstiness(np.append(np.zeros(100), 1.0)) == pytest.approx((9.95 - 1) / (9.95 + 1), abs=1e-3)
    assert burstiness(np.zeros(5)) == -1


def test_drawn_anew_it_is_as_long_and_another() -> None:
    random = np.random.default_rng(1)
    for found in (
        shown(made(LINEAR, rows=60, every=70, noise=0.2)),
        shown(made(LINEAR, rows=80, every=140, noise=0.05, bursts=(100, 300), height=3.0)),
    ):
        other = found.redrawn(random)
        assert len(other.clock) == len(found.clock)
        assert (other.drift != found.drift) == (not found.bursty)
        assert np.array_equal(other.clock, found.clock) == (not found.bursty)
