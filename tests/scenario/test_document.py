"""YAML from strangers that would break its reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.scenario import InputError
from thirdwatt.scenario.document import parsed, perhaps, yaml_document

TAGS = ("bool", "int", "float", "timestamp", "binary", "null", "set", "omap", "pairs", "map", "seq", "str")


@pytest.mark.parametrize(
    "text",
    [
        "date: 2024-99-99",
        "at: 2024-01-01 00:00:00 +99:99",
        "[" * 20_000,
        "- " * 20_000 + "a",
        "a: &a [1]\nb: *a",
        "x" * 200_001,
        "? [a]\n: b",
        "a: [",
        "a: \x01",
        *(f"a: !!{tag} {value}" for tag in ("bool", "int", "float", "timestamp") for value in ("x-y", '""')),
        "a: !!python/object/apply:os.system [ls]",
    ],
)
def test_yaml_that_cannot_be_read_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as found:
        yaml_document(text)
    assert type(found.value) is ValueError


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TAGS), st.text(max_size=12) | st.sampled_from(['""', "0x_", "1:2:3", "{}", "[1]", "2024-13-01"]))
def test_any_tagged_value(tag: str, value: str) -> None:
    try:
        yaml_document(f"a: !!{tag} {value}")
    except ValueError as error:
        assert type(error) is ValueError


@pytest.mark.parametrize("suffix", ["", ".toml", ".json", ".yaml"])
def test_what_is_no_document_is_a_mistake_or_perhaps_none(suffix: str) -> None:
    broken = "[a]\nb = = 1\n- x: {"
    with pytest.raises(InputError, match=r"^here: is not valid"):
        parsed(broken, "here", suffix)
    assert perhaps(broken, suffix) is None


def test_the_form_is_found_without_a_suffix() -> None:
    assert perhaps('{"a": 1}', "") == perhaps("a = 1", "") == perhaps("a: 1", "") == {"a": 1}
