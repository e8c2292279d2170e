"""Families: one table is all that names one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.scenario.foreign.test_huggingface import PUBLISHED, parameters
from thirdwatt.scenario.foreign import huggingface
from thirdwatt.scenario.foreign.families import FAMILIES, LLAMA, Family
from thirdwatt.scenario.foreign.families import __file__ as table_file


def words(path: str) -> set[str]:
    """Every string that a module's code compares or looks up, docstrings and messages apart."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_family_is_named_outside_the_table() -> None:
    assert sorted(words(huggingface.__file__) & FAMILIES.keys()) == []
    assert words(table_file) >= FAMILIES.keys()


def test_adding_a_family_is_a_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    config, published = PUBLISHED["llama-2-7b"]
    brandnew = {**config, "model_type": "brandnew", "sliding_window": 4096}
    assert any("'brandnew' is not known" in note for note in huggingface.draft(brandnew).notes)
    family = Family(shared_experts=None, window_every=4, qkv_bias=True, position_offset=2, positions=True)
    monkeypatch.setattr(huggingface, "FAMILIES", {**FAMILIES, "brandnew": family})
    draft = huggingface.draft(brandnew)
    assert not any("is not known" in note for note in draft.notes)
    assert draft.value("workload.transformer.sliding_window_every") == 4
    assert draft.value("workload.transformer.positions") == 4098
    assert parameters(draft) == published + 32 * 3 * 4096 + 4098 * 4096


@pytest.mark.parametrize("kind", sorted(kind for kind, family in FAMILIES.items() if family.inside))
def test_a_wrapper_without_its_language_model_is_not_known(kind: str) -> None:
    config, _ = PUBLISHED["llama-2-7b"]
    notes = huggingface.draft({**config, "model_type": kind}).notes
    assert any(f"family {kind!r} is not known" in note for note in notes)


def test_biases_are_those_of_the_family_unless_it_says() -> None:
    from thirdwatt.scenario.foreign import Keys

    said = Family(bias=True, bias_said=True)
    assert said.biased(Keys({})) is True
    assert said.biased(Keys({"use_bias": False})) is False
    assert said.biased(Keys({"no_bias": True})) is False
    assert LLAMA.biased(Keys({"use_bias": True})) is False
