"""Scaling laws beside what was published of them, by hand, and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.facts import table
from thirdwatt.formulas import data
from thirdwatt.formulas import scaling_law as law

FORM = (
    "irreducible_loss_nats_per_token", "size_loss_nats_per_token", "data_loss_nats_per_token", "size_exponent_ratio",
    "data_exponent_ratio",
)  # fmt: skip
EPOCHS = table("constants").rows["default"].figures["repetition_scale_ratio"].value
EXCESS = table("constants").rows["default"].figures["excess_scale_ratio"].value

sizes = st.floats(1e7, 1e12)
amounts = st.floats(1e8, 1e14)
laws = st.sampled_from(["besiroglu", "hoffmann", "muennighoff"])


def constants(name: str) -> tuple[float, ...]:
    figures = table("laws").rows[name].figures
    return tuple(figures[each].value for each in FORM)


def reducible(name: str, size: float, tokens: float) -> float:
    _, for_size, for_data, a, b = constants(name)
    small = law.small_size_loss_nats_per_token(for_size, a, size)
    return float(law.reducible_loss_nats_per_token(small, law.few_data_loss_nats_per_token(for_data, b, tokens)))


def loss(name: str, size: float, tokens: float) -> float:
    return float(law.predicted_loss_nats_per_token(constants(name)[0], reducible(name, size, tokens)))


def cheapest(name: str, size: float, tokens: float) -> tuple[float, float, float]:
    """Size, data and work of the cheapest model with the same loss, the work to that of this one."""
    _, for_size, for_data, a, b = constants(name)
    left = reducible(name, size, tokens)
    small = float(law.isoloss_parameter_count(left, for_size, a, b))
    few = float(law.isoloss_token_count(left, for_data, a, b, 1.0))
    return small, few, float(law.isoloss_flop_ratio(small, few, 6.0, law.law_flop(size, tokens, 6.0)))


@pytest.mark.parametrize(
    ("size", "tokens", "hoffmann", "hoffmann_ratio", "besiroglu", "besiroglu_ratio"),
    [
        (175e9, 300e9, 2.0023, 0.336, 2.0085, 0.608),  # GPT-3
        (280e9, 300e9, 1.9933, 0.254, 1.9996, 0.497),  # Gopher
        (70e9, 1.4e12, 1.9366, 0.837, 1.9739, 0.999),  # Chinchilla
        (540e9, 780e9, 1.9239, 0.275, 1.9504, 0.579),  # PaLM
        (65e9, 1.4e12, 1.9388, 0.852, 1.9760, 0.998),  # LLaMA
        (8e9, 15e12, 1.9485, 0.503, 2.0221, 0.181),  # Llama 3
        (70e9, 15e12, 1.8575, 0.972, 1.9303, 0.581),
        (405e9, 15.6e12, 1.8190, 0.882, 1.8926, 0.939),  # Llama 3.1
        (124e6, 10e9, 3.0607, 0.932, 3.0137, 0.882),
        (124e6, 2.48e9, 3.3715, 0.993, 3.3187, 0.995),
    ],
)
def test_losses_and_the_cheapest_way_to_them(
    size: float, tokens: float, hoffmann: float, hoffmann_ratio: float, besiroglu: float, besiroglu_ratio: float
) -> None:
    for name, wanted, ratio in (("hoffmann", hoffmann, hoffmann_ratio), ("besiroglu", besiroglu, besiroglu_ratio)):
        assert round(loss(name, size, tokens), 4) == wanted
        assert round(cheapest(name, size, tokens)[2], 3) == ratio


def test_the_cheapest_way_to_gpt_3() -> None:
    small, few, _ = cheapest("hoffmann", 175e9, 300e9)
    assert (round(small / 1e9), round(few / 1e12, 2)) == (15, 1.18)
    small, few, _ = cheapest("besiroglu", 175e9, 300e9)
    assert (round(small / 1e9), round(few / 1e9)) == (41, 777)


@pytest.mark.parametrize(
    ("name", "size", "tokens", "each"), [("hoffmann", 32, 2.98, 93), ("besiroglu", 72, 1.33, 18)]
)  # fmt: skip
def test_what_gopher_s_compute_is_best_spent_on(name: str, size: float, tokens: float, each: float) -> None:
    _, for_size, for_data, a, b = constants(name)
    balance = law.balance_ratio(for_size, for_data, a, b)
    best = float(law.optimal_parameter_count(5.76e23, 6.0, balance, a, b))
    data_for_it = float(law.optimal_token_count(5.76e23, 6.0, best))
    assert round(best / 1e9) == size
    assert round(data_for_it / 1e12, 2) == tokens
    assert abs(data_for_it / best - each) < 1


@pytest.mark.parametrize(
    ("name", "exponent", "factor", "at_23", "at_25"),
    [("hoffmann", 0.1535, 1.184, 0.049, 0.024), ("besiroglu", 0.1783, 1.216, 0.038, 0.017)],
)
def test_a_third_of_the_work(name: str, exponent: float, factor: float, at_23: float, at_25: float) -> None:
    _, for_size, for_data, a, b = constants(name)
    g = a * b / (a + b)
    assert round(g, 4) == exponent
    assert round(3**g, 3) == factor
    balance = law.balance_ratio(for_size, for_data, a, b)
    for work, wanted in ((3e23, at_23), (3e25, at_25)):
        best = float(law.optimal_parameter_count(work, 6.0, balance, a, b))
        left = reducible(name, best, float(law.optimal_token_count(work, 6.0, best)))
        third = float(law.optimal_parameter_count(work / 3, 6.0, balance, a, b))
        more = reducible(name, third, work / 3 / 6 / third) - left
        assert round(more, 3) == wanted
        assert math.isclose(more, left * (3**g - 1), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hoffmann", (2.89, 1.79, 1.21, 1.03, 1.05, 1.13, 1.33, 1.53)),
        ("besiroglu", (4.47, 2.13, 1.26, 1.03, 1.05, 1.15, 1.36, 1.59)),
    ],
)
def test_work_at_other_sizes_than_the_best(name: str, wanted: tuple[float, ...]) -> None:
    _, _, _, a, b = constants(name)
    found = law.size_overhead_ratio(np.array([0.25, 0.33, 0.5, 0.75, 1.5, 2, 3, 4]), a, b)
    assert np.asarray(found) == pytest.approx(wanted, abs=0.011)
    assert float(law.size_overhead_ratio(0.01, a, b)) > 1e9  # too small to ever reach it


@pytest.mark.parametrize(
    ("name", "size", "less"), [("hoffmann", 8.0, 0.10), ("besiroglu", 6.1, 0.29)]
)  # fmt: skip
def test_serving_counted_the_best_model_is_smaller(name: str, size: float, less: float) -> None:
    """A model as good as the optimal one of 13 billion, that will serve two trillion tokens."""
    _, for_size, for_data, a, b = constants(name)
    balance = float(law.balance_ratio(for_size, for_data, a, b))
    work = 6 * (13e9 / balance) ** ((a + b) / b)
    tokens = work / 6 / 13e9
    left = reducible(name, 13e9, tokens)
    share = law.served_size_share(left, for_data, a, b, 1.0, 2e12, 1.0)
    best = float(law.served_parameter_count(share, left, for_size, a))
    few = float(law.served_training_token_count(share, left, for_data, b, 1.0))
    assert round(best / 1e9, 1) == size
    assert round(1 - float(law.served_flop_ratio(best, few, 13e9, tokens, 2e12, 1.0)), 2) == less
    assert math.isclose(reducible(name, best, few), left)


def test_kaplan_s_laws_of_gpt_3() -> None:
    figures = {name: each.value for name, each in table("laws").rows["kaplan"].figures.items()}
    size = law.data_rich_loss_nats_per_token(
        175e9, figures["size_scale_count"], figures["joint_size_exponent_ratio"], 1.0
    )
    amount = law.size_rich_loss_nats_per_token(
        300e9, figures["data_scale_count"], figures["data_alone_exponent_ratio"], 1.0
    )
    joint = law.predicted_loss_nats_per_token__power(
        175e9, 300e9, figures["joint_size_scale_count"], figures["joint_data_scale_count"],
        figures["joint_size_exponent_ratio"], figures["joint_data_exponent_ratio"], 1.0,
    )  # fmt: skip
    assert [round(float(each), 2) for each in (size, amount, joint)] == [1.60, 1.64, 1.66]


def test_what_one_more_per_cent_brings() -> None:
    _, _, for_data, _, b = constants("besiroglu")
    few = law.few_data_loss_nats_per_token(for_data, b, 1.4e12)
    assert float(law.data_gain_nats_per_token(few, b, 0.01)) == pytest.approx(2.75e-4, rel=0.01)
    assert float(law.data_gain_nats_per_token(few, b, 0.0)) == 0.0
    assert float(law.data_gain_nats_per_token(few, b, 1.0)) == pytest.approx(float(few))


# --- properties ---------------------------------------------------------------------------------------------------


@given(laws, sizes, amounts, st.floats(1.01, 10.0))
def test_more_of_either_is_never_worse(name: str, size: float, tokens: float, more: float) -> None:
    assert loss(name, size * more, tokens) < loss(name, size, tokens)
    assert loss(name, size, tokens * more) < loss(name, size, tokens)


@given(laws, sizes, amounts)
def test_the_cheapest_way_is_as_good_and_no_dearer(name: str, size: float, tokens: float) -> None:
    small, few, ratio = cheapest(name, size, tokens)
    assert math.isclose(reducible(name, small, few), reducible(name, size, tokens), rel_tol=1e-9)
    assert ratio <= 1 + 1e-9


@given(laws, sizes, amounts, st.floats(0.5, 2.0))
def test_nothing_beside_the_optimum_is_cheaper(name: str, size: float, tokens: float, beside: float) -> None:
    _, _, for_data, _, b = constants(name)
    small, few, _ = cheapest(name, size, tokens)
    left = reducible(name, size, tokens)
    _, for_size, _, a, _ = constants(name)
    rest = left - for_size / (small * beside) ** a
    if rest > 0:
        assert small * beside * (for_data / rest) ** (1 / b) >= small * few * (1 - 1e-9)
        overhead = small * beside * (for_data / rest) ** (1 / b) / (small * few)
        assert math.isclose(float(law.size_overhead_ratio(beside, a, b)), overhead, rel_tol=1e-6)


@given(laws, sizes, amounts, st.floats(1.0, 10.0))
def test_better_tokens_take_less_in_proportion(name: str, size: float, tokens: float, quality: float) -> None:
    """Work at one loss is C/q, at the same size."""
    _, _, for_data, a, b = constants(name)
    left = reducible(name, size, tokens)
    one, other = (float(law.isoloss_token_count(left, for_data, a, b, each)) for each in (1.0, quality))
    assert math.isclose(one / other, quality)
    assert math.isclose(loss(name, size, float(law.worth_token_count(tokens / quality, quality))),
                        loss(name, size, tokens))  # fmt: skip


@given(laws, sizes, amounts, st.floats(0.0, 1e14), st.floats(0.5, 50.0))
def test_serving_never_wants_a_larger_model(
    name: str, size: float, tokens: float, served: float, weight: float
) -> None:
    _, for_size, for_data, a, b = constants(name)
    left = reducible(name, size, tokens)
    share = law.served_size_share(left, for_data, a, b, 1.0, served, weight)
    best = float(law.served_parameter_count(share, left, for_size, a))
    few = float(law.served_training_token_count(share, left, for_data, b, 1.0))
    optimum, _, _ = cheapest(name, size, tokens)
    assert best <= optimum * (1 + 1e-9)
    here = 3 * best * few + best * served * weight
    for beside in (0.98, 1.02):
        rest = left - for_size / (best * beside) ** a
        if rest > 0:
            there = best * beside * (3 * (for_data / rest) ** (1 / b) + served * weight)
            assert there >= here * (1 - 1e-9)


@given(sizes, amounts)
def test_parameters_beyond_the_data_count_ever_less(size: float, tokens: float) -> None:
    _, for_size, for_data, a, b = constants("muennighoff")
    balance = law.balance_ratio(for_size, for_data, a, b)
    found = float(law.effective_parameter_count(size, tokens, balance, a, b, EXCESS, 1.0))
    assert found <= size * (1 + 1e-12)
    assert float(law.effective_parameter_count(size, tokens, balance, a, b, EXCESS, 0.0)) == size
    fitting = float(balance) * (float(balance) * tokens) ** (b / a)
    assert found <= max(fitting, 0) * (1 + EXCESS) * (1 + 1e-12)
    if size <= fitting:
        assert math.isclose(found, size)


def test_arrays_and_floats_alike() -> None:
    _, _, for_data, a, b = constants("besiroglu")
    left = np.array([[0.2, 0.3], [0.4, 0.5]])
    many = np.asarray(law.served_size_share(left, for_data, a, b, 1.0, 1e12, 1.0))
    ones = [[float(law.served_size_share(each, for_data, a, b, 1.0, 1e12, 1.0)) for each in row]
            for row in left.tolist()]  # fmt: skip
    assert np.array_equal(many, ones)


def test_repeats_are_worth_less_in_the_law_too() -> None:
    unique = 1e11
    four = float(data.effective_token_count(unique, data.repetition_ratio(4 * unique, unique), EPOCHS))
    assert loss("muennighoff", 1e9, four) > loss("muennighoff", 1e9, 4 * unique)
