"""Documents as tokens in files of other tools, read back by what is none of ours where there is such."""

from __future__ import annotations

import importlib.util
import json
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa

from tests.data.fix import tokens_made as made
from thirdwatt.data.fix import token_files
from thirdwatt.data.fix.packed import Reckoning
from thirdwatt.data.fix.result import ReckoningError, Result
from thirdwatt.data.fix.tokenised import Tokenised

WRITERS = {"arrow": token_files.arrow, "webdataset": token_files.webdataset, "megatron": token_files.megatron}
LENGTHS = [3, 1, 400, 2, 2, 9, 30, 1, 1, 77]

READS_TARS = """
import json, sys, webdataset
found = webdataset.WebDataset(sys.argv[1:], shardshuffle=False).decode()
print(json.dumps([(each["__key__"], str(each["npy"].dtype), each["npy"].tolist()) for each in found]))
"""


def written(out: Path, own: Tokenised, form: str, file_byte: int = 20) -> tuple[Path, list[str], list[Any]]:
    """Files of documents: where, their names, and what is known of them."""
    result = Result(str(out), "k")
    names, notes = WRITERS[form](own, result, file_byte)
    result.finish({}, [], names)
    result.close()
    return out / "data", names, notes


def megatron(index: Path, data: Path) -> list[list[int]]:
    """Documents of an index by its layout: what ``megatron/core/datasets/indexed_dataset.py`` says of it."""
    raw = index.read_bytes()
    assert raw[:9] == b"MMIDIDX\x00\x00"
    assert struct.unpack_from("<Q", raw, 9) == (1,)
    kind = {4: "<i4", 8: "<u2"}[raw[17]]
    sequences, documents = struct.unpack_from("<QQ", raw, 18)
    sizes = struct.unpack_from(f"<{sequences}i", raw, 34)
    pointers = struct.unpack_from(f"<{sequences}q", raw, 34 + 4 * sequences)
    assert struct.unpack_from(f"<{documents}q", raw, 34 + 12 * sequences) == tuple(range(sequences + 1))
    assert len(raw) == 34 + 12 * sequences + 8 * documents
    tokens = data.read_bytes()
    return [np.frombuffer(tokens, kind, size, at).tolist() for size, at in zip(sizes, pointers, strict=True)]


def read(where: Path, form: str) -> list[list[int]]:
    """The documents of all files."""
    found: list[list[int]] = []
    for each in sorted(where.iterdir()):
        if form == "arrow":
            with pa.memory_map(str(each)) as file:
                found += pa.ipc.open_stream(file).read_all().column("input_ids").to_pylist()
        elif each.suffix == ".idx":
            found += megatron(each, each.with_suffix(".bin"))
        elif form == "webdataset":
            found += [ids.tolist() for _, ids in token_files_of_tar(each)]
    return found


def token_files_of_tar(path: Path) -> list[tuple[str, np.ndarray]]:
    import io

    with tarfile.open(path) as file:
        return [(each.name, np.load(io.BytesIO(file.extractfile(each).read()))) for each in file]  # type: ignore[union-attr]


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("vocabulary", [1 << 16, 1 << 17])
@pytest.mark.parametrize("file_byte", [1, 100, 10**9])
def test_all_documents_in_their_order(tmp_path: Path, form: str, vocabulary: int, file_byte: int) -> None:
    own = made.tokenised(LENGTHS, vocabulary)
    where, names, notes = written(tmp_path / "o", own, form, file_byte)
    assert read(where, form) == made.documents(own)
    assert sorted(names) == sorted(each.name for each in where.iterdir())
    files = len(LENGTHS) if file_byte == 1 else 1 if file_byte == 10**9 else len(names) // (1 + (form == "megatron"))
    assert len(names) == files * (1 + (form == "megatron"))
    assert sum(each["tokens"] for each in notes) == sum(LENGTHS) * (1 + (form == "megatron"))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 200), st.sampled_from(list(WRITERS)))
def test_any_documents(tmp_path_factory: pytest.TempPathFactory, lengths: list[int], file_byte: int, form: str) -> None:
    own = made.tokenised(lengths)
    parts = token_files.stretches(own, file_byte, lambda byte: byte + 1)
    assert [each.first for each in parts[1:]] == [each.last for each in parts[:-1]]
    assert (parts[0].first, parts[-1].last, parts[-1].end) == (0, len(lengths), sum(lengths))
    where, *_ = written(tmp_path_factory.mktemp("p") / "o", own, form, file_byte)
    assert read(where, form) == made.documents(own)
    own.close()


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_written_together_changes_no_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    own = made.tokenised(LENGTHS * 20)
    one, *_ = written(tmp_path / "a", own, form)
    monkeypatch.setattr(token_files, "CHUNK_TOKENS", 50)
    monkeypatch.setattr(token_files, "CHUNK_DOCUMENTS", 3)
    monkeypatch.setattr("thirdwatt.data.fix.tokenised.CHUNK_DOCUMENTS", 7)
    other, *_ = written(tmp_path / "b", own, form)
    assert read(one, form) == read(other, form)
    if form != "arrow":  # whose record batches they are
        assert made.files(one) == made.files(other)


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("stop", range(3))
def test_one_that_is_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, stop: int) -> None:
    own = made.tokenised(LENGTHS)
    whole, *_ = written(tmp_path / "whole", own, form)
    noted, seen = Result.file, 0

    def file(result: Result, name: str, write: Any) -> dict[str, Any]:
        nonlocal seen
        seen += 1
        if seen == stop + 1:
            raise KeyboardInterrupt
        return noted(result, name, write)

    monkeypatch.setattr(Result, "file", file)
    result = Result(str(tmp_path / "o"), "k")
    with pytest.raises(KeyboardInterrupt):
        WRITERS[form](own, result, 20)
    result.close()
    assert not (tmp_path / "o").exists()
    found, *_ = written(tmp_path / "o", own, form)
    assert made.files(found) == made.files(whole)


@pytest.mark.parametrize("form", WRITERS)
def test_what_is_written_wrongly_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    own = made.tokenised(LENGTHS)
    name = {"arrow": "_write_arrow", "webdataset": "_write_tar", "megatron": "_write_bin"}[form]
    real = getattr(token_files, name)

    def other(*given: Any) -> Any:
        wrong = made.tokenised(LENGTHS, seed=1)
        return real(*[wrong if isinstance(each, Tokenised) else each for each in given])

    monkeypatch.setattr(token_files, name, other)
    result = Result(str(tmp_path / "o"), "k")
    with pytest.raises(ReckoningError, match="or others"):
        WRITERS[form](own, result, 20)
    result.close()


@pytest.mark.parametrize("at", [0, 9, 17, 18, 26, 34, 40, 34 + 4 * 10, 34 + 12 * 10 + 8])
def test_an_index_that_is_none(tmp_path: Path, at: int) -> None:
    own = made.tokenised(LENGTHS)
    where, *_ = written(tmp_path / "o", own, "megatron", 10**6)
    index = where / "00000.idx"
    raw = bytearray(index.read_bytes())
    raw[at] ^= 1
    index.write_bytes(raw)
    expected, found = Reckoning(), Reckoning()
    expected.add(own.ids.all(), own.lengths.all().astype(np.int64))
    with pytest.raises((ReckoningError, ValueError)):  # noqa: PT012
        for ids, lengths in token_files._read_megatron(str(index), where / "00000.bin"):
            found.add(ids, lengths)
        if not found.same(expected):
            raise ReckoningError


def test_the_tokens_of_megatron_are_a_file_for_memmap(tmp_path: Path) -> None:
    own = made.tokenised(LENGTHS)
    where, *_ = written(tmp_path / "o", own, "megatron", 0)
    assert np.memmap(where / "00000.bin", np.uint16, "r").tolist() == own.ids.all().tolist()


@pytest.mark.slow
# Looked for and not imported here: it leaves files open, so it runs in a process of its own below.
@pytest.mark.skipif(
    importlib.util.find_spec("webdataset") is None, reason="webdataset is not installed: the extra trainers has it"
)
def test_webdataset_reads_its_tars(tmp_path: Path) -> None:
    own = made.tokenised(LENGTHS)
    where, names, _ = written(tmp_path / "o", own, "webdataset")
    assert len(names) > 2
    done = subprocess.run([sys.executable, "-c", READS_TARS, *(str(where / each) for each in names)],
                          capture_output=True, text=True, timeout=120, check=True)  # fmt: skip
    rows = [(f"{number:012}", "uint16", each) for number, each in enumerate(made.documents(own))]
    assert [tuple(each) for each in json.loads(done.stdout)] == rows


@pytest.mark.slow
def test_datasets_reads_its_streams(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        datasets = pytest.importorskip("datasets", reason="datasets is not installed: the extra trainers has it")
    own = made.tokenised(LENGTHS)
    where, names, _ = written(tmp_path / "o", own, "arrow")
    found = datasets.load_dataset(
        "arrow", data_files=[str(where / each) for each in names], split="train", cache_dir=str(tmp_path / "c")
    )
    assert found["input_ids"][:] == made.documents(own)


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary", [1 << 16, 1 << 17])
def test_megatron_reads_its_pairs(tmp_path: Path, vocabulary: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        core = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason="megatron-core is not installed")
    own = made.tokenised(LENGTHS, vocabulary)
    where, *_ = written(tmp_path / "o", own, "megatron", 0)
    found = core.IndexedDataset(str(where / "00000"))
    assert [each.tolist() for each in found] == made.documents(own)
    assert found.document_indices.tolist() == list(range(len(LENGTHS) + 1))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=60), st.integers(3000, 60_000))
def test_a_tar_takes_as_much_as_is_said(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], file_byte: int
) -> None:
    """But for the last document and the end of a tar."""
    own = made.tokenised(lengths)
    where, names, _ = written(tmp_path_factory.mktemp("p") / "o", own, "webdataset", file_byte)
    sizes = [(where / each).stat().st_size for each in sorted(names)]
    assert all(each <= file_byte + 3000 + tarfile.RECORDSIZE for each in sizes)
    assert all(each >= file_byte - 3000 for each in sizes[:-1])
    own.close()


def test_a_tar_of_many_documents_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (500, 5000):
        own = made.tokenised([1] * count)
        tracemalloc.start()
        written(tmp_path / f"{count}", own, "webdataset", 10**9)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        own.close()
    assert peaks[1] - peaks[0] < 200 * 4500  # a member of the standard library's list takes a kilobyte
