"""Scaling laws on scenarios: which are told, what they refuse, what they make of many at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.laws import TOLD, law, laws, outside, predicted, refusal
from thirdwatt.ledger.sweep import sweep

LOSS = "predicted_loss_nats_per_token"
DENSE: dict[str, Any] = {"workload": {"parameters": 70e9, "tokens": 1.4e12}}


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("deepseek-v3", "routes tokens to experts"),
        ("bert-base", "predict the next token"),
        ("alphafold-2", "what it is of"),
        ("startup-lora-8xh100", "fine-tuning"),
        ("gpt-4o", "tokens are not known"),
        ({"workload": {"tokens": 1e12}}, "size of the model is not known"),
        ({"workload": {"parameters": 1e9}}, "tokens are not known"),
        ({"workload": {"parameters": 1e6, "tokens": 1e10}}, "1e+06 parameters are outside"),
        ({"workload": {"parameters": 2e12, "tokens": 1e13}}, "2e+12 parameters are outside"),
        ({"workload": {"parameters": 1e9, "tokens": 1e7}}, "1e+07 tokens are outside"),
        ({"workload": {"parameters": 1e9, "tokens": 1e13, "epochs": 20}}, "2e+14 tokens are outside"),
    ],
)
def test_what_no_law_tells_is_refused_with_the_reason(document: Any, why: str) -> None:
    assert why in refusal(scenario_of(document))


@pytest.mark.parametrize("document", [DENSE, "gpt-3-175b", "llama-3.1-405b", "chinchilla-70b"])
def test_dense_pre_training_is_told_of(document: Any) -> None:
    scenario = scenario_of(document)
    assert refusal(scenario) == ""
    found = [float(predicted(scenario, each.id, None, (LOSS,))[LOSS][0]) for each in laws(scenario)]
    assert len(found) >= 2
    assert all(1.5 < each < 4 for each in found)


def test_the_scenario_s_own_law_comes_first() -> None:
    assert [each.id for each in laws(scenario_of(DENSE))] == list(TOLD)
    own = scenario_of({"workload": {**DENSE["workload"], "law": "Chinchilla"}})
    assert [each.id for each in laws(own)] == ["hoffmann", "besiroglu", "muennighoff"]
    kaplan = scenario_of({"workload": {**DENSE["workload"], "law": "kaplan"}})
    assert laws(kaplan)[0].id == "kaplan"
    said = predicted(kaplan, "kaplan")
    assert LOSS in said
    assert "isoloss_flop_ratio" not in said


def test_how_far_beyond_the_fit_is_said() -> None:
    assert law("besiroglu").beyond(1e9, 1e11) == ""
    assert law("besiroglu").beyond(160e9, 1e11) == "size 10 times above the fit"
    assert law("besiroglu").beyond(1e7, 5e12) == "size 4.4 times below the fit and data 10 times above the fit"
    assert outside(1e9, 1e11) == ""


def test_many_models_are_one_batch() -> None:
    random = np.random.default_rng(0)
    sizes, tokens = 10 ** random.uniform(7, 12, 1000), 10 ** random.uniform(8, 14, 1000)
    for name in (*TOLD, "kaplan"):
        over = {"active_parameter_count": sizes, "token_count": tokens}
        found = predicted(scenario_of({}), name, over, (LOSS,))[LOSS]
        assert found.shape == (1000,)
        for place in (0, 499):
            alone = {"workload": {"law": name, "parameters": float(sizes[place]), "tokens": float(tokens[place])}}
            assert predicted(scenario_of(alone), name, None, (LOSS,))[LOSS][0] == pytest.approx(found[place])


def test_a_law_is_a_choice_of_a_scenario() -> None:
    over = {"token_count": [1e12, 2e12]}
    one = sweep({"workload": {"parameters": 7e9, "law": "hoffmann"}}, over, (LOSS,))[LOSS]
    other = sweep({"workload": {"parameters": 7e9}}, over, (LOSS,))[LOSS]
    assert one[0] != other[0]
    assert one[0] > one[1]


def test_every_law_has_what_is_read_of_it() -> None:
    for row in table("laws"):
        found = law(row.id)
        assert found.label
        assert found.parameters[0] < found.parameters[1]
        assert found.tokens[0] < found.tokens[1]


def test_tokens_that_are_known_to_be_trained_on_follow_the_data_and_the_passes() -> None:
    """A known number cuts the graph: what varies before it would be without effect."""
    known = {"workload": {"parameters": 7e9, "tokens": 1e12, "epochs": 2}, "known": {"trained_token_count": 2e12}}
    plain = {"workload": {"parameters": 7e9, "tokens": 1e12, "epochs": 2}}
    several: list[dict[str, list[float]]] = [
        {"token_count": [1e12, 2e12]},
        {"epochs": [2.0, 6.0]},
        {"token_count": [1e12, 4e12], "epochs": [1.0, 3.0]},
    ]
    for over in several:
        one, other = (predicted(scenario_of(each), "kaplan", over, (LOSS,))[LOSS] for each in (known, plain))
        assert one == pytest.approx(other)
        assert one[0] > one[1]
    stated = {"token_count": [1e12, 2e12], "trained_token_count": [3e12, 3e12]}
    assert np.ptp(predicted(scenario_of(known), "kaplan", stated, (LOSS,))[LOSS]) == 0
