"""Models: what the book counts is what was published."""

from __future__ import annotations

from functools import cache

import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger import Ledger

COUNTED = {
    row.id: row.figures["published_parameter_count"].value
    for row in table("models")
    if {"published_parameter_count", "layer_count"} <= row.figures.keys()
}
"""Models whose architecture and number of parameters are both published."""


@cache
def ledger(model: str) -> Ledger:
    return thirdwatt.estimate({"workload": {"model": model}}, samples=1)


def value(model: str, quantity: str) -> float:
    found = ledger(model).of(quantity)
    assert found is not None
    return found.value


def exact(count: float) -> bool:
    """Whether a published count is one of a checkpoint and not rounded: it ends in no five zeros."""
    return count % 1e5 != 0


def test_there_are_enough_to_mean_something() -> None:
    assert len(COUNTED) >= 80
    assert sum(map(exact, COUNTED.values())) >= 60


@pytest.mark.parametrize("model", COUNTED)
def test_parameters_are_those_published(model: str) -> None:
    counted = value(model, "parameter_count")
    assert counted == pytest.approx(COUNTED[model], rel=0.005)
    if exact(COUNTED[model]):
        assert counted == COUNTED[model]


@pytest.mark.parametrize(
    ("model", "quantity", "published", "within"),
    [
        # active parameters
        ("mixtral-8x7b", "active_parameter_count", 12.9e9, 0.005),  # arXiv:2401.04088
        ("mixtral-8x22b", "active_parameter_count", 39.2e9, 0.01),  # the announcement says 39 billion
        ("deepseek-v2", "active_parameter_count", 21e9, 0.03),  # arXiv:2405.04434
        ("deepseek-v3", "active_parameter_count", 37e9, 0.02),  # arXiv:2412.19437
        ("qwen3-30b-a3b", "active_parameter_count", 3.3e9, 0.02),  # arXiv:2505.09388
        ("qwen3-235b-a22b", "active_parameter_count", 22e9, 0.02),  # arXiv:2505.09388
        ("olmoe-1b-7b", "active_parameter_count", 1.3e9, 0.03),  # arXiv:2409.02060
        # work of a token or an image
        ("deepseek-v3", "training_flop_per_token", 250e9, 0.005),  # arXiv:2412.19437, at 4,096 tokens
        ("deepseek-v2", "training_flop_per_token", 155e9, 0.005),  # arXiv:2405.04434 and 2412.19437
        ("resnet-50", "training_flop_per_token", 3 * 2 * 4.089e9, 0.001),  # multiply-adds of an image
        # work of a run
        ("gpt-3-175b", "training_flop", 3.14e23, 0.02),  # arXiv:2005.14165, six a parameter, no attention
        ("gpt-3-13b", "training_flop", 2.31e22, 0.04),  # the same, table D.1
        ("gpt-3-6.7b", "training_flop", 1.20e22, 0.04),  # the same
        ("palm-540b", "training_flop", 2.527e24, 0.01),  # arXiv:2204.02311
        ("llama-3.1-405b", "training_flop", 3.8e25, 0.06),  # arXiv:2407.21783, six a parameter
        ("olmo-2-7b", "training_flop", 1.8e23, 0.01),  # arXiv:2501.00656
        ("olmo-2-13b", "training_flop", 4.6e23, 0.03),  # the same
        ("olmo-2-32b", "training_flop", 1.3e24, 0.01),  # its model card
        ("vit-h-14", "training_flop", 4.262e21, 0.01),  # arXiv:2010.11929, table 6
    ],
)
def test_work_and_active_parameters_are_those_published(
    model: str, quantity: str, published: float, within: float
) -> None:
    assert value(model, quantity) == pytest.approx(published, rel=within)


@pytest.mark.parametrize(
    ("model", "multiply_adds"),
    [("vit-b-16", 17.6e9), ("vit-l-16", 61.6e9), ("vit-h-14", 167.4e9), ("dit-xl-2", 118.6e9)],
)
def test_work_of_an_image(model: str, multiply_adds: float) -> None:
    """Less than published by the embedding of patches and the conditioning, which the book leaves out."""
    forward = value(model, "training_flop_per_token") / 3 * value(model, "sequence_length")
    assert 0.99 * multiply_adds <= forward / 2 <= multiply_adds


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4o", "claude-3-opus", "gemini-1.0-ultra", "gemini-1.5-pro", "grok-3"])
def test_what_is_undisclosed_says_so_and_is_wide(model: str) -> None:
    row = table("models").rows[model]
    assert "undisclosed" in row.name
    sizes = [row.figures[name] for name in row.figures if name.endswith(("parameter_count", "token_count"))]
    assert sizes
    assert all(figure.kind == "assumed" and figure.high >= 2 * figure.low for figure in sizes)
