"""A scan of files of several formats: copies, likenesses, rows that are none; interrupted and gone on with."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.near.test_words import planted
from thirdwatt.data import reading, sample, scan
from thirdwatt.data.errors import ChangedError
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import BadRow, Texts
from thirdwatt.data.journal import Journal
from thirdwatt.data.near import words_numpy
from thirdwatt.data.near.find import Search, find
from thirdwatt.data.reading import Progress
from thirdwatt.data.scan import Documents, Plan


def dataset(where: Path, count: int = 200) -> list[bytes]:
    """A folder of two files, and the documents in them."""
    where.mkdir(exist_ok=True)
    texts = [*planted(8, count), b"", b"short", b"short"]
    table = pa.table({"text": [each.decode() for each in texts[: count // 2]]})
    pq.write_table(table, where / "a.parquet", row_group_size=16)
    rows = [json.dumps({"text": each.decode()}) for each in texts[count // 2 :]]
    rows.insert(3, "[torn")
    (where / "b.jsonl").write_text("\n".join([*rows, "{torn"]))
    (where / "notes.xyz").write_text("no dataset")
    (where / "again.parquet").symlink_to(where / "a.parquet")
    os.link(where / "b.jsonl", where / "c.jsonl")
    return texts


def plan(where: Path, work: Path, **changes: Any) -> tuple[Plan, Bad]:
    bad = Bad()
    sources, _ = scan.opened(files(str(where)).paths, "", bad)
    return Plan(**{"sources": tuple(sources), "form": words_numpy, "folder": str(work), "key": "k", **changes}), bad


def scanned(where: Path, work: Path, **changes: Any) -> tuple[Documents, Bad]:
    made, bad = plan(where, work, **changes)
    return scan.scan(made, bad), bad


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found, bad = scanned(tmp_path / "d", tmp_path / "w")
    assert found.byte.tolist() == list(map(len, texts))
    assert bad.counts == {"broken JSON": 2}
    assert found.first.tolist() == [texts.index(each) for each in texts]
    assert found.files == (0, 100, len(texts))
    assert found.row.tolist() == [*range(100), 0, 1, 2, *range(4, 104)]
    assert not (tmp_path / "w").exists()
    assert not found.resumed


def test_it_finds_what_a_search_of_all_documents_in_memory_does(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "d")
    found, _ = scanned(tmp_path / "d", tmp_path / "w")
    data, offsets = np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)
    whole = find(lambda: [(data, offsets)], words_numpy)
    assert found.alike is not None
    assert ((found.alike.verified | found.copies) == (whole.verified | found.copies)).all()
    alone = ~found.copies
    assert found.alike.verified[alone].tolist() == whole.verified[alone].tolist()
    told = {each.id: each for each in scan.masks(found, plan(tmp_path / "d", tmp_path / "w")[0].sources, "D")}
    full = [each for each in texts if each]
    assert told["exact_duplicates"].which.sum() == len(full) - len(set(full))
    assert told["empty_documents"].which.sum() == 1
    assert told["near_duplicates"].which.sum() > 10
    assert not told["flagged_duplicates"].verified
    assert "is like" in told["near_duplicates"].examples[0]


@pytest.mark.parametrize("memory_byte", [1, 20_000, 240_000])
def test_memory_changes_nothing(tmp_path: Path, memory_byte: int) -> None:
    dataset(tmp_path / "d")
    one, _ = scanned(tmp_path / "d", tmp_path / "w")
    other, _ = scanned(tmp_path / "d", tmp_path / "w", memory_byte=memory_byte)
    assert one.alike is not None
    assert other.alike is not None
    assert one.alike.witness.tolist() == other.alike.witness.tolist()
    assert one.alike.flagged.tolist() == other.alike.flagged.tolist()
    assert one.first.tolist() == other.first.tolist()


SOME_BYTES = 600_000
"""Memory that holds the runs of some of the documents."""


@pytest.mark.parametrize(("memory_byte", "least", "most"), [(1, 1, 1), (SOME_BYTES, 0.2, 0.8), (2_000_000_000, 0, 0)])
def test_what_is_kept_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory_byte: int, least: float, most: float
) -> None:
    dataset(tmp_path / "d")
    monkeypatch.setattr("thirdwatt.data.formats.base.BATCH_ROWS", 8)
    wanted, left = reading.wanted, []

    def noted(sources: Any, place: Any, some: Any, *others: Any) -> Any:
        left.append(len(some))
        return wanted(sources, place, some, *others)

    monkeypatch.setattr(reading, "wanted", noted)
    for each in (1, memory_byte):
        scanned(tmp_path / "d", tmp_path / "w", memory_byte=each)
    assert least <= left[1] / left[0] <= most


class Counting:
    """A look that counts bytes."""

    name = "counting"

    def __init__(self) -> None:
        self.byte = 0

    def take(self, texts: Texts) -> None:
        self.byte += int(texts.offsets[-1] - texts.offsets[0])

    def state(self) -> dict[str, np.ndarray]:
        return {"byte": np.array(self.byte)}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        self.byte = int(arrays["byte"])


class StopError(Exception):
    """In the midst of it."""


@pytest.mark.parametrize("memory_byte", [1, SOME_BYTES, 2_000_000_000])
@pytest.mark.parametrize("stop", range(1, 60, 4))
def test_an_interrupted_scan_goes_on_and_finds_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int, memory_byte: int
) -> None:
    """Stopped after any batch of either reading, noted at every second one, and with more on disk than was noted."""
    dataset(tmp_path / "d")
    whole, bad_whole = scanned(tmp_path / "d", tmp_path / "w")
    monkeypatch.setattr(scan, "SAVE_S", 0.0)
    monkeypatch.setattr("thirdwatt.data.formats.base.BATCH_ROWS", 8)
    monkeypatch.setattr(reading, "JUMP_ROWS", 10)
    seen = 0
    noted = scan._Work._save

    def save(work: Any, *, always: bool = False) -> None:
        nonlocal seen
        seen += 1
        if seen == stop:
            raise StopError
        if always or seen % 2:
            work._next_save_s = 0.0
            noted(work, always=always)

    monkeypatch.setattr(scan._Work, "_save", save)
    first = Counting()
    made, bad = plan(tmp_path / "d", tmp_path / "w", looks=(first,), memory_byte=memory_byte)
    try:
        found = scan.scan(made, bad)
    except StopError:
        second = Counting()
        made, bad = plan(tmp_path / "d", tmp_path / "w", looks=(second,), memory_byte=memory_byte)
        found = scan.scan(made, bad)
        assert found.resumed == (stop > 2)
        first = second
    assert found.byte.tolist() == whole.byte.tolist()
    assert found.row.tolist() == whole.row.tolist()
    assert found.files == whole.files
    assert found.alike is not None
    assert whole.alike is not None
    assert found.alike.witness.tolist() == whole.alike.witness.tolist()
    assert bad.counts == bad_whole.counts
    assert sorted(each.row for each in bad.first) == sorted(each.row for each in bad_whole.first)
    assert first.byte == whole.byte.sum()


def test_the_second_reading_goes_on_before_bad_rows_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last bad row is behind where the second reading stopped, in the same file."""
    dataset(tmp_path / "d", 6000)
    whole, told = scanned(tmp_path / "d", tmp_path / "w", memory_byte=400_000)
    noted = scan._Work._save

    def save(work: Any, *, always: bool = False) -> None:
        if work._state.reading == 2 and work._state.place.file == 1 and work._state.place.row:
            assert work._state.place.row < 3003
            noted(work, always=True)
            raise StopError
        noted(work, always=always)

    with monkeypatch.context() as patch:
        patch.setattr(scan._Work, "_save", save)
        with pytest.raises(StopError):
            scanned(tmp_path / "d", tmp_path / "w", memory_byte=400_000)
    found, bad = scanned(tmp_path / "d", tmp_path / "w", memory_byte=400_000)
    assert found.resumed
    assert found.alike is not None
    assert whole.alike is not None
    assert found.alike.witness.tolist() == whole.alike.witness.tolist()
    assert bad.counts == told.counts
    assert bad.first == told.first


def test_a_sample_of_parts_of_one_file_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that stands before the last one in the file may come after it."""
    (tmp_path / "d").mkdir()
    rows = [None if each % 50 == 49 else f"document {each} " * 5 for each in range(2000)]
    pq.write_table(pa.table({"text": rows}), tmp_path / "d" / "a.parquet", row_group_size=50)
    made, bad = plan(tmp_path / "d", tmp_path / "w")
    parts = sample.drawn(made.sources, 10**9, seed=1).sources
    whole = scan.scan(replace(made, sources=parts), bad)
    noted = scan._Work._save
    left = 7

    def save(work: Any, *, always: bool = False) -> None:
        nonlocal left
        noted(work, always=True)
        left -= 1
        if not left:
            raise StopError

    again = Bad()
    with monkeypatch.context() as patch:
        patch.setattr(scan._Work, "_save", save)
        with pytest.raises(StopError):
            scan.scan(replace(made, sources=parts), Bad())
    found = scan.scan(replace(made, sources=parts), again)
    assert found.resumed
    assert found.row.tolist() == whole.row.tolist()
    assert again.counts == bad.counts == {"no text": 40}


def test_work_for_something_else_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset(tmp_path / "d")
    monkeypatch.setattr(scan, "SAVE_S", 0.0)
    monkeypatch.setattr("thirdwatt.data.near.find.Search.found", lambda *_: (_ for _ in ()).throw(StopError()))
    with pytest.raises(StopError):
        scanned(tmp_path / "d", tmp_path / "w")
    monkeypatch.undo()
    found, _ = scanned(tmp_path / "d", tmp_path / "w", key="other")
    assert not found.resumed
    assert len(found.byte) == 203


def test_a_note_without_its_columns_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset(tmp_path / "d")
    monkeypatch.setattr(scan, "SAVE_S", 0.0)
    for lost in ("rows", "sizes", "digests", "keys.3", "signatures"):
        with monkeypatch.context() as patch:
            patch.setattr("thirdwatt.data.near.find.Search.found", lambda *_: (_ for _ in ()).throw(StopError()))
            with pytest.raises(StopError):
                scanned(tmp_path / "d", tmp_path / "w")
        (tmp_path / "w" / lost).write_bytes(b"")
        found, bad = scanned(tmp_path / "d", tmp_path / "w")
        assert not found.resumed
        assert len(found.byte) == 203
        assert bad.counts == {"broken JSON": 2}


def test_a_note_that_is_torn_is_none(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "w"))
    journal.save({"a": 1}, {"b": np.arange(3)})
    assert journal.load() is not None
    whole = (tmp_path / "w" / "place.npz").read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "w" / "place.npz").write_bytes(whole[:cut])
        assert journal.load() is None
    journal.leave()


def test_two_scans_do_not_work_in_one_folder(tmp_path: Path) -> None:
    dataset(tmp_path / "d")
    journal = Journal(str(tmp_path / "w"))
    with pytest.raises(BlockingIOError):
        scanned(tmp_path / "d", tmp_path / "w")
    journal.leave()
    assert len(scanned(tmp_path / "d", tmp_path / "w")[0].byte) == 203


def test_documents_that_change_in_between_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset(tmp_path / "d")
    made, bad = plan(tmp_path / "d", tmp_path / "w", memory_byte=1)
    choose = Search.choose

    def changed(search: Any, copies: Any = None) -> Any:
        rows = (tmp_path / "d" / "b.jsonl").read_text().split("\n")
        (tmp_path / "d" / "b.jsonl").write_text("\n".join(rows[::-1]))
        return choose(search, copies)

    monkeypatch.setattr(Search, "choose", changed)
    with pytest.raises(ChangedError, match="changed while they were read"):
        scan.scan(made, bad)


@pytest.mark.parametrize("memory_byte", [1, SOME_BYTES, 2_000_000_000])
def test_progress_comes_to_all_of_it(tmp_path: Path, memory_byte: int) -> None:
    dataset(tmp_path / "d")
    made, bad = plan(tmp_path / "d", tmp_path / "w", memory_byte=memory_byte)
    seen: list[tuple[int, int]] = []
    scan.scan(made, bad, lambda progress: seen.append((progress.done_byte, progress.total_byte)))
    assert seen[-1][0] == seen[-1][1] == 2 * sum(each.stored_byte for each in made.sources)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_a_reader_raises_is_raised_where_it_is_asked_for(tmp_path: Path) -> None:
    class Broken:
        path, column, kind, stored_byte, at = "f", "", "text", 10, 0
        columns: dict[str, int] = {}  # noqa: RUF012

        def texts(self, bad: Any, first: int = 0) -> Any:
            bad(BadRow("f", 0, "why", b""))
            raise MemoryError("no more")
            yield

    bad = Bad()
    with pytest.raises(MemoryError, match="no more"):
        list(reading.batches([Broken()], reading.Place(), bad, Progress(10)))  # type: ignore[list-item]
    assert bad.counts == {"why": 1}


TRY = """
import sys
from thirdwatt.data import scan
from tests.data.test_scan import plan
from dataclasses import replace
from pathlib import Path
scan.SAVE_S = 0.0
where = Path(sys.argv[1])
made, bad = plan(where / "d", where / "w")
found = scan.scan(made, bad)
print(found.resumed, int((found.alike.witness >= 0).sum()), len(found.byte), dict(bad.counts))
"""


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    dataset(tmp_path / "d", 3000)
    whole, bad = scanned(tmp_path / "d", tmp_path / "w")
    assert whole.alike is not None
    expected = [str(int((whole.alike.witness >= 0).sum())), str(len(whole.byte)), str(dict(bad.counts))]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path])}

    def begun() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", TRY, str(tmp_path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)

    def ended(child: subprocess.Popen[str]) -> bool:
        told, _ = child.communicate(timeout=60)
        resumed, *others = told.split(None, 3)
        assert others == [*expected[:2], expected[2] + "\n"]
        return resumed == "True"

    since = time.monotonic()
    assert not ended(begun())
    took_s = time.monotonic() - since
    draw = random.Random(5)
    kills = resumed = 0
    for turn in range(80):  # at moments of its own length, until there were enough, whatever the machine
        if turn >= 16 and kills > 8 and resumed > 1:
            break
        child = begun()
        time.sleep(took_s * draw.uniform(0.5, 1.0))
        child.send_signal(signal.SIGKILL)
        if child.wait():
            kills += 1
            child.communicate()
        else:
            ended(child)
        resumed += ended(begun())
    assert kills > 8
    assert resumed > 1
