"""Published steps: sound rows, a split that does not move, and errors that do not grow."""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from zlib import crc32

import numpy as np
import pytest

from thirdwatt.facts import sources
from thirdwatt.ledger.calibration import Batch
from thirdwatt.validation.fit import CORE_CONSTANTS, FREE, constants, fit_to, logs_of, noise
from thirdwatt.validation.score import Answer
from thirdwatt.validation.step_scores import GROUPS, groups_of, step_answers, unnamed
from thirdwatt.validation.steps import QUANTITY, Step, steps

DEGREES = ("tensor_count", "pipeline_count", "context_count", "data_count")
APART = 266, 4135026472
"""How many rows are set apart, and crc32 of their sorted ids: frozen before anything was fitted."""


def given(step: Step, quantity: str, default: float = math.nan) -> float:
    figure = step.scenario.given.get(quantity)
    return default if figure is None else figure.value


# --- rows ---------------------------------------------------------------------------------------------------------


def test_every_row_is_one_measured_step() -> None:
    assert len(steps()) >= 750
    assert len({step.id for step in steps()}) == len(steps())
    for step in steps():
        assert 0.001 < step.measured_s < 3600, step.id
        assert step.source in sources(), step.id
        assert step.twins >= 1
        assert step.id.split("-")[0].isalnum()


def test_every_layout_makes_up_its_accelerators() -> None:
    for step in steps():
        count = given(step, "accelerator_count")
        spread = math.prod(given(step, degree, 1) for degree in DEGREES[:-1])
        assert spread * given(step, "data_count", count / spread) == count, step.id
        replicas = given(step, "data_count", count / spread)
        batch, micro = given(step, "global_batch_count"), given(step, "micro_batch_count", 1)
        assert batch >= replicas, f"{step.id}: every replica has something to do"
        assert micro * replicas <= batch or math.isclose(micro * replicas, batch), step.id
        experts = given(step, "expert_parallel_count", 1)
        assert (replicas * given(step, "context_count", 1) * given(step, "tensor_count", 1)) % experts == 0, step.id


def test_nothing_is_known_of_a_step_but_its_scenario() -> None:
    for step in steps():
        assert {name.endswith(("_byte", "_factor")) for name in step.scenario.document.get("known", {})} <= {True}
        assert "step_time_s" not in step.scenario.given
        assert "mfu" not in step.scenario.given
        assert "tokens_per_s_per_accelerator" not in step.scenario.given


def test_every_stack_named_is_one_with_measurements() -> None:
    for step in steps():
        assert step.scenario.document["software"]["stack"]
        assert "unknown_stack" not in {warning.code for warning in step.scenario.warnings}, step.id


def test_the_split_is_about_a_third_and_does_not_move() -> None:
    apart = sorted(step.id for step in steps() if step.unfitted)
    assert 0.28 < len(apart) / len(steps()) < 0.42
    named = [step for step in steps() if "model" in step.scenario.choices]
    assert 0.25 < statistics.fmean(step.unfitted for step in named) < 0.45
    assert (len(apart), crc32("\n".join(apart).encode())) == APART


def test_releases_of_one_configuration_of_pre_training_stand_on_one_side() -> None:
    """Model as its shape, accelerator, count, within a family; precision and software may differ."""
    text = resources.files("thirdwatt.validation").joinpath("steps.csv").read_text(encoding="utf-8")
    sides: dict[tuple[str, ...], set[bool]] = {}
    for row in csv.DictReader(text.splitlines()):
        if not row["family"].startswith("fine-tune"):
            shape = [row[name] for name in row if name.startswith("workload.") and not name.endswith("seq_len")]
            key = (row["family"], *shape, row["cluster.accelerator"], row["cluster.count"])
            sides.setdefault(key, set()).add(crc32(row["configuration"].encode()) % 3 == 0)
    assert len(sides) > 80
    assert [key for key, side in sides.items() if len(side) > 1] == []


# --- how far off --------------------------------------------------------------------------------------------------


@cache
def answers() -> tuple[tuple[Step, Answer], ...]:
    by_id = {step.id: step for step in steps()}
    return tuple((by_id[case.run], Answer(case, found, simple)) for case, found, simple in step_answers(1))


def errors(chosen: Callable[[Step], bool]) -> list[float]:
    return [answer.error for step, answer in answers() if chosen(step)]


def mean_error(found: Sequence[float]) -> float:
    return statistics.fmean(map(abs, found))


def line(name: str) -> Callable[[Step], bool]:
    return lambda step: name in groups_of(step)


def test_every_step_is_answered() -> None:
    assert len(answers()) == len(steps())


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("A100 and H100, dense", 60, 0.06),
        ("Blackwell, dense", 15, 0.10),
        ("TPU", 10, 0.10),
        ("routed experts", 10, 0.12),
    ],
)
def test_what_was_set_apart_is_met(name: str, least: int, most: float) -> None:
    found = errors(lambda step: step.unfitted and line(name)(step))
    assert len(found) >= least
    assert mean_error(found) <= most


def test_what_was_set_apart_is_met_without_bias() -> None:
    found = errors(lambda step: step.unfitted and line("A100 and H100, dense")(step))
    assert abs(statistics.fmean(math.log1p(error) for error in found)) <= 0.02


@pytest.mark.parametrize("family", ["megatron weak scaling", "megatron recomputation"])
def test_megatrons_own_tables_are_met(family: str) -> None:
    """arXiv:2104.04473, table 1, and arXiv:2205.05198, table 5."""
    found = errors(lambda step: step.family == family)
    assert len(found) >= 9
    assert mean_error(found) <= 0.05
    assert max(map(abs, found)) <= 0.12


@pytest.mark.parametrize("name", GROUPS)
def test_one_constant_utilisation_does_worse(name: str) -> None:
    own = [(answer.error, answer.baseline, answer.case.published) for step, answer in answers() if line(name)(step)]
    simple = [abs(baseline / published - 1) for _, baseline, published in own if baseline is not None]
    assert len(simple) == len(own)
    assert mean_error([error for error, *_ in own]) < 0.6 * statistics.fmean(simple)


# --- the fit ------------------------------------------------------------------------------------------------------


def test_constants_are_cells_within_what_they_can_be() -> None:
    free = constants()
    assert len({each.name for each in free}) == len(free) == len(FREE)
    streams = [stream for each in free for stream in each.streams]
    assert len(streams) == len(set(streams)), "no cell is moved twice"
    for each in free:
        assert 0 < each.current <= each.ceiling * (1 + 1e-3), each.name
        assert each.prior > 0
        assert 0 < each.sigma <= 1


def test_the_tables_hold_what_the_rows_that_are_not_set_apart_give() -> None:
    """Fitted anew from the values in the tables, steps of pre-training stay where they are."""
    rows = [step for step in steps() if not step.unfitted and not step.tuned]
    moved = logs_of(CORE_CONSTANTS, fit_to(rows, CORE_CONSTANTS, {}))
    off = Batch.of([step.scenario for step in rows], QUANTITY)
    assert np.abs(np.log(off.predict(moved) / off.predict({}))).mean() < 0.02


def test_twins_and_large_families_weigh_less() -> None:
    rows = [step for step in steps() if not step.tuned]
    spread = dict(zip((step.id for step in rows), noise(rows), strict=True))
    assert min(spread.values()) >= 0.04
    lone = next(step for step in rows if step.twins == 1)
    twin = next(step for step in rows if step.twins > 3)
    assert spread[twin.id] > spread[lone.id]


def test_a_step_of_software_without_a_name_keeps_its_year() -> None:
    step = next(step for step in steps() if step.family == "megatron weak scaling")
    plain = unnamed(step.scenario)
    assert plain.choices["stack"] == "unnamed-2022"
    assert plain.document["software"] == {"year": 2021}
    assert step.scenario.document["software"]["stack"] == "megatron-lm", "the original stays"
