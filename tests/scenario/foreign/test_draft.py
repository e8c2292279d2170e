"""Tokens that are assumed where no file tells them: marked, sourced, wide."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.scenario.foreign import Draft
from thirdwatt.scenario.foreign.draft import assumed_tokens
from thirdwatt.scenario.foreign.write import scenario


def drafted(**entries: Any) -> Draft:
    draft = Draft("a test")
    for path, value in entries.items():
        draft.put(path.replace("__", "."), value, "test")
    return draft


def test_pre_training_takes_twenty_tokens_a_parameter_and_says_whose_figure_that_is() -> None:
    entry = assumed_tokens(drafted(), lambda draft: 7e9)
    assert entry is not None
    value = entry.value
    assert (value["low"], value["value"], value["high"]) == (7e10, 1.4e11, 7e12)
    assert value["kind"] == "assumed"
    assert value["source"].startswith("20 a parameter")
    assert "Hoffmann et al. 2022, arXiv:2203.15556, table 3" in value["source"]
    text = scenario(drafted(), title="t", tokens=entry)
    assert "arXiv:2203.15556" in text
    assert "# assumed: state your own" in text


def test_a_model_of_the_table_has_tokens_of_its_own() -> None:
    def asked(draft: Draft) -> float:
        raise AssertionError("its parameters do not matter")

    assert assumed_tokens(drafted(workload__model="gpt-3-175b"), asked) is None


@pytest.mark.parametrize("method", ["sft", "dpo", "rl"])
def test_a_fine_tune_does_not_take_the_tokens_of_pre_training(method: str) -> None:
    entry = assumed_tokens(drafted(workload__method=method, workload__model="gpt-3-175b"), lambda draft: 7e9)
    assert entry is not None
    assert (entry.value["low"], entry.value["value"], entry.value["high"]) == (1e7, 1e8, 1e9)
    assert entry.value["kind"] == "assumed"


def test_without_a_size_nothing_is_assumed() -> None:
    assert assumed_tokens(drafted(), lambda draft: None) is None
