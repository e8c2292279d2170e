"""A result is there whole, or not at all."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from thirdwatt.data.fix.result import ReckoningError, Result, StoppedError, ThereError, report_of


def writes(text: str) -> Any:
    def write(path: str) -> dict[str, Any]:
        Path(path).write_text(text, encoding="utf-8")
        return {"letters": len(text)}

    return write


def made(out: Path, names: tuple[str, ...] = ("a", "b")) -> None:
    with closing(Result(str(out), "key")) as result:
        for name in names:
            assert result.file(name, writes(name)) == {"letters": 1}
        result.finish({"schema": "thirdwatt/dedup/1"}, [b'{"row": 1}\n', b'{"row": 2}\n'], names)


def tree(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))


def test_what_is_there_at_the_end(tmp_path: Path) -> None:
    made(tmp_path / "deep" / "out")
    files = ["data", "data/a", "data/b", "removed.jsonl", "report.json"]
    assert tree(tmp_path / "deep") == ["out", *(f"out/{each}" for each in files)]
    assert [json.loads(each) for each in (tmp_path / "deep/out/removed.jsonl").read_text().splitlines()] == [
        {"row": 1},
        {"row": 2},
    ]
    for where in ("deep/out", "deep/out/data"):
        assert report_of(str(tmp_path / where)) == {"schema": "thirdwatt/dedup/1"}
    assert report_of(str(tmp_path)) is None


def test_nothing_is_there_before(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        result.file("a", writes("a"))
        assert not (tmp_path / "out").exists()
        with pytest.raises(ZeroDivisionError):
            result.file("b", lambda path: {"never": 1 / len(Path(path).name[:0])})
    assert not (tmp_path / "out").exists()


def test_it_goes_on_behind_the_last_file(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        result.file("a", writes("a"))
    with closing(Result(str(tmp_path / "out"), "key")) as again:
        assert again.resumed
        assert again.note("b") is None
        assert again.file("a", lambda _: pytest.fail("it is there")) == {"letters": 1}


def test_a_file_that_is_not_as_it_was_noted_is_made_again(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        result.file("a", writes("a"))
        (result.made / "data" / "a").write_text("torn off", encoding="utf-8")
        assert result.file("a", writes("new")) == {"letters": 3}


def test_work_for_something_else_is_thrown_away(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        result.file("a", writes("a"))
    with closing(Result(str(tmp_path / "out"), "another")) as again:
        assert not again.resumed
        assert again.note("a") is None
        assert not list((again.made / "data").iterdir())


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_what_stands_there_is_not_touched(tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    if what == "folder":
        out.mkdir()
        (out / "mine").write_text("mine", encoding="utf-8")
    elif what == "file":
        out.write_text("mine", encoding="utf-8")
    else:
        out.symlink_to(tmp_path / "nowhere")
    before = tree(tmp_path)
    with pytest.raises(ThereError, match="is there already"):
        Result(str(out), "key")
    assert tree(tmp_path) == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    made(tmp_path / "out")
    assert (tmp_path / "out" / "report.json").exists()


def test_what_has_come_to_stand_there_meanwhile_is_not_touched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with closing(Result(str(out), "key")) as result:
        result.file("a", writes("a"))
        out.mkdir()
        (out / "mine").write_text("mine", encoding="utf-8")
        with pytest.raises(ThereError, match="meanwhile"):
            result.finish({}, [], ["a"])
    assert [each.name for each in out.iterdir()] == ["mine"]


def test_files_of_the_data_must_be_those_that_were_written(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        result.file("a", writes("a"))
        (result.made / "data" / "a.part.1").write_text("left by a kill", encoding="utf-8")
        for names in (["a", "b"], []):
            with pytest.raises(ReckoningError, match="files of data where"):
                result.finish({}, [], names)
    assert not (tmp_path / "out").exists()


def test_two_do_not_make_one_result(tmp_path: Path) -> None:
    with closing(Result(str(tmp_path / "out"), "key")), pytest.raises(BlockingIOError):
        Result(str(tmp_path / "out"), "key")


def test_a_kill_behind_the_renaming_leaves_a_whole_result_and_is_cleaned_up(tmp_path: Path) -> None:
    made(tmp_path / "out")
    (tmp_path / ".out.part" / "work").mkdir(parents=True)
    (tmp_path / ".out.part" / "lock").touch()
    with pytest.raises(ThereError):
        Result(str(tmp_path / "out"), "key")
    assert tree(tmp_path)[0] == "out"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="Not a directory"):
        Result(str(tmp_path / "file" / "out"), "key")


def test_a_hidden_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / ".out.part").mkdir()
    (tmp_path / ".out.part" / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(ThereError, match="of no fix"):
        Result(str(tmp_path / "out"), "key")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "also").write_text("mine", encoding="utf-8")
    with pytest.raises(ThereError, match="is there already"):
        Result(str(tmp_path / "out"), "key")
    assert tree(tmp_path) == [".out.part", ".out.part/mine", "out", "out/also"]


@pytest.mark.parametrize("workers", [1, 3])
def test_files_are_made_at_a_time_and_all_stop_where_one_fails(tmp_path: Path, workers: int) -> None:
    with closing(Result(str(tmp_path / "out"), "key")) as result:
        names = [str(each) for each in range(6)]
        tasks = [(name, writes(name)) for name in names]
        assert result.files(tasks, workers) == [{"letters": 1}] * 6

        def fails(_: str) -> dict[str, Any]:
            raise OSError("no room")

        with pytest.raises(OSError, match="no room"):
            result.files([*tasks, ("x", fails), ("y", writes("y"))], workers)
        if workers > 1:
            with pytest.raises(StoppedError):
                result.check()


def test_the_root_is_no_place(tmp_path: Path) -> None:
    with pytest.raises(ThereError):
        Result("/", "key")


def test_a_kill_while_the_work_is_cleaned_up_leaves_nothing_to_go_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("thirdwatt.data.fix.result.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "out")
    monkeypatch.undo()
    (tmp_path / "out").rename(tmp_path / "moved")
    with closing(Result(str(tmp_path / "out"), "key")) as again:
        assert not again.resumed
        assert again.note("a") is None
