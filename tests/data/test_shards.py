"""What files and row groups cost, on sets whose figures can be computed by hand."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data.shards import MB, FileFacts, Layout, facts, idle_share, layout, least_idle_share


def of(files: list[FileFacts], workers: int = 8) -> dict[str, Layout]:
    return {each.id: each for each in layout(files, "a set", workers)}


def test_a_set_that_is_well_divided_has_no_findings() -> None:
    group = (1000, 8 * MB)
    files = [FileFacts(f"{each}.parquet", 256 * MB, row_groups=(group,) * 32, codec="zstd") for each in range(16)]
    assert layout(files) == ()
    assert layout([]) == ()
    assert layout([FileFacts("empty", 0)]) == ()


def test_many_small_files() -> None:
    found = of([FileFacts(f"{each}.txt", 1000, codec="zstd") for each in range(10_000)])["small_files"]
    assert found.numbers == {
        "files_count": 10_000,
        "tiny_count": 10_000,
        "tiny_share": 1.0,
        "small_count": 10_000,
        "small_share": 1.0,
        "small_byte": 10 * MB,
        "requests_per_epoch_count": 10_000,
        "merged_count": 1,
        "merged_requests_per_epoch_count": 3,  # the footer, and 10 MB by ranges of 8 MiB
    }
    assert found.fix == "thirdwatt data convert 'a set' --out DIR --shard-size 256MB"


def test_small_files_beside_large_ones() -> None:
    small = [FileFacts(f"{each}.parquet", 2 * MB, row_groups=((10, 2 * MB),)) for each in range(300)]
    large = [FileFacts(f"l{each}.parquet", 300 * MB) for each in range(100)]
    found = of(small + large)["small_files"].numbers
    assert found["small_share"] == 0.75
    assert found["tiny_count"] == 0
    assert found["requests_per_epoch_count"] == 600  # a footer each
    assert found["merged_count"] == 3


def test_a_few_small_files_are_no_finding() -> None:
    assert layout([FileFacts(f"{each}.txt", 1000) for each in range(50)]) == ()


def test_shards_of_unequal_size() -> None:
    """By hand: workers have 300 + 100, 100 + 100, 100, 100 MB, and an epoch is as long as the first one's."""
    files = [FileFacts(f"{each}", size * MB) for each, size in enumerate([300, 100, 100, 100, 100, 100])]
    found = of(files, workers=4)["unequal_shards"]
    assert found.numbers["idle_share"] == 1 - 800 / (4 * 400)
    assert found.numbers["least_idle_share"] == pytest.approx(1 - 800 / (4 * 300))
    assert found.numbers["largest_ratio"] == 3
    assert found.fix.endswith("--shard-size 200MB")
    assert of(files, workers=1) == {}
    assert of(files[1:5], workers=4) == {}


def test_fewer_files_than_workers() -> None:
    found = of([FileFacts("one.jsonl", 2000 * MB, codec="zstd")], workers=8)
    assert found["few_shards"].numbers["idle_share"] == 1 - 1 / 8
    assert found["few_shards"].fix.endswith("--shard-size 250MB")
    assert of([FileFacts("one.jsonl", 200 * MB, codec="zstd")], workers=8) == {}  # less than a shard


SIZES = st.lists(st.integers(1, 1000), min_size=1, max_size=40)


@given(sizes=SIZES, workers=st.integers(1, 12))
def test_idle_shares_are_shares(sizes: list[int], workers: int) -> None:
    load = [sum(sizes[each::workers]) for each in range(workers)]
    assert idle_share(sizes, workers) == pytest.approx(sum(max(load) - each for each in load) / (workers * max(load)))
    least = least_idle_share(sizes, workers)
    assert 0 <= least < 1
    longest = sum(sizes) / (workers * (1 - least))
    assert longest >= max(sizes) * (1 - 1e-9)
    assert longest <= (4 / 3 - 1 / (3 * workers)) * max(load) * (
        1 + 1e-9
    )  # Graham's bound, of the best, which dealing in turn is not
    assert idle_share([5] * workers, workers) == 0


def test_small_row_groups() -> None:
    groups = ((100, MB // 10),) * 500 + ((1000, 2 * MB),)
    found = of([FileFacts("a.parquet", 52 * MB, row_groups=groups, codec="zstd")])["small_row_groups"].numbers
    assert found["small_count"] == 500
    assert found["row_groups_count"] == 501
    assert found["requests_per_epoch_count"] == 500
    assert found["merged_requests_per_epoch_count"] == 6  # 50 MB by ranges of 8 MiB
    assert "small_row_groups" not in of([FileFacts("a", MB, row_groups=((1, 10),), codec="zstd")] * 500)


def test_giant_row_groups() -> None:
    files = [FileFacts("a", 900 * MB, row_groups=((1, 600 * MB), (1, 300 * MB)), codec="zstd")] * 8
    found = of(files)["giant_row_groups"].numbers
    assert found == {"row_groups_count": 16, "giant_count": 8, "giant_share": 2 / 3, "largest_byte": 600 * MB}


def test_codecs() -> None:
    files = [FileFacts("a.jsonl", 300, codec="none"), FileFacts("b.jsonl.gz", 100, codec="gzip"),
             FileFacts("c.tar", 600)]  # fmt: skip
    found = of(files)
    assert found["uncompressed"].numbers == {"files_count": 1, "stored_byte": 300, "stored_share": 0.3}
    assert found["slow_codec"].numbers == {"files_count": 1, "stored_byte": 100, "stored_share": 0.1}
    assert found["slow_codec"].fix.endswith("--to parquet --codec zstd")
    assert of([FileFacts("a", 1, codec="none"), FileFacts("b", 1000, codec="zstd")]) == {}


def test_no_workers_are_said() -> None:
    with pytest.raises(ValueError, match="one is the least"):
        layout([], workers=0)


def test_facts_of_parquet_are_in_its_footer(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    table = pa.table({"text": [f"{each} " * 100 for each in range(25)], "id": range(25)})
    pq.write_table(table, path, row_group_size=10, compression={"text": "zstd", "id": "none"})
    found = facts(str(path), "text")
    assert found.codec == "zstd"
    assert [rows for rows, _ in found.row_groups] == [10, 10, 5]
    assert found.rows == 25
    assert found.stored_byte == path.stat().st_size
    own = pq.read_metadata(path).row_group(0)
    assert found.row_groups[0][1] == own.column(0).total_compressed_size
    assert facts(str(path)).row_groups[0][1] == sum(own.column(each).total_compressed_size for each in (0, 1))
    assert found.requests == 4
    pq.write_table(table, path, compression="NONE")
    assert facts(str(path), "text", stored_byte=7) == FileFacts(
        str(path), 7, None, 25, ((25, pq.read_metadata(path).row_group(0).column(0).total_compressed_size),), "none"
    )
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(OSError, match=r"a\.parquet"):
        facts(str(path))


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("how", ["file", "stream"])
def test_facts_of_arrow(tmp_path: Path, codec: str | None, how: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
    path = tmp_path / "a.arrow"
    table = pa.table({"text": ["some words of it " * 100] * 50})
    new = {"file": pa.ipc.new_file, "stream": pa.ipc.new_stream}[how]
    with new(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as file:
        file.write_table(table)
    assert facts(str(path)) == FileFacts(str(path), path.stat().st_size, codec=codec or "none")
    path.write_bytes(path.read_bytes()[:100])
    assert facts(str(path)).codec is None
    path.write_bytes(b"")
    assert facts(str(path)).codec is None


def test_facts_of_others_are_in_how_they_begin(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard", reason="zstandard is not installed: the extra data has it")
    text = b'{"text": "some"}\n' * 100
    for name, data, codec in [
        ("a.jsonl", text, "none"),
        ("a.jsonl.gz", gzip.compress(text), "gzip"),
        ("b.jsonl", gzip.compress(text), "gzip"),  # named as if it were not
        ("a.csv.zst", zstandard.ZstdCompressor().compress(text), "zstd"),
        ("a.csv.bz2", bz2.compress(text), "bzip2"),
        ("a.json.xz", lzma.compress(text), "xz"),
        ("a.tar", text, None),
        ("a.png", text, None),
        ("c.jsonl", b"", "none"),
    ]:
        (tmp_path / name).write_bytes(data)
        assert facts(str(tmp_path / name)) == FileFacts(str(tmp_path / name), len(data), codec=codec)
    (tmp_path / "a.txt").write_bytes(text)
    assert facts(str(tmp_path / "a.txt")).text_byte == len(text)
    with pytest.raises(OSError, match="No such file"):
        facts(str(tmp_path / "nothing.jsonl"))


def test_facts_of_what_is_far_ask_for_nothing() -> None:
    """An address that leads nowhere: with its size known there is nothing to ask."""
    found = facts("https://nowhere.invalid/a.jsonl.gz?download=true", stored_byte=5)
    assert (found.codec, found.stored_byte) == ("gzip", 5)
