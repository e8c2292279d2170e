"""Formats tried on samples of which the answer is known, and choices among trials of given figures."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from thirdwatt.data import formats, storage  # noqa: E402
from thirdwatt.data.storage import Trial, alike, best, trials  # noqa: E402

WORDS = [f"word{each}" for each in range(500)]


def prose(documents: int, seed: int = 1) -> list[bytes]:
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(WORDS, k=drawn.randrange(5, 200))).encode() for _ in range(documents)]


def tried(sample: Any, *ids: str, **more: Any) -> dict[str, Trial]:
    return {each.id: each for each in trials(sample, ids, **more)}


def made(name: str, stored: int, encode_s: float, decode_s: float, spread: float = 0.0) -> Trial:
    return Trial(name, "parquet", "none", None, None, 1, 1000, stored, encode_s, decode_s, decode_s * (1 - spread),
                 decode_s * (1 + spread))  # fmt: skip


def test_every_candidate_is_written_read_and_removed(tmp_path: Path) -> None:
    texts = [*prose(300), b"", 'größer 東京 "quoted"\n\\'.encode()]
    found = tried(texts, *storage.CANDIDATES, folder=str(tmp_path))
    assert set(found) == set(storage.CANDIDATES) - {"parquet-zstd-3-large"}  # the sample is one row group
    assert list(tmp_path.iterdir()) == []
    for each in found.values():
        assert each.rows == len(texts)
        assert each.text_byte == sum(map(len, texts))
        assert each.decode_low_s <= each.decode_cpu_s <= each.decode_high_s
        assert each.decode_cpu_s_per_byte[0] == each.decode_cpu_s / each.text_byte
        assert (each.row_group_rows is None) == (each.format == "jsonl")
        assert each.stored_ratio == each.stored_byte / each.text_byte
    lines = [json.dumps({"text": each.decode()}, ensure_ascii=False, separators=(",", ":")) for each in texts]
    assert found["jsonl"].stored_byte == sum(len(each.encode()) + 1 for each in lines)


def test_what_repeats_is_smaller_compressed() -> None:
    found = tried([b"the same words in every document of the sample " * 20] * 50 + prose(50), *storage.TRIED)
    assert found["parquet-zstd-3"].stored_byte < 0.3 * found["arrow-lz4"].text_byte
    assert found["jsonl-zstd-3"].stored_byte < 0.2 * found["jsonl"].stored_byte
    assert found["jsonl-gzip-6"].stored_byte < 0.2 * found["jsonl"].stored_byte


def test_what_cannot_be_compressed_is_best_left_alone() -> None:
    """Letters drawn alike: nothing repeats, so that codecs that look for repeats find none."""
    drawn = random.Random(4)
    letters = [chr(each) for each in range(32, 127)]
    found = tried(["".join(drawn.choices(letters, k=5000)).encode() for _ in range(60)], "parquet", "parquet-snappy",
                  "arrow", "arrow-lz4")  # fmt: skip
    assert found["parquet-snappy"].stored_byte > 0.99 * found["parquet"].stored_byte
    assert found["arrow-lz4"].stored_byte > 0.99 * found["arrow"].stored_byte
    assert best(list(found.values()), "parquet", 0).better is None


def test_row_groups_are_as_large_as_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "GROUP_BYTES", 10_000)
    texts = [b"x" * 1000] * 100
    found = tried(texts, "parquet-zstd-3", "parquet-zstd-3-large", "arrow-lz4")
    assert found["parquet-zstd-3"].row_group_rows == 10
    assert found["parquet-zstd-3-large"].row_group_rows == 100
    assert found["arrow-lz4"].row_group_rows == 10


def test_samples_of_every_kind_are_the_same() -> None:
    texts = prose(50)
    array = pa.array([each.decode() for each in texts])
    kinds: list[Any] = [texts, array, pa.chunked_array([array[:20], array[20:]]), pa.table({"body": array}),
                        pa.table({"id": range(50), "text": array.cast(pa.large_string())}),
                        pa.table({"text": pa.concat_arrays([array, pa.nulls(3, pa.string())])})]  # fmt: skip
    sizes = {tried(each, "parquet-zstd-3")["parquet-zstd-3"].stored_byte for each in kinds}
    assert len(sizes) == 1
    with pytest.raises(ValueError, match="one that is called text: here are a, b"):
        trials(pa.table({"a": array, "b": array}))


def test_bytes_that_are_no_text_are_tried_as_what_can_be_read() -> None:
    found = tried([b"\xff\xfe text", b"more"], "jsonl", "parquet")
    assert found["jsonl"].text_byte == len("\ufffd\ufffd text".encode()) + 4


def test_a_sample_is_as_large_as_the_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PROBE_BYTES", 20_000)
    texts = [b"a document of a thousand bytes " * 32] * 200
    few = tried(texts, "parquet", budget_s=1e-9)["parquet"]
    assert 20_000 <= few.text_byte < 21_000
    assert tried(texts, "parquet", budget_s=1e9)["parquet"].rows == 200
    monkeypatch.setattr(storage, "LARGEST_BYTES", 50_000)
    most = tried([b"y" * 60_000, *texts], "parquet", budget_s=1e9)["parquet"]
    assert 40_000 < most.text_byte <= 50_000


@pytest.mark.parametrize("sample", [[], [b""], [b"", b""]])
def test_a_sample_without_text_is_said(sample: list[bytes]) -> None:
    with pytest.raises(ValueError, match="no text"):
        trials(sample, ["jsonl"])


def test_a_candidate_that_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="no candidate zip; there are jsonl, jsonl-gzip-6"):
        trials([b"a"], ["zip"])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"formats cannot be tried in .*nowhere: No such file"):
        trials(prose(3), folder=str(tmp_path / "nowhere"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"formats cannot be tried in .*file: Not a directory"):
        trials(prose(3), folder=str(tmp_path / "file"))


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(storage.WRITERS, "parquet", full)
    with pytest.raises(OSError, match="No space left on device"):
        trials(prose(3), folder=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_reads_back_otherwise_is_no_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_read", lambda _: (2, 10))
    with pytest.raises(OSError, match="jsonl gave 2 documents of 10 bytes back: 3 of"):
        trials(prose(3), ["jsonl"])


def test_formats_without_a_reader_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(formats.READERS, ".arrow")
    assert set(tried(prose(3), "jsonl", "arrow-lz4")) == {"jsonl"}


def test_what_is_better_takes_no_more_of_either() -> None:
    plain, slow, fast, small = made("plain", 1000, 1, 2), made("slow", 300, 5, 9), made("fast", 700, 1, 1), \
        made("small", 400, 1, 1.5)  # fmt: skip
    found = best([plain, slow, fast, small], "plain", reads=10)
    assert found.present is plain
    assert found.better is small  # 400 × 16 is less than 700 × 11
    assert found.cpu_s(plain) == 20
    assert found.cpu_s(small) == 16
    assert [each.id for each in found.front] == ["slow", "small", "fast"]
    assert found.knee is small
    assert best([plain, slow, fast, small], "plain", reads=0.5).better is None  # writing it costs more than it saves
    assert best([plain, slow], "plain", reads=10).better is None
    assert best([plain, slow], "other", reads=10).present is None


def test_a_gain_within_the_spread_of_turns_is_none() -> None:
    now = made("now", 1000, 1, 2.0, spread=0.2)
    assert best([now, made("same", 990, 0, 1.9, spread=0.2)], "now", 100).better is None
    assert best([now, made("faster", 990, 0, 1.2, spread=0.2)], "now", 100).better is not None
    assert best([now, made("smaller", 900, 0, 2.0, spread=0.2)], "now", 100).better is not None


@given(
    figures=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=10),
    reads=st.integers(0, 20),
)
def test_the_front_is_what_nothing_else_is_below(figures: list[tuple[int, int, int]], reads: int) -> None:
    some = [made(str(number), stored, encode, decode) for number, (stored, encode, decode) in enumerate(figures)]
    found = best(some, "0", reads)
    taken = {each.id: (each.stored_byte, found.cpu_s(each)) for each in some}
    for each in some:
        below = any(storage._less(taken[other.id], taken[each.id]) for other in some)
        assert below != (each in found.front)
    assert found.knee in found.front
    stored = [each.stored_byte for each in found.front]
    assert stored == sorted(stored)
    if found.better:
        assert taken[found.better.id][0] <= taken["0"][0]
        assert taken[found.better.id][1] <= taken["0"][1]
        assert found.better is not some[0]


def test_what_makes_no_choice_is_said() -> None:
    with pytest.raises(ValueError, match="no trials"):
        best([], None, 1)
    with pytest.raises(ValueError, match="readings"):
        best([made("a", 1, 1, 1)], None, -1)


def like(name: str, ratio: float) -> Trial:
    how = storage.CANDIDATES[name]
    return Trial(name, how.format, how.codec, how.level, None, 1, 1000, int(1000 * ratio), 1, 1, 1, 1)


LIKE = [like("jsonl", 1.1), like("jsonl-gzip-6", 0.3), like("parquet-snappy", 0.5), like("parquet-zstd-1", 0.35),
        like("parquet-zstd-3", 0.3), like("parquet-zstd-9", 0.25), like("arrow-zstd-1", 0.35)]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "codec", "ratio", "expected"),
    [
        ("a/train.jsonl", "none", None, "jsonl"),
        ("a/train.jsonl.gz", "gzip", None, "jsonl-gzip-6"),
        ("https://a.b/train.parquet?download=true", "snappy", None, "parquet-snappy"),
        ("a.parquet", "zstd", 0.34, "parquet-zstd-1"),
        ("a.parquet", "zstd", 0.31, "parquet-zstd-3"),
        ("a.parquet", "zstd", None, "parquet-zstd-9"),
        ("a.feather", "zstd", 0.1, "arrow-zstd-1"),
        ("a.arrow", "none", None, None),
        ("a.csv", "none", None, None),
        ("a.parquet", "brotli", 0.3, None),
        ("a.parquet", None, 0.3, None),
    ],
)
def test_what_a_file_is_stored_like(path: str, codec: str | None, ratio: float | None, expected: str | None) -> None:
    assert alike(LIKE, path, codec, ratio) == expected
