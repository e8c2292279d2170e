"""Where scenarios come from, what is said where there is none, and where a syntax error stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from thirdwatt.scenario import InputError
from thirdwatt.scenario.read import loosely, presets, read, strictly


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
    with pytest.raises(InputError, match="the file does not exist"):
        strictly(str(tmp_path / "b.json"))
    with pytest.raises(InputError, match="it is a folder"):
        strictly(str(tmp_path))


def said(where: str) -> str:
    with pytest.raises(InputError) as found:
        read(where)
    (mistake,) = found.value.mistakes
    return str(mistake)


def test_a_misspelt_preset_is_told_the_nearest_and_how_to_see_all() -> None:
    assert said("llama-3.1-8") == (
        "llama-3.1-8: is neither a preset nor a file; did you mean llama-3.1-8b? (or llama-3-8b or llama-3.1-70b); "
        "thirdwatt estimate, without a name, lists all presets"
    )


def test_what_is_like_no_preset_is_not_told_them_all() -> None:
    far = said("zzzz")
    assert far == "zzzz: is neither a preset nor a file; thirdwatt estimate, without a name, lists all presets"
    assert len(said("x" * 100_000)) < 400


@pytest.mark.parametrize("name", ["absent.toml", "runs/absent", "./absent", "runs/gpt-4oo.yaml"])
def test_a_path_that_leads_nowhere_is_no_misspelt_preset(name: str) -> None:
    assert said(name) == f"{name}: cannot be read: the file does not exist; check the path"


def test_a_preset_named_as_a_file_is_recognised() -> None:
    assert said("gpt-4o.toml").endswith("the file does not exist; a preset is named gpt-4o")


def test_a_folder_named_like_a_preset_hides_it_no_more_than_a_file_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt-4o").mkdir()
    assert read("gpt-4o")[1]["workload"]["model"] == "gpt-4o"
    (tmp_path / "gpt-4").write_text("title = 'mine'")
    assert read("gpt-4") == ("gpt-4", {"title": "mine"})
    assert {"gpt-4", "gpt-4o"} <= set(presets())


def test_the_beginning_of_a_long_log_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thirdwatt.scenario.content.MAX_LAUNCH", 10)
    path = tmp_path / "train.log"
    path.write_bytes("a = 1\n# éé and more".encode())
    text, document = loosely(str(path))
    assert text == "a = 1\n# é"
    assert document == {"a": 1}
