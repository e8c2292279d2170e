"""Software by name and year: any spelling, any year, and never in a ring."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.facts import Row, table
from thirdwatt.facts.stacks import UNNAMED, software

ROWS = [pytest.param(row, id=row.id) for row in table("stacks")]
LINKS = {"until": "after", "since": "before"}
NEEDED = (
    "attention_kernel_ratio", "softmax_traffic_byte", "layer_launch_s", "sharded_launch_s", "expert_launch_s",
    "tensor_overlap_share", "expert_overlap_share", "overlap_loss_share", "replica_overlap_loss_share", "step_fixed_s",
    "straggler_share", "full_recompute_sequence_parallel_factor", "sharded_across_factor",
    "typical_virtual_stage_count", "gradient_byte", "software_time_ratio", "dropout_mask_byte", "softmax_kept_byte",
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_every_stack_has_what_a_step_needs(row: Row) -> None:
    assert not [field for field in NEEDED if field not in row.figures]
    assert row.text["zero"] in ("0", "1", "2", "3")
    assert row.text["recompute"] in ("none", "selective", "full")
    for field, figure in row.figures.items():
        assert 0 <= figure.low <= figure.value <= figure.high, field
        if field.endswith("_share"):
            assert figure.high <= 1, field
    ratio = row.figures["software_time_ratio"]
    assert ratio.low < ratio.value < ratio.high, "no software is known to the digit"


@pytest.mark.parametrize("row", ROWS)
def test_every_bound_in_time_leads_to_a_row(row: Row) -> None:
    for bound, link in LINKS.items():
        assert (bound in row.text) == (link in row.text)
        if link in row.text:
            assert row.text[link] in table("stacks").rows
            assert 2012 <= int(row.text[bound]) <= 2100


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("year", [None, *range(2012, 2036)])
def test_a_row_of_any_year_is_found_and_holds_then(row: Row, year: int | None) -> None:
    found = software(row.id, year)
    if year is None:
        assert found is row
        return
    assert int(found.text.get("since", year)) <= year <= int(found.text.get("until", year))
    assert software(found.id, year) is found, "what holds in a year stays"


@pytest.mark.parametrize(
    ("name", "year", "row"),
    [
        ("Megatron-LM", 2021, "megatron-lm"),
        ("Megatron-LM", 2022, "megatron-lm"),
        ("Megatron-LM", 2023, "megatron-core-2024"),
        ("Megatron-DeepSpeed", 2022, "megatron-lm"),
        ("megatron-bridge / megatron-core", None, "megatron-core"),
        ("megatron-bridge / megatron-core", 2025, "megatron-core"),
        ("megatron-bridge / megatron-core", 2024, "megatron-core-2024"),
        ("nemo / megatron-core", 2024, "nemo"),
        ("nemo / megatron-core", 2026, "megatron-core"),
        ("NeMo (Megatron-Core)", 2025, "nemo"),
        ("llm-foundry, FSDP1, Triton attention", 2023, "llm-foundry"),
        ("llm-foundry, FSDP1, Triton attention", 2024, "llm-foundry-2024"),
        ("deepspeed / transformers", 2023, "deepspeed"),
        ("deepspeed / transformers", 2021, "deepspeed-2022"),
        ("transformers", 2022, "transformers-2022"),
        ("transformers", 2023, "transformers"),
        ("xtuner", 2024, "transformers-deepspeed"),
        ("Liger", 2024, "transformers-fused"),
        ("of our own + FSDP2", None, "torchtitan"),
        ("HF", None, "transformers"),
        ("unsloth", None, "torchtune"),
    ],
)
def test_names_as_papers_write_them(name: str, year: int | None, row: str) -> None:
    assert software(name, year).id == row


@pytest.mark.parametrize("name", [None, "", " / ", "(,)", "no such software", "megatro"])
def test_what_is_not_known_is_unnamed(name: str | None) -> None:
    assert software(name).id == UNNAMED
    assert software(name, 2026).id == UNNAMED
    assert software(name, 2020).id == f"{UNNAMED}-2022"


@given(st.text(max_size=40), st.none() | st.integers(2012, 2100))
def test_any_name_leads_somewhere(name: str, year: int | None) -> None:
    assert software(name, year).id in table("stacks").rows


def test_names_and_aliases_name_one_row_each() -> None:
    aliases = [alias for row in table("stacks") for alias in (row.id, *row.text.get("aliases", "").split("|"))]
    named = [alias for alias in aliases if alias]
    assert len(named) == len(set(named))


def codes(stack: str, year: int | None = None) -> set[str]:
    stated = {"software.stack": stack} | ({"software.year": year} if year else {})
    return {warning.code for warning in thirdwatt.estimate("llama-3.1-8b", stated, samples=1).warnings}


def test_software_without_measurements_is_said_to_be() -> None:
    assert "unknown_stack" in codes("our own trainer")
    assert "unknown_stack" in codes("our own trainer", 2021)
    assert "unknown_stack" not in codes("nemo / megatron-core", 2024)
    assert "unknown_stack" not in codes(UNNAMED)


def test_what_software_usually_does_yields_to_what_is_stated() -> None:
    choices = [
        thirdwatt.estimate("llama-3.1-8b", {"software.stack": "torchtitan", **stated}, samples=1).scenario.choices
        for stated in ({}, {"layout.zero_stage": 1, "layout.recompute": "full"})
    ]
    assert [(each["zero"], each["recompute"]) for each in choices] == [("3", "selective"), ("1", "full")]
