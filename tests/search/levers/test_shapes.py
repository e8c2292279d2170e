"""Shapes: whole heads and tiles, near the size that is wanted."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import lever, today
from thirdwatt.facts import table
from thirdwatt.search.levers import levers, shapes

DENSE = ("pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b", "llama-3.1-8b", "pythia-1b")


@pytest.mark.parametrize("base", DENSE)
@pytest.mark.parametrize("wanted", [0.25, 0.5, 2.0])
def test_a_size_is_met_with_whole_heads_and_tiles(base: str, wanted: float) -> None:
    now = today(base)
    shape = shapes.resized(now, wanted)
    parameters = shapes.size(now)
    assert shape is not None
    assert parameters is not None
    assert shapes.sizes(now, [shape])[0] / parameters == pytest.approx(wanted, rel=0.12)
    assert shape["hidden_width"] % shapes.MULTIPLE == 0
    assert shape["ffn_width"] % shapes.MULTIPLE == 0
    assert shape["head_count"] % shape["kv_head_count"] == 0


def test_layers_are_multiples_of_a_stated_pipeline() -> None:
    shape = shapes.resized(today("llama-3.1-405b"), 0.5)
    assert shape is not None
    assert shape["layer_count"] % 16 == 0


@pytest.mark.parametrize("base", [*DENSE, "startup-lora-8xh100", "gpt-4o", "resnet-50", "mixtral-8x7b", "laptop-cpu"])
def test_ways_of_a_lever_are_told_apart(base: str) -> None:
    now = today(base, served_token_count=0)
    for each in levers():
        found = each.ways(now)
        names = [] if isinstance(found, str) else [way.id for way in found]
        assert len(set(names)) == len(names), each.id


def test_what_has_no_shape_has_none() -> None:
    assert shapes.shape(today("gpt-4o")) is None
    assert shapes.shape(today("deepseek-v3")) is None  # latent attention
    assert shapes.resized(today("resnet-50"), 0.5) is None


@pytest.mark.parametrize(
    ("model", "family"),
    [("llama-3.1-8b", "llama-3.1"), ("gpt-3-175b", "gpt-3"), ("qwen3-30b-a3b", "qwen3"), ("gpt-2-124m", "gpt-2"),
     ("qwen2.5-0.5b", "qwen2.5"), ("mixtral-8x7b", "mixtral"), ("gpt-4o", ""), ("bert-base", "")],
)  # fmt: skip
def test_families(model: str, family: str) -> None:
    assert shapes.family(model) == family


def test_relatives_are_dense_and_in_order() -> None:
    found = shapes.relatives(today("llama-3.1-8b"))
    assert [row.id for _, row in found] == ["llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b"]
    assert all("expert_count" not in row.figures for _, row in shapes.relatives(today("qwen3-8b")))


def test_the_shape_of_a_row_is_what_sets_its_size() -> None:
    now = today("llama-3.1-8b")
    large = table("models").rows["llama-3.1-70b"]
    assert shapes.sizes(now, [shapes.of_row(large)])[0] == pytest.approx(70.55e9, rel=0.01)


@pytest.mark.parametrize(
    ("value", "words"),
    [(15e12, "15 trillion"), (8.03e9, "8.03 billion"), (2e6, "2 million"), (950.0, "950")],
)
def test_counts_in_words(value: float, words: str) -> None:
    assert shapes.count(value) == words


def test_trainings_of_another_kind_exclude_each_other() -> None:
    names = shapes.others("") & {"compute-optimal", "experts", "pruning", "distillation", "upcycling",
                                 "early-stopping", "warm-start", "continue-training"}  # fmt: skip
    assert len(names) == 8
    for one in names:
        assert lever(one).excludes == names - {one}
