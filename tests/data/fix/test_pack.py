"""Documents packed into rows: all of them, each once, in as few rows as can be, the same whatever happens meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow.parquet as pq

from tests.data.fix import tokens_made as made
from thirdwatt.data import packing, tokens
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.fix import pack, packed, tokenised
from thirdwatt.data.fix.pack import Wish
from thirdwatt.data.fix.packed import Reckoning
from thirdwatt.data.fix.result import ReckoningError, Result, ThereError
from thirdwatt.data.formats.base import Packer

BYTES = tokens.tokenizer("bytes")


def wish(where: Path, out: Path, **changes: Any) -> Wish:
    return replace(Wish(str(where), str(out), 100, BYTES, file_byte=2000), **changes)


def rows(out: Path) -> list[dict[str, Any]]:
    return [row for each in sorted((out / "data").iterdir()) for row in pq.read_table(each).to_pylist()]


def segments(out: Path) -> Counter[tuple[int, ...]]:
    """The pieces in all rows, by their tokens."""
    found: Counter[tuple[int, ...]] = Counter()
    for row in rows(out):
        ends = np.cumsum(row["lengths"])
        found.update(tuple(each.tolist()) for each in np.split(np.array(row["input_ids"]), ends)[:-1])
    return found


def held(out: Path) -> Counter[bytes]:
    """The same where a byte is a token."""
    return Counter({bytes(each): count for each, count in segments(out).items()})


def cut(texts: list[str], context: int) -> Counter[bytes]:
    data = [each.encode() for each in texts]
    return Counter(each[at : at + context] for each in data for at in range(0, len(each), context))


@pytest.mark.parametrize("context", [1, 33, 100, 4096])
def test_every_document_is_there_once(tmp_path: Path, context: int) -> None:
    texts = made.texts(100)
    made.dataset(tmp_path / "d", [*texts, ""])
    found = pack.pack(wish(tmp_path / "d", tmp_path / "o", context=context))
    assert held(tmp_path / "o") == cut(texts, context)
    assert found == json.loads((tmp_path / "o" / "report.json").read_text())
    after = found["after"]
    assert after["tokens"] == sum(len(each.encode()) for each in texts) == found["before"]["tokens"]
    assert after["rows"] == len(rows(tmp_path / "o")) == sum(each["rows"] for each in found["files"])
    assert after["documents"] == 100
    assert after["split_documents"] == sum(len(each.encode()) > context for each in texts)
    assert found["before"]["rows"] == 101
    assert found["removed"] == {"empty": {"rows": 1}}
    assert after["padding_tokens"] == after["rows"] * context - after["tokens"]
    assert found["padding_share"]["bound"] <= found["padding_share"]["packed"]
    assert after["files"] == len(list((tmp_path / "o" / "data").iterdir()))
    told = [json.loads(each) for each in (tmp_path / "o" / "removed.jsonl").read_text().splitlines()]
    assert sorted(each["why"] for each in told) == ["bad row: broken JSON", "bad row: broken JSON", "empty"]
    assert found["bad_rows"]["count"] == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["d", "o"]


def test_ends_and_padding_of_a_tokenizer(tmp_path: Path) -> None:
    texts = made.texts(50)
    made.dataset(tmp_path / "d", texts)
    own = made.tokenizer(tmp_path, "<|endoftext|>", "<pad>")
    found = pack.pack(wish(tmp_path / "d", tmp_path / "o", tokenizer=own))
    end, pad = own.special["<|endoftext|>"], own.special["<pad>"]
    assert found["end"] == {"token": "<|endoftext|>", "id": end}
    assert found["after"]["end_tokens"] == 50
    assert found["after"]["tokens"] == found["before"]["tokens"] + 50 == int(own.counts(texts).sum()) + 50
    assert sum(row["input_ids"].count(end) for row in rows(tmp_path / "o")) == 50
    assert all(row["input_ids"][sum(row["lengths"]) :] == [pad] * (100 - sum(row["lengths"]))
               for row in rows(tmp_path / "o"))  # fmt: skip
    none = pack.pack(wish(tmp_path / "d", tmp_path / "n", tokenizer=own, end="none"))
    assert none["end"] is None
    assert none["after"]["tokens"] == none["before"]["tokens"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=120), st.integers(1, 90), st.integers(1, 3),
    st.sampled_from([300, 70_000]), st.sampled_from(packed.FORMS),
)  # fmt: skip
def test_rows_hold_all_pieces_of_all_lots(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], context: int, lots: int, vocabulary: int, form: str
) -> None:
    own = made.tokenised(lengths, vocabulary)
    path = str(tmp_path_factory.mktemp("p") / "x")
    found = Reckoning()
    count = 0
    for number in range(min(lots, len(lengths))):
        lot = pack.lot(own, context, 0, number, min(lots, len(lengths)))
        block = pack.gathered(own.ids.mapped().array, lot, 0, len(lot.rows), context, 0)
        packed.write(path, form, np.dtype(np.uint16 if vocabulary == 300 else np.int32), [block])
        read, pieces = packed.proof(path, form, context, 0)
        found.join(pieces)
        count += read
    assert found.same(pack.reckoned(own, context))
    assert found.tokens == sum(lengths)
    bound = packing.lower_bound(packing.fitted(packing.histogram(np.array(lengths)), context, "split"), context)
    assert count >= bound
    own.close()


def test_rows_are_within_a_thousandth_of_the_bound(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    lengths = np.maximum(1, draw.lognormal(5, 1, 20_000)).astype(int).tolist()
    own = made.tokenised(lengths)
    lot = pack.lot(own, 1024, 0, 0, 1)
    documents = packing.fitted(packing.histogram(np.array(lengths)), 1024, "split")
    assert len(lot.rows) <= 1.001 * packing.lower_bound(documents, 1024)


def test_workers_and_what_is_read_together_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.dataset(tmp_path / "d", made.texts(300))
    own = made.tokenizer(tmp_path, "</s>")
    pack.pack(wish(tmp_path / "d", tmp_path / "a", tokenizer=own))
    pack.pack(wish(tmp_path / "d", tmp_path / "b", tokenizer=own, workers=3))
    monkeypatch.setattr(Packer.__init__, "__defaults__", (7,))
    monkeypatch.setattr(tokens, "LOAD_TEXTS", 3)
    monkeypatch.setattr(tokenised, "CHUNK_DOCUMENTS", 11)
    pack.pack(wish(tmp_path / "d", tmp_path / "c", tokenizer=own))
    assert made.files(tmp_path / "a") == made.files(tmp_path / "b") == made.files(tmp_path / "c")
    pack.pack(wish(tmp_path / "d", tmp_path / "e", tokenizer=own, seed=1))
    assert made.files(tmp_path / "a") != made.files(tmp_path / "e")
    assert segments(tmp_path / "a") == segments(tmp_path / "e")


def test_little_memory_packs_in_lots(tmp_path: Path) -> None:
    texts = made.texts(400)
    made.dataset(tmp_path / "d", texts)
    one = pack.pack(wish(tmp_path / "d", tmp_path / "a"))
    many = pack.pack(wish(tmp_path / "d", tmp_path / "b", memory_byte=40_000))
    assert held(tmp_path / "b") == cut(texts, 100)
    assert one["after"]["rows"] <= many["after"]["rows"] <= 1.05 * one["after"]["rows"]


def test_arrow(tmp_path: Path) -> None:
    import pyarrow as pa

    made.dataset(tmp_path / "d", made.texts(60))
    pack.pack(wish(tmp_path / "d", tmp_path / "a"))
    pack.pack(wish(tmp_path / "d", tmp_path / "b", form="arrow"))
    found = []
    for each in sorted((tmp_path / "b" / "data").iterdir()):
        with pa.memory_map(str(each)) as file:
            found += pa.ipc.open_stream(file).read_all().to_pylist()
    assert found == rows(tmp_path / "a")


class StopError(Exception):
    """In the midst of it."""


@pytest.mark.parametrize("stop", range(6))
@pytest.mark.parametrize("workers", [1, 2])
def test_one_that_is_stopped_between_files_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int, workers: int
) -> None:
    made.dataset(tmp_path / "d", made.texts(100))
    pack.pack(wish(tmp_path / "d", tmp_path / "whole"))
    noted, seen = Result.file, 0

    def file(own: Result, name: str, write: Any) -> dict[str, Any]:
        nonlocal seen
        seen += 1
        if seen == stop + 1:
            raise StopError
        return noted(own, name, write)

    monkeypatch.setattr(Result, "file", file)
    with pytest.raises(StopError):
        pack.pack(wish(tmp_path / "d", tmp_path / "o", workers=workers))
    assert not (tmp_path / "o").exists()
    seen = 100
    wrote = []
    real = packed.write

    def write(path: str, *given: Any) -> None:
        wrote.append(path)
        real(path, *given)

    monkeypatch.setattr(packed, "write", write)
    pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    assert made.files(tmp_path / "o") == made.files(tmp_path / "whole")
    files = len(list((tmp_path / "o" / "data").iterdir()))
    assert len(wrote) == files - stop if workers == 1 else len(wrote) <= files


def test_what_is_there_stays(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", made.texts(10))
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mine").write_text("x")
    with pytest.raises(ThereError):
        pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    assert made.files(tmp_path / "o") == {"mine": b"x"}


def test_files_that_change_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.dataset(tmp_path / "d", made.texts(10))
    real = tokenised.tokenised

    def changed(*given: Any) -> Any:
        found = real(*given)
        with (tmp_path / "d" / "0.jsonl").open("a") as file:
            file.write('{"text": "more"}\n')
        return found

    monkeypatch.setattr(tokenised, "tokenised", changed)
    with pytest.raises(ChangedError, match="changed while"):
        pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    monkeypatch.undo()
    assert pack.pack(wish(tmp_path / "d", tmp_path / "o"))["after"]["documents"] == 11


def test_nothing_that_has_tokens(tmp_path: Path) -> None:
    made.dataset(tmp_path / "d", ["", ""])
    with pytest.raises(EmptyError, match="no document with a token"):
        pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_a_context_that_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a context of 0"):
        pack.pack(wish(tmp_path, tmp_path / "o", context=0))


@pytest.mark.parametrize("what", ["twice", "lost", "other"])
def test_rows_that_are_not_all_of_it_do_not_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Gathered wrongly, so that each file is what it was to be, and all together are not."""
    made.dataset(tmp_path / "d", made.texts(50))
    real = pack.lot

    def wrong(*given: Any) -> pack.Lot:
        found = real(*given)
        if what == "twice":
            found.rows.pieces[0] = found.rows.pieces[1]
        elif what == "lost":
            return replace(found, rows=replace(found.rows, begins=found.rows.begins[:-1]))
        else:
            found.pieces.begins[0] += 1
        return found

    monkeypatch.setattr(pack, "lot", wrong)
    with pytest.raises(ReckoningError):
        pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    assert not (tmp_path / "o").exists()


def test_a_file_that_is_written_wrongly_does_not_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.dataset(tmp_path / "d", made.texts(50))
    real = packed.table

    def wrong(block: packed.Block, kind: Any) -> Any:
        block.ids[0, 0] += 1
        return real(block, kind)

    monkeypatch.setattr(packed, "table", wrong)
    with pytest.raises(ReckoningError, match="or others"):
        pack.pack(wish(tmp_path / "d", tmp_path / "o"))
    assert not (tmp_path / "o").exists()
