"""Published peaks of memory: what their meters see, how far the book is from them, and what it refuses."""

from __future__ import annotations

from functools import cache

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate
from thirdwatt.validation.memory_scores import MEMORY_QUESTIONS, memory_answers, peaks, refused
from thirdwatt.validation.score import Answer, Score, Validation


@cache
def scores() -> dict[tuple[str, str], Score]:
    answers = tuple(Answer(*each) for each in memory_answers(200))
    return {(each.question, each.family): each for each in Validation((), (), 0, memory=answers).memory_scores()}


def needed(run: str, *, seen: bool = True) -> dict[str, float]:
    peak = next(each for each in peaks() if each.id == run)
    ledger = estimate(peak.seen if seen else peak.scenario, samples=1)
    names = ("memory", "weights", "gradients", "optimizer_states", "activations", "logits", "software", "allocator")
    found = {name: ledger.of(f"{name}_byte") for name in names}
    return {name: total.value for name, total in found.items() if total is not None}


def test_every_peak_is_answered_and_has_a_source() -> None:
    assert len(peaks()) == len(list(memory_answers(1))) == 307
    assert sum(peak.unfitted for peak in peaks()) == 141


def test_sources_are_listed() -> None:
    import csv
    from importlib import resources

    text = resources.files("thirdwatt.validation").joinpath("memory.csv").read_text(encoding="utf-8")
    assert {row["source"] for row in csv.DictReader(text.splitlines())} <= set(table("sources").rows)


def test_a_meter_does_not_see_what_lies_outside_it() -> None:
    """An allocator's count has no driver and no holes; a device's count has both."""
    seen, whole = needed("fmsacc-m067"), needed("fmsacc-m067", seen=False)
    assert seen["software"] == seen["allocator"] == 0 < min(whole["software"], whole["allocator"])
    assert whole["memory"] - seen["memory"] == pytest.approx(whole["software"] + whole["allocator"])


def test_the_step_of_the_optimiser_is_the_peak_whatever_the_micro_batch() -> None:
    """fms-acceleration prints 80.32 GB for 4 and for 8 sequences: weights, gradients, two moments and one copy."""
    four, eight = needed("fmsacc-m064"), needed("fmsacc-m066")
    assert four["memory"] == pytest.approx(eight["memory"])
    assert four["activations"] == four["logits"] == 0
    assert four["memory"] == pytest.approx(5 * four["weights"])


@pytest.mark.parametrize(("question", "mean", "bias"), [("memory", 0.16, 0.13), ("memory_apart", 0.16, 0.13)])
def test_peaks_are_about_right(question: str, mean: float, bias: float) -> None:
    found = scores()[question, "all"]
    assert question in MEMORY_QUESTIONS
    assert found.mean < mean
    assert abs(found.bias) < bias


def test_few_jobs_that_ran_are_refused() -> None:
    found = list(refused())
    assert len(found) < 0.1 * len(peaks())
    assert all(each.needed_byte > each.capacity_byte for each in found)
