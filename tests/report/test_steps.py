"""Sentences about a step: pace, layout and memory say what the ledger holds."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.ledger.fit import fit, smallest_change
from thirdwatt.report.steps import layout, memory, pace

TUNE: dict[str, Any] = {
    "workload.model": "llama-3.1-8b", "workload.method": "sft", "cluster.accelerator": "a100-sxm-80gb",
    "cluster.count": 8, "software.stack": "megatron-core", "software.year": 2026,
}  # fmt: skip
STATED = {"layout.tensor": 2, "layout.pipeline": 2, "layout.data": 2, "layout.micro_batch": 1, "layout.zero_stage": 1}


@cache
def ledger(*changes: tuple[str, Any], samples: int = 50) -> thirdwatt.Ledger:
    return thirdwatt.estimate({}, TUNE | dict(changes), samples=samples)


def job(changes: dict[str, Any], samples: int = 50) -> thirdwatt.Ledger:
    return ledger(*changes.items(), samples=samples)


# --- nothing to say -----------------------------------------------------------------------------------------------


def test_without_an_architecture_there_is_nothing_to_say() -> None:
    unknown = thirdwatt.estimate("gpt-4o", samples=1)
    assert layout(unknown) == memory(unknown) == ""
    assert pace(unknown) == ""


def test_pace_is_time_and_tokens() -> None:
    said = pace(job(STATED))
    total = job(STATED).totals["step_time_s"]
    assert total is not None
    assert said.startswith(f"{total.value:.3g} s (90 %: "), said
    assert " tokens/s on each accelerator" in said
    assert ", drawing " in said


def test_without_a_campaign_traffic_and_bubbles_are_said_with_the_step() -> None:
    alone, whole = job(STATED), job(STATED | {"workload.tokens": 1e9})
    assert "rates_only" in {warning.code for warning in alone.warnings}
    assert "; of it traffic " in pace(alone)
    assert " and bubbles " in pace(alone)
    assert whole.phases
    assert "of it" not in pace(whole), "phases say it"
    one = {"cluster.count": 1, "layout.micro_batch": 1}
    assert "of it" not in pace(job(one)), "nobody to wait for"


# --- layout -------------------------------------------------------------------------------------------------------


def test_a_stated_layout_is_said_whole() -> None:
    assert layout(job(STATED)) == "tensor 2 x pipeline 2 x data 2, micro-batch 1, ZeRO 1"
    more = STATED | {"layout.zero_stage": 0, "layout.recompute": "full", "layout.virtual_stages": 4}
    assert layout(job(more)) == "tensor 2 x pipeline 2 x virtual stages 4 x data 2, micro-batch 1, full recomputation"
    alone = {"cluster.count": 1, "layout.micro_batch": 4, "layout.zero_stage": 0}
    assert layout(job(alone)) == "one accelerator, micro-batch 4"


def test_a_guessed_layout_is_said_to_be_guessed() -> None:
    assert layout(job({})).startswith("a guessed layout, data 8, micro-batch ")
    wide = layout(job({"cluster.count": 1024, "workload.method": "pretrain"}))
    assert wide.startswith("a guessed layout, ")
    assert "micro-batch" not in wide, "too little is known for details"


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4]), st.sampled_from([1, 2]), st.sampled_from([0, 1, 3]))
def test_what_is_stated_is_what_is_said(tensor: int, pipeline: int, context: int, zero: int) -> None:
    degrees = {"tensor": tensor, "pipeline": pipeline, "context": context}
    stated = {f"layout.{name}": degree for name, degree in degrees.items()} | {"layout.zero_stage": zero}
    said = layout(job(stated | {"cluster.count": 4 * tensor * pipeline * context}, samples=1))
    for name, degree in degrees.items():
        assert (f"{name} {degree}" in said) == (degree > 1), said
    assert "data 4" in said
    assert (f"ZeRO {zero}" in said) == (zero > 0)


# --- memory -------------------------------------------------------------------------------------------------------


def test_what_fits_is_said_with_its_largest_parts() -> None:
    chosen = job(STATED)
    said = memory(chosen)
    found = fit(chosen)
    assert found is not None
    assert found.fits
    assert said.startswith("fits: ")
    assert " of 85.9 GB (" in said
    largest = sorted(found.buckets, key=lambda name: -found.buckets[name])
    assert all(f"{name} " in said for name in largest[:3]), said
    assert said.index(largest[0]) < said.index(largest[1]) < said.index(largest[2])
    assert "fits with" not in said


def test_what_does_not_fit_is_said_with_what_to_set() -> None:
    full = {"layout.micro_batch": 4, "layout.zero_stage": 0, "layout.tensor": 1, "layout.pipeline": 1}
    chosen = job(full | {"layout.recompute": "none"})
    change = smallest_change(chosen)
    assert change is not None
    said = memory(chosen)
    assert said.startswith("does not fit: ")
    for path, setting in change.set.items():
        assert f"{path}={setting}" in said
    assert said.endswith(" longer steps)") is (change.time_ratio > 1)


def test_what_nothing_makes_fit_needs_more_accelerators() -> None:
    said = memory(job({"workload.model": "llama-3.1-405b", "cluster.count": 1}))
    assert said.startswith("does not fit: ")
    assert said.endswith("; no setting here makes it fit: more accelerators")


def test_a_guess_on_many_accelerators_says_nothing_of_memory() -> None:
    assert memory(job({"cluster.count": 64})) == ""
    assert memory(job({"cluster.count": 8})) != ""
    assert memory(job({"cluster.count": 64, "layout.micro_batch": 1})) != ""


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"known.accelerator_memory_byte": 1.01}, "fits, barely: "),
        ({"known.accelerator_memory_byte": 0.99}, "may not fit: "),
        ({"known.accelerator_memory_byte": 3.0}, "fits: "),
        ({"known.accelerator_memory_byte": 0.3}, "does not fit: "),
    ],
)
def test_how_sure_a_verdict_is(changes: dict[str, float], begins: str) -> None:
    stated = STATED | {"layout.recompute": "none"}
    found = fit(job(stated, samples=300))
    assert found is not None
    capacity = {path: times * found.needed.value for path, times in changes.items()}
    assert memory(job(stated | capacity, samples=300)).startswith(begins)
