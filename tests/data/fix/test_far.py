"""Fixes and diffs of what is far away: the same result as of what is here, and what changes meanwhile is noticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed: the extra remote has it")
pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.data.revision.test_diff import pages
from tests.data.test_store import Server, memory, server
from thirdwatt.data import tokens
from thirdwatt.data.errors import ChangedError
from thirdwatt.data.fix import convert, dedup, pack
from thirdwatt.data.fix.forms import Options
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.revision import diff, sides

__all__ = ["memory", "server"]  # fixtures

PLACES = ("http", "page", "memory")


def dataset(folder: Path) -> list[Path]:
    """Two files of JSON lines with copies and a broken row, in a folder of their own."""
    (folder / "set").mkdir()
    found = []
    for number, texts in enumerate((pages(30), [*pages(10), "another page\n" * 5])):
        rows = "".join(json.dumps({"id": each, "text": text}) + "\n" for each, text in enumerate(texts))
        path = folder / "set" / f"{number}.jsonl"
        path.write_text(rows + '{"torn\n' * number)
        found.append(path)
    return found


def far(place: str, server: Server, memory: Any, paths: list[Path]) -> str:
    """The dataset at an address."""
    for path in paths:
        memory.pipe_file(f"/far/{path.name}", path.read_bytes())
    return {"http": f"{server.url}/set/0.jsonl", "page": f"{server.url}/set/", "memory": "memory://far"}[place]


def made(verb: str, where: str, out: Path, told: Any = None) -> dict[str, Any]:
    if verb == "dedup":
        return dedup.dedup(dedup.Wish(path=where, out=str(out), how=frozenset(("exact", "near"))), Kernels(), told)
    if verb == "convert":
        return convert.convert(convert.Wish(where, str(out), options=Options("zstd", 3, 1 << 20)), told)
    return pack.pack(pack.Wish(path=where, out=str(out), context=256, tokenizer=tokens.tokenizer("bytes")), told)


def content(out: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted((out / "data").iterdir())}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("verb", ["dedup", "convert", "pack"])
def test_the_same_comes_of_it(tmp_path: Path, server: Server, memory: Any, verb: str, place: str) -> None:
    paths = dataset(tmp_path)
    where = far(place, server, memory, paths)
    here = str(paths[0] if place == "http" else paths[0].parent)
    reports = [made(verb, each, tmp_path / name) for each, name in ((here, "here"), (where, "far"))]
    assert content(tmp_path / "far") == content(tmp_path / "here")
    for name in ("before", "after", "bad_rows"):
        one, other = (json.loads(json.dumps(report[name])) for report in reports)
        for each in (one, other):
            each.pop("samples", None)
        assert one == other
    assert reports[1]["bad_rows"]["count"] == (place != "http")


@pytest.mark.parametrize("place", PLACES)
def test_a_diff_with_what_is_far(tmp_path: Path, server: Server, memory: Any, place: str) -> None:
    paths = dataset(tmp_path)
    where = far(place, server, memory, paths)
    here = str(paths[0] if place == "http" else paths[0].parent)
    found = diff.diff(sides.opened(here, ""), sides.opened(where, ""), diff.Wish(tokens.tokenizer("bytes")), Kernels())
    assert found["documents"]["unchanged"]["rows"] == found["new"]["rows"] == found["old"]["rows"]
    assert found["transfer"] is None
    assert found["new_token_share"]["high"] == 0


@pytest.mark.parametrize("verb", ["dedup", "convert", "pack"])
def test_a_change_meanwhile_is_noticed(tmp_path: Path, memory: Any, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = dataset(tmp_path)
    for path in paths:
        memory.pipe_file(f"/far/{path.name}", path.read_bytes())
    grown = paths[0].read_bytes() + b'{"id": 99, "text": "one more"}\n'

    def told(_: Any) -> None:
        memory.pipe_file("/far/0.jsonl", grown)

    with pytest.raises(ChangedError):
        made(verb, "memory://far", tmp_path / "o", told)
    assert not (tmp_path / "o").exists()
