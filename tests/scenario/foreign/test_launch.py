"""Launch arguments for a layout: what is written reads back as the same layout, and published layouts word for word."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.scenario.foreign import Draft, understand
from thirdwatt.scenario.foreign.launch import TOOLS, Launch, launch

LLAMA_405B = Launch(
    layers=126, sequence_length=8192, micro_batch=1, global_batch=2048, accelerators=16_384,
    tensor=8, pipeline=16, data=128, zero_stage=1,
)  # fmt: skip
"""The Llama 3 Herd of Models, arXiv:2407.21783, table 4, stage 1."""

DEEPSEEK_V3 = Launch(
    layers=61, sequence_length=4096, micro_batch=1, global_batch=15_360, accelerators=2048,
    pipeline=16, data=128, expert=64, zero_stage=1, recompute="selective", precision="fp8",
)  # fmt: skip
"""DeepSeek-V3 Technical Report, arXiv:2412.19437, sections 3.1 and 3.2."""

LLAMA_8B = Launch(
    layers=32, sequence_length=8192, micro_batch=1, global_batch=64, accelerators=8, data=8, zero_stage=3,
    recompute="selective",
)  # fmt: skip

GPT_3 = Launch(
    layers=96, sequence_length=2048, micro_batch=1, global_batch=64, accelerators=64,
    tensor=8, pipeline=8, virtual_stages=3, recompute="selective", precision="fp16",
)  # fmt: skip
"""Reducing Activation Recomputation in Large Transformer Models, arXiv:2205.05198, table 3."""

LORA = Launch(layers=32, sequence_length=2048, micro_batch=4, global_batch=16, accelerators=1, adapter="lora")

PUBLISHED = {
    "Llama 3.1 405B": LLAMA_405B,
    "Llama 3.1 405B, ZeRO 2": replace(LLAMA_405B, zero_stage=2),
    "DeepSeek-V3": DEEPSEEK_V3,
    "Llama 3.1 8B": LLAMA_8B,
    "GPT-3": GPT_3,
    "LoRA": LORA,
}

FLAVORS = {32: {"name": "llama3", "flavor": "8B"}, 126: {"name": "llama3", "flavor": "405B"}}
"""Models that torchtitan knows, by their layers."""

PARSERS = Path(__file__).parents[3] / "benchmarks" / "launch_parsers.py"

SMALL = st.sampled_from([1, 2, 4, 8])


@st.composite
def layouts(draw: st.DrawFn) -> Launch:
    """Layouts that some tool may run: degrees of two, batches that divide."""
    tensor, pipeline, context, data = draw(SMALL), draw(SMALL), draw(SMALL), draw(SMALL)
    accelerators = tensor * pipeline * context * data
    micro = draw(st.integers(1, 4))
    return Launch(
        layers=draw(st.sampled_from([32, 126])),
        sequence_length=draw(st.sampled_from([2048, 8192])),
        micro_batch=micro,
        global_batch=micro * data * pipeline * draw(st.integers(1, 6)),
        accelerators=accelerators,
        accelerators_per_host=draw(SMALL),
        tensor=tensor,
        pipeline=pipeline,
        virtual_stages=draw(st.sampled_from([1, 2, 3])) if pipeline > 1 else 1,
        data=data,
        context=context,
        expert=draw(st.sampled_from([each for each in (1, 2, 4, 8) if tensor * context * data % each == 0])),
        zero_stage=draw(st.integers(0, 3)),
        recompute=draw(st.sampled_from(["none", "selective", "full"])),
        precision=draw(st.sampled_from(["fp32", "tf32", "fp16", "bf16", "fp8", "fp4"])),
        offload=draw(st.sampled_from(["none", "optimizer", "weights"])),
        adapter=draw(st.sampled_from(["none", "lora", "qlora"])),
    )


def suited(tool: str, plan: Launch) -> Launch:
    """A layout nearer to what a tool runs, so that few are drawn in vain."""
    if tool == "megatron":
        return replace(plan, adapter="none", offload="none" if plan.offload == "weights" else plan.offload)
    if tool == "torchtitan":
        stage = 3 if plan.zero_stage == 1 or plan.context > 1 else plan.zero_stage
        precision = "bf16" if plan.precision in ("fp16", "fp4") else plan.precision
        return replace(plan, adapter="none", offload="none", zero_stage=stage, precision=precision)
    if plan.pipeline > 1:
        plan = replace(plan, tensor=1, context=1, expert=1, virtual_stages=1, zero_stage=min(plan.zero_stage, 1))
        plan = replace(plan, accelerators=plan.pipeline * plan.data)
    return replace(plan, offload="none")


def runnable(tool: str) -> st.SearchStrategy[Launch]:
    """Layouts that a tool runs."""
    return layouts().map(lambda plan: suited(tool, plan)).filter(lambda plan: bool(launch(tool, plan).text))


def read(tool: str, plan: Launch) -> Draft:
    """What the readers make of a text, together with the model if the tool's file names one."""
    text = launch(tool, plan).text
    document: Any = None
    if tool == "deepspeed":
        document = json.loads(text)
    elif tool == "torchtitan":
        document = tomllib.loads(text)
        document["model"] = {**document.get("model", {}), **FLAVORS[plan.layers]}
    return understand("launch", text, document)


def told(found: Draft, field: str, otherwise: Any) -> Any:
    value = found.value(f"layout.{field}")
    return otherwise if value is None else value


def check_the_same(plan: Launch, found: Draft, *degrees: str) -> None:
    """Degrees, batches and the stage of ZeRO are those of the plan; a field that is not read has its default."""
    assert {name: told(found, name, 1) for name in degrees} == {name: getattr(plan, name) for name in degrees}
    assert told(found, "micro_batch", None) == plan.micro_batch
    assert told(found, "global_batch", None) == plan.global_batch


@given(runnable("megatron"))
def test_megatron_reads_back(plan: Launch) -> None:
    found = read("megatron", plan)
    check_the_same(plan, found, "tensor", "pipeline", "virtual_stages", "context", "expert", "data")
    assert found.value("cluster.count") == plan.accelerators
    assert found.value("workload.transformer.layers") == plan.layers
    assert found.value("workload.transformer.seq_len") == plan.sequence_length
    assert told(found, "zero_stage", 0) == plan.zero_stage
    assert told(found, "recompute", "none") == plan.recompute
    exact = plan.precision in ("fp32", "tf32")
    assert found.value("layout.precision") == (None if exact else plan.precision)


@given(runnable("deepspeed"))
def test_deepspeed_reads_back(plan: Launch) -> None:
    found = read("deepspeed", plan)
    check_the_same(plan, found, "tensor", "context", "expert")
    assert found.value("cluster.count") == plan.accelerators // plan.pipeline
    assert told(found, "zero_stage", 0) == plan.zero_stage
    assert (found.value("layout.recompute") == "full") == (plan.recompute == "full")
    stated = {"fp16": "fp16", "bf16": "bf16", "fp8": "bf16", "fp4": "bf16"}
    assert found.value("layout.precision") == stated.get(plan.precision)
    assert not found.unused


@settings(deadline=None)  # the first reads the table of models
@given(runnable("torchtitan"))
def test_torchtitan_reads_back(plan: Launch) -> None:
    found = read("torchtitan", plan)
    check_the_same(plan, found, "tensor", "pipeline", "virtual_stages", "context", "expert", "data")
    assert found.value("cluster.count") == plan.accelerators
    assert found.value("workload.transformer.seq_len") == plan.sequence_length
    if plan.data > 1:
        assert told(found, "zero_stage", 0) == plan.zero_stage
    assert found.value("layout.recompute") == plan.recompute
    assert found.value("layout.precision") == ("fp32" if plan.precision == "tf32" else plan.precision)


@given(layouts())
def test_maxtext_spreads_every_degree(plan: Launch) -> None:
    text = launch("maxtext", plan).text
    if not text:
        return
    said = dict(word.split("=", 1) for word in shlex.split(text) if "=" in word)
    inside = {key[4:-12]: int(value) for key, value in said.items() if key.startswith("ici_")}
    between = {key[4:-12]: int(value) for key, value in said.items() if key.startswith("dcn_")}
    whole = {name: inside[name] * between[name] for name in inside}
    assert prod(inside.values()) == plan.per_host
    assert prod(between.values()) == plan.hosts
    assert (whole["tensor"], whole["pipeline"], whole["context"]) == (plan.tensor, plan.pipeline, plan.context)
    assert whole["expert"] == plan.expert
    assert whole["data"] * whole["fsdp"] * whole["expert"] == plan.data
    batch = int(float(said["per_device_batch_size"]) * plan.accelerators) * int(said["gradient_accumulation_steps"])
    assert batch == plan.global_batch


TITAN = {"model": FLAVORS[32], "training": {"local_batch_size": 8}, "activation_checkpoint": {"mode": "full"}}


@pytest.mark.parametrize(
    ("parallelism", "stated"),
    [
        ({"pipeline_parallel_degree": 4}, {"zero_stage": 2, "micro_batch": 1, "virtual_stages": None}),
        (
            {"pipeline_parallel_degree": 4, "pipeline_parallel_schedule": "Interleaved1F1B"},
            {"zero_stage": 2, "micro_batch": 1, "virtual_stages": 2},
        ),
        (
            {
                "pipeline_parallel_degree": 4, "pipeline_parallel_schedule": "interleaved1f1b",
                "pipeline_parallel_layers_per_stage": 3, "pipeline_parallel_microbatch_size": 2,
                "fsdp_reshard_after_forward": "always",
            },
            {"zero_stage": 3, "micro_batch": 2, "virtual_stages": 3},
        ),
        ({"fsdp_reshard_after_forward": "never"}, {"zero_stage": 2, "micro_batch": 8, "virtual_stages": None}),
    ],
)  # fmt: skip
def test_what_torchtitan_takes_by_itself_is_read(parallelism: dict[str, Any], stated: dict[str, Any]) -> None:
    found = understand("run.toml", "", {**TITAN, "parallelism": parallelism})
    assert {name: found.value(f"layout.{name}") for name in stated} == stated


MEGATRON = "--num-layers 61 --micro-batch-size 1 --pipeline-model-parallel-size 16 "


@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        ("--pipeline-model-parallel-layout 'Et*3|(tt|)*29t|L'", "virtual_stages", 2),
        ("--pipeline-model-parallel-layout 'Et*3|(tt|)*13t|L'", "virtual_stages", None),
        ("--num-virtual-stages-per-pipeline-rank 2", "virtual_stages", 2),
        ("--use-torch-fsdp2", "zero_stage", 3),
        ("--use-megatron-fsdp", "zero_stage", 3),
        ("--use-megatron-fsdp --data-parallel-sharding-strategy optim", "zero_stage", 1),
        ("--data-parallel-sharding-strategy optim", "zero_stage", None),
        ("--bf16 --fp4-format e2m1", "precision", "fp4"),
    ],
)
def test_what_megatron_is_told_is_read(flags: str, field: str, value: Any) -> None:
    assert understand("run.sh", MEGATRON + flags, None).value(f"layout.{field}") == value


@given(layouts(), st.sampled_from(list(TOOLS)))
def test_no_text_has_a_reason(plan: Launch, tool: str) -> None:
    made = launch(tool, plan)
    assert made.tool == TOOLS[tool].name
    assert made.notes
    assert all(note and not note.endswith(".") for note in made.notes)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tensor": 3}, "accelerators"),
        ({"global_batch": 63}, "no multiple"),
        ({"virtual_stages": 2}, "virtual stages need a pipeline"),
        ({"accelerators_per_host": 3}, "do not fill hosts"),
        ({"expert": 3}, "does not divide"),
        ({"micro_batch": 0}, "1 or more"),
        ({"layers": 2, "pipeline": 8, "data": 1}, "cannot be cut"),
    ],
)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_layout_that_no_tool_runs(tool: str, change: dict[str, Any], why: str) -> None:
    made = launch(tool, replace(LLAMA_8B, **change))
    assert not made.text
    assert any(why in note for note in made.notes)


@pytest.mark.parametrize(
    ("tool", "change", "why"),
    [
        ("megatron", {"adapter": "lora"}, "adapters"),
        ("megatron", {"offload": "weights"}, "only the optimizer"),
        ("deepspeed", {"pipeline": 2, "data": 4}, "ZeRO 0 and 1"),
        ("deepspeed", {"pipeline": 2, "data": 4, "zero_stage": 1, "virtual_stages": 2}, "no virtual stages"),
        ("deepspeed", {"offload": "weights", "zero_stage": 2}, "ZeRO 3"),
        ("torchtitan", {"zero_stage": 1}, "ZeRO 2 or 3"),
        ("torchtitan", {"precision": "fp16"}, "fp16"),
        ("torchtitan", {"offload": "optimizer"}, "together"),
        ("maxtext", {"zero_stage": 2}, "ZeRO 1"),
        ("maxtext", {"pipeline": 2, "data": 4, "global_batch": 12}, "multiple of the pipeline"),
    ],
)
def test_a_layout_that_one_tool_does_not_run(tool: str, change: dict[str, Any], why: str) -> None:
    made = launch(tool, replace(LLAMA_8B, **change))
    assert not made.text
    assert any(why in note for note in made.notes)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("tool", TOOLS)
def test_published_layouts(tool: str, name: str, snapshot: Any) -> None:
    made = launch(tool, PUBLISHED[name])
    assert "\n".join((made.text, *made.notes)) == snapshot


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_the_parser_of_the_tool_accepts(tool: str) -> None:
    if not os.environ.get(tool.upper()) or not os.environ.get(f"{tool.upper()}_PYTHON"):
        pytest.skip(f"{TOOLS[tool].name} is not at hand: set {tool.upper()} and {tool.upper()}_PYTHON")
    done = subprocess.run([sys.executable, str(PARSERS), tool], check=True, capture_output=True, text=True)
    assert "ok  " in done.stdout, done.stdout


def test_the_ends_of_a_pipeline_may_hold_no_layer() -> None:
    """126 layers in 128 pieces: the embedding and the logits have one of their own."""
    plan = Launch(
        layers=126, sequence_length=8192, micro_batch=1, global_batch=2048, accelerators=16384, tensor=8, pipeline=16,
        virtual_stages=8, data=128,
    )  # fmt: skip
    text = launch("megatron", plan).text
    assert "'E|t*1|t*1|" in text
    assert "|t*1|L'" in text
    assert text.count("t*1") == 126
    assert not launch("maxtext", plan).text
    assert not launch("torchtitan", plan).text
