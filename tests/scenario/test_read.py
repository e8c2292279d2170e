"""Files from strangers: YAML that would break its reader, and where a syntax error stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.scenario import InputError
from thirdwatt.scenario.read import read, strictly, yaml_document

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


@pytest.mark.parametrize("content", ["site: 2024-99-99", "[" * 20_000, "a: !!bool x", "a: &a 1\nb: *a"])
def test_scenarios_in_such_yaml_are_mistakes(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match="is not valid yaml"):
        read(str(path))


def test_a_schema_that_is_no_word(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text(f"schema = 0x{'f' * 9_000}\n")
    assert set(read(str(path))[1]) == {"schema"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", "a = 1\nb = = 2\n", "at line 2"),
        ("a.json", '{"a": 1,\n\n"b": }', "line 3"),
        ("a.yaml", "a: 1\nb: [\n", "line 3"),
        ("a", "[a]\nb = 1\nc = = 1\n", "at line 3"),
        ("a.toml", "a = 1\x00", "binary"),
        ("a.toml", "#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_strictly_says_where(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError) as found:
        strictly(str(path))
    (mistake,) = found.value.mistakes
    assert mistake.path == str(path)
    assert said in mistake.problem


def test_strictly_takes_any_form_of_document(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1]")
    assert strictly(str(tmp_path / "a.json")) == [1]
    with pytest.raises(InputError, match="is no file"):
        strictly(str(tmp_path / "b.json"))
    with pytest.raises(InputError, match="is a folder"):
        strictly(str(tmp_path))
