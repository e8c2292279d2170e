"""Another size at equal predicted loss."""

from __future__ import annotations

import numpy as np
import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways
from thirdwatt.ledger import laws
from thirdwatt.search.levers.compute_optimal import equal_loss
from thirdwatt.search.sizes import LOSS

NAME = "compute-optimal"
USED = {"workload__parameters": 175e9, "workload__active_parameters": 175e9, "workload__tokens": 300e9}


def test_gpt_3_is_trained_smaller_on_more() -> None:
    best, half = ways(NAME, today("gpt-3-175b"))
    assert 38 < float(best.id.removesuffix("b")) < 44  # 41 billion and 777 billion tokens by hand
    assert best.scales["token_count"][0] == pytest.approx(777 / 300, rel=0.02)
    assert float(best.id.removesuffix("b")) < float(half.id.removesuffix("b")) < 175


def test_the_predicted_loss_is_the_same() -> None:
    now = today("gpt-3-175b")
    before = laws.predicted(now.ledger.scenario, "besiroglu", None, (LOSS,))[LOSS][0]
    for way in ways(NAME, now):
        then = laws.predicted(after(now, way).scenario, "besiroglu", None, (LOSS,))[LOSS][0]
        assert then == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("law", ["besiroglu", "hoffmann", "muennighoff"])
def test_the_solve_is_exact_for_every_law(law: str) -> None:
    scenario = today("gpt-3-175b").ledger.scenario
    found = equal_loss(scenario, law, {"active_parameter_count": 8e10})
    assert found is not None
    over = {"active_parameter_count": np.array([8e10]), "token_count": np.array([300e9 * found])}
    before = laws.predicted(scenario, law, None, (LOSS,))[LOSS][0]
    assert laws.predicted(scenario, law, over, (LOSS,))[LOSS][0] == pytest.approx(before, abs=1e-6)


def test_each_law_says_its_own_tokens() -> None:
    for way in ways(NAME, today("gpt-3-175b")):
        value, low, high = way.scales["token_count"]
        assert low <= value <= high
        assert low < high


def test_too_small_a_model_never_gets_there() -> None:
    assert equal_loss(today("gpt-3-175b").ledger.scenario, "besiroglu", {"active_parameter_count": 1e9}) is None


def test_a_cluster_that_the_size_suits_takes_what_the_law_saves() -> None:
    """0.608 of the work by the law; attention and traffic make the rest."""
    now = today("gpt-3-175b", cluster__count=512)
    assert 0.55 < ratio(now, ways(NAME, now)[0]) < 0.85
    assert ratio(now, ways(NAME, now)[0], "training_flop") == pytest.approx(0.608, rel=0.03)


def test_a_size_without_an_architecture() -> None:
    now = today("gpt-4o", **USED)
    best = ways(NAME, now)[0]
    assert best.sets.keys() == {"workload.parameters", "workload.active_parameters"}  # its row says how many are active
    assert best.sets["workload.active_parameters"] == pytest.approx(41e9, rel=0.05)
    assert best.sets["workload.parameters"] == pytest.approx(41e9, rel=0.05)
    assert ratio(now, best, "training_flop") == pytest.approx(0.608, rel=0.03)


@pytest.mark.parametrize("base", ["pretrain-7b-256xa100", "llama-3.1-8b", "llama-3.1-405b"])
def test_a_larger_model_is_left_alone_unless_serving_is_counted(base: str) -> None:
    assert "known.served_token_count" in reason(NAME, today(base))


def test_nothing_served_lets_it_grow() -> None:
    now = today("llama-3.1-8b", served_token_count=0)
    best = ways(NAME, now)[0]
    assert float(best.id.removesuffix("b")) > 20
    assert ratio(now, best, "training_flop") < 0.4


def test_more_served_asks_for_less_of_a_model() -> None:
    few, many = (ways(NAME, today("gpt-3-175b", served_token_count=tokens))[0] for tokens in (0, 3e12))
    assert float(many.id.removesuffix("b")) < float(few.id.removesuffix("b"))


@pytest.mark.parametrize(
    ("base", "said"),
    [("startup-lora-8xh100", "fine-tuning"), ("deepseek-v3", "experts"), ("gpt-4o", "workload.tokens"),
     ("chinchilla-70b", "saves"), ("bert-large", "next token")],
)  # fmt: skip
def test_where_it_says_nothing(base: str, said: str) -> None:
    extra = {"served_token_count": 0} if base == "chinchilla-70b" else {}
    assert said in reason(NAME, today(base, **extra))


def test_a_law_of_another_form() -> None:
    assert "workload.law" in reason(NAME, today("gpt-3-175b", workload__law="kaplan"))
