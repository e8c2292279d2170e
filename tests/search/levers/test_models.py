"""Levers of the model: experts, parents, warm starts, upcycling, early stops."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import after, lever, ratio, reason, today, value, ways
from thirdwatt.search.levers.lever import EQUAL_LOSS, UNKNOWN
from thirdwatt.search.levers.shapes import size


def test_what_is_not_known_to_keep_quality_says_so() -> None:
    for name in ("experts", "pruning", "distillation", "upcycling", "early-stopping"):
        assert lever(name).quality == UNKNOWN
    for name in ("compute-optimal", "warm-start", "continue-training"):
        assert lever(name).quality == EQUAL_LOSS


# --- experts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-8b"])
def test_experts_take_the_work_of_what_a_token_uses(base: str) -> None:
    now = today(base)
    parameters = size(now)
    assert parameters is not None
    for way, active in zip(ways("experts", now), (0.4, 0.5), strict=True):
        then = after(now, way).of("active_parameter_count")
        assert then is not None
        assert then.value / parameters == pytest.approx(active, rel=0.05)
        assert ratio(now, way, "training_flop") == pytest.approx(active, abs=0.06)
        assert ratio(now, way) > ratio(now, way, "training_flop")  # small products, and traffic


def test_all_of_deepseek_moe() -> None:
    """16.4 billion parameters for one of 7 billion dense ones: 2.4 times."""
    now = today("llama-2-7b")
    then, before = after(now, ways("experts", now)[0]).of("parameter_count"), size(now)
    assert then is not None
    assert before is not None
    assert 1.9 < then.value / before < 2.9


@pytest.mark.parametrize(
    ("base", "said"),
    [("mixtral-8x7b", "already"), ("startup-lora-8xh100", "fine-tuning"), ("gpt-4o", "workload.transformer"),
     ("gpt-2-124m", "1 billion"), ("vit-h-14", "language")],
)  # fmt: skip
def test_where_experts_are_none(base: str, said: str) -> None:
    assert said in reason("experts", today(base))


# --- parents ------------------------------------------------------------------------------------------------------


def test_a_parent_is_the_next_larger_of_the_family() -> None:
    now = today("llama-3.1-8b")
    (pruned,), (taught,) = ways("pruning", now), ways("distillation", now)
    assert "Llama 3.1 70B" in pruned.words
    assert taught.sets["known.reference_forward_count"] == pytest.approx(70.55 / 8.03, rel=0.01)
    assert pruned.scales["token_count"][0] == pytest.approx(0.03)
    assert taught.scales["token_count"][0] == pytest.approx(1 / 40)
    assert ratio(now, pruned) == pytest.approx(0.03, rel=0.05)


def test_a_teacher_reads_every_token_too() -> None:
    """A forward pass of 8.8 times the model beside three of its own: 1 + 8.8/3 of the work."""
    now = today("llama-3.1-8b")
    (taught,) = ways("distillation", now)
    assert ratio(now, taught, "training_flop") == pytest.approx((1 + 8.79 / 3) / 40, rel=0.02)


def test_a_short_training_is_not_cut_by_a_parent() -> None:
    """Sheared models saw 19 to 39 tokens a parameter; GPT-3 1.3B some 230."""
    (way,) = ways("pruning", today("gpt-3-1.3b"))
    assert way.scales["token_count"][0] == pytest.approx(27 * 1.315e9 / 300e9, rel=0.02)
    assert "no more" in reason("pruning", today("gpt-3-6.7b", workload__tokens=100e9))


@pytest.mark.parametrize("name", ["pruning", "distillation"])
@pytest.mark.parametrize(
    ("base", "said"),
    [("llama-3.1-405b", "workload.model"), ("pretrain-7b-256xa100", "workload.model"),
     ("startup-lora-8xh100", "fine-tuning")],
)  # fmt: skip
def test_where_there_is_no_parent(name: str, base: str, said: str) -> None:
    assert said in reason(name, today(base))


@pytest.mark.parametrize("name", ["pruning", "distillation"])
def test_a_model_with_experts_is_cut_out_of_no_dense_one(name: str) -> None:
    """30 billion parameters were to be cut out of 8 billion: no more than those are met by a token."""
    assert "routes tokens to experts" in reason(name, today("qwen3-30b-a3b"))


def test_upcycling_takes_a_small_relative() -> None:
    now = today("llama-65b")
    (way,) = ways("upcycling", now)
    assert "LLaMA 33B" in way.words
    active, whole = (value(after(now, way), name) for name in ("active_parameter_count", "parameter_count"))
    assert 33e9 < active < 65e9
    assert whole > 1.5 * 65e9
    assert ratio(now, way, "training_flop") < 0.35
    assert ratio(now, way) < 0.45


@pytest.mark.parametrize("base", ["gpt-3-175b", "llama-3.1-405b"])
def test_a_relative_that_is_much_smaller_is_not_said_to_do_as_well(base: str) -> None:
    """13 billion parameters made into experts were to stand for 175 billion, at a ninth of the energy."""
    assert "below 25%" in reason("upcycling", today(base))


@pytest.mark.parametrize("base", ["llama-3.1-8b", "pretrain-7b-256xa100", "mixtral-8x22b", "startup-lora-8xh100"])
def test_where_there_is_nothing_to_upcycle(base: str) -> None:
    assert reason("upcycling", today(base))


# --- again --------------------------------------------------------------------------------------------------------


def test_a_retraining_starts_warm() -> None:
    now = today("pretrain-7b-256xa100", new_token_share=0.1)
    (way,) = ways("warm-start", now)
    assert ratio(now, way) == pytest.approx(1 / 2.5, rel=0.05)  # Garg et al. 2023


def test_going_on_takes_the_new_and_the_replay() -> None:
    now = today("pretrain-7b-256xa100", new_token_share={"value": 0.1, "low": 0.08, "high": 0.12})
    (way,) = ways("continue-training", now)
    assert way.scales["token_count"] == pytest.approx((0.1 / 0.95, 0.08 / 0.99, 0.12 / 0.75))
    assert ratio(now, way) == pytest.approx(0.1 / 0.95, rel=0.02)


def test_two_datasets_of_one_size_as_published() -> None:
    """Going on to a second dataset of the size of the first takes 0.53 of training on both (Ibrahim et al. 2024)."""
    now = today("pretrain-7b-256xa100", new_token_share=0.5)
    assert ratio(now, ways("continue-training", now)[0]) == pytest.approx(0.53, abs=0.01)


@pytest.mark.parametrize("name", ["warm-start", "continue-training"])
def test_what_is_no_retraining_is_left_alone(name: str) -> None:
    assert "thirdwatt data diff" in reason(name, today("pretrain-7b-256xa100"))
    assert "fine-tuning" in reason(name, today("startup-lora-8xh100", new_token_share=0.1))
    assert "nothing is new" in reason(name, today("pretrain-7b-256xa100", new_token_share=0.0))


def test_much_that_is_new_is_trained_from_scratch() -> None:
    now = today("pretrain-7b-256xa100", new_token_share=0.97)
    assert "from scratch" in reason("warm-start", now)
    assert "from scratch" in reason("continue-training", now)


# --- early stops --------------------------------------------------------------------------------------------------


def test_stopping_early_says_what_it_leaves() -> None:
    now = today("llama-3.1-8b")
    found = ways("early-stopping", now)
    assert [way.scales["token_count"][0] for way in found] == [0.9, 0.75, 0.5]
    assert all("nats per token" in way.words for way in found)
    assert ratio(now, found[-1]) == pytest.approx(0.5, abs=0.01)


def test_a_fine_tune_makes_fewer_passes() -> None:
    now = today("startup-lora-8xh100")
    found = ways("early-stopping", now)
    assert [way.sets["workload.epochs"] for way in found] == [2, 1]
    assert ratio(now, found[1]) == pytest.approx(1 / 3, abs=0.02)
    assert "one pass" in reason("early-stopping", today("startup-lora-8xh100", workload__epochs=1))


def test_what_stopping_leaves_is_not_always_known() -> None:
    assert "experts" in reason("early-stopping", today("mixtral-8x7b"))
