"""Documents as tokens in files that trainers read, without packing them: Arrow, Megatron-LM, WebDataset.

Tokens take 16 bits without a sign where the vocabulary has no more than 65,536, else 32 with one, as torch and
Megatron know them. A file holds a stretch of documents that follows from their lengths alone, and is read back.
"""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.formats.webdataset import BLOCK

from .packed import Reckoning
from .result import DATA, ReckoningError, Result
from .tars import Tar
from .tokenised import Tokenised

Numbers = NDArray[np.int64]
Ids = NDArray[Any]
Chunk = tuple[Ids, Numbers]
"""Documents: their tokens one behind the other, and how many each has."""

CHUNK_TOKENS = 1 << 21
"""Tokens that are written together: a record batch of Arrow."""

NUMPY_BYTES = 128
"""What numpy writes before the numbers of a document."""

CHUNK_DOCUMENTS = 1 << 16
"""The same in documents, so that short ones are not all in memory."""

FILE_BYTES = 512_000_000
"""What a file takes."""

INDEX = ".idx"
"""How indices of Megatron-LM end."""

MEGATRON_MAGIC = b"MMIDIDX\x00\x00"
MEGATRON_VERSION = 1
MEGATRON_KINDS: dict[np.dtype[Any], int] = {np.dtype(np.int32): 4, np.dtype(np.uint16): 8}
"""Numbers of the types of tokens, as ``megatron/core/datasets/indexed_dataset.py`` lists them."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Documents of a file.

    Attributes
    ----------
    first, last
        Numbers of the first document, and of the one behind the last.
    begin, end
        The same in tokens.
    """

    first: int
    last: int
    begin: int
    end: int


Sizes = Callable[[Numbers], Numbers]
"""Bytes that documents take in a file, by their tokens in bytes."""


def stretches(made: Tokenised, file_byte: int, sizes: Sizes) -> list[Stretch]:
    """Documents by the files that they go to, each of about as much as is said; a longer document is not cut."""
    firsts: list[tuple[int, int]] = []
    before, passed = -1, 0
    for first, begins, lengths in made.spans():
        behind = passed + np.cumsum(sizes(lengths * made.ids.dtype.itemsize))
        own = np.append(passed, behind[:-1]) // max(1, file_byte)
        new = np.flatnonzero(np.diff(own, prepend=before))
        firsts += zip((first + new).tolist(), begins[new].tolist(), strict=True)
        before, passed = int(own[-1]), int(behind[-1])
    ends = [*firsts[1:], (made.documents, made.tokens)]
    return [Stretch(first, last, begin, end) for (first, begin), (last, end) in zip(firsts, ends, strict=True)]


def arrow(made: Tokenised, result: Result, file_byte: int = FILE_BYTES) -> tuple[list[str], list[dict[str, Any]]]:
    """Streams of Arrow with the tokens of a document in each row, column ``input_ids``.

    Parameters
    ----------
    made
        The documents.
    result
        Where files go.
    file_byte
        What a file takes, about.

    Returns
    -------
    names, notes
        Of the files: what they are called, and documents and tokens of each.

    Raises
    ------
    ReckoningError
        If what was written is not what was to be written.
    OSError
        If it cannot be written.
    """
    return _written(made, result, stretches(made, file_byte, _in_arrow), "arrow", _write_arrow, _read_arrow)


def webdataset(made: Tokenised, result: Result, file_byte: int = FILE_BYTES) -> tuple[list[str], list[dict[str, Any]]]:
    """Tars with a file of numpy a document, by its number: ``000000000017.npy``. Otherwise as :func:`arrow`."""
    return _written(made, result, stretches(made, file_byte, _in_tar), "tar", _write_tar, _read_tar)


def megatron(made: Tokenised, result: Result, file_byte: int = 0) -> tuple[list[str], list[dict[str, Any]]]:
    """Pairs of ``NNNNN.bin`` and ``NNNNN.idx`` for Megatron-LM, each document a sequence: one pair if nothing is said.

    The file that ends in ``.bin`` is tokens and nothing else: what nanoGPT and others map by ``numpy.memmap``.
    Otherwise as :func:`arrow`.
    """
    names: list[str] = []
    notes: list[dict[str, Any]] = []
    for number, own in enumerate(stretches(made, file_byte or made.tokens * made.ids.dtype.itemsize, _alone)):
        data = result.made / DATA / f"{number:05}.bin"
        index = f"{number:05}{INDEX}"
        notes.append(result.file(data.name, partial(_write_bin, made, own)))
        notes.append(result.file(index, partial(_write_index, made, own, data)))
        names += [data.name, index]
    _reckoned(made, notes[1::2])
    return names, notes


def _written(
    made: Tokenised, result: Result, parts: Sequence[Stretch], ending: str,
    write: Callable[[str, Tokenised, Stretch], None], read: Callable[[str], Iterator[Chunk]],
) -> tuple[list[str], list[dict[str, Any]]]:  # fmt: skip
    def whole(own: Stretch, path: str) -> dict[str, Any]:
        write(path, made, own)
        return _proof(made, own, read(path), path)

    names = [f"{number:05}.{ending}" for number in range(len(parts))]
    notes = [result.file(name, partial(whole, own)) for name, own in zip(names, parts, strict=True)]
    _reckoned(made, notes)
    return names, notes


def _kind(made: Tokenised) -> np.dtype[Any]:
    """Of tokens in a file."""
    return np.dtype(np.uint16 if made.ids.dtype.itemsize == 2 else np.int32)


def _chunks(made: Tokenised, own: Stretch) -> Iterator[Chunk]:
    """The documents of a file, some at a time."""
    at, begin = own.first, own.begin
    kind = _kind(made)
    while at < own.last:
        lengths = made.lengths.part(at, min(own.last, at + CHUNK_DOCUMENTS)).astype(np.int64)
        ends = np.cumsum(lengths)
        count = max(1, int(np.searchsorted(ends, CHUNK_TOKENS, side="right")))
        size = int(ends[count - 1])
        yield made.ids.part(begin, begin + size).view(kind), lengths[:count]
        at, begin = at + count, begin + size


def _proof(made: Tokenised, own: Stretch, found: Iterator[Chunk], path: str) -> dict[str, Any]:
    """What a file holds, if that is what it was to hold."""
    read, wanted = Reckoning(), Reckoning()
    for ids, lengths in found:
        if ids.dtype != _kind(made):
            raise ReckoningError(f"{path} holds tokens of another type")
        read.add(ids, lengths)
    for ids, lengths in _chunks(made, own):
        wanted.add(ids, lengths)
    if not read.same(wanted):
        raise ReckoningError(
            f"{path} holds {read.pieces:,} documents of {read.tokens:,} tokens where {wanted.pieces:,} of "
            f"{wanted.tokens:,} were to be written, or others"
        )
    return {"documents": read.pieces, "tokens": read.tokens}


def _reckoned(made: Tokenised, notes: list[dict[str, Any]]) -> None:
    documents, count = (sum(each[name] for each in notes) for name in ("documents", "tokens"))
    if (documents, count) != (made.documents, made.tokens):
        raise ReckoningError(f"{documents:,} documents of {count:,} tokens were written of {made.documents:,} of "
                             f"{made.tokens:,}")  # fmt: skip


# --- Arrow ------------------------------------------------------------------------------------------------------------


def _in_arrow(byte: Numbers) -> Numbers:
    return byte + 4  # where it begins


def _write_arrow(path: str, made: Tokenised, own: Stretch) -> None:
    import pyarrow as pa

    schema = pa.schema({"input_ids": pa.list_(pa.from_numpy_dtype(_kind(made)))})
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, schema) as into:
        for ids, lengths in _chunks(made, own):
            ends = np.concatenate((np.zeros(1, np.int32), np.cumsum(lengths, dtype=np.int32)))
            into.write_batch(pa.record_batch([pa.ListArray.from_arrays(ends, pa.array(ids))], schema=schema))


def _read_arrow(path: str) -> Iterator[Chunk]:
    import pyarrow as pa

    with pa.OSFile(path) as file, pa.ipc.open_stream(file) as into:
        for each in into:
            column = each.column(0)
            yield column.flatten().to_numpy(), np.diff(column.offsets.to_numpy()).astype(np.int64)


# --- WebDataset -------------------------------------------------------------------------------------------------------


def _in_tar(byte: Numbers) -> Numbers:
    """A block of the header, and whole blocks of what numpy writes."""
    return BLOCK + -(-(byte + NUMPY_BYTES) // BLOCK) * BLOCK


def _write_tar(path: str, made: Tokenised, own: Stretch) -> None:
    number = own.first
    into = Tar(path)
    with closing(into):
        for ids, lengths in _chunks(made, own):
            ends = np.cumsum(lengths).tolist()
            for begin, end in zip([0, *ends[:-1]], ends, strict=True):
                data = io.BytesIO()
                np.save(data, ids[begin:end])
                into.add(f"{number:012}.npy", data.getvalue())
                number += 1


def _read_tar(path: str) -> Iterator[Chunk]:
    with tarfile.open(path, "r|") as file:
        while (each := file.next()) is not None:
            file.members = []  # type: ignore[attr-defined]  # it keeps a list of all
            data = file.extractfile(each)
            if data is None:
                raise ReckoningError(f"{path} holds {each.name}, which is no file")
            ids = np.load(io.BytesIO(data.read()), allow_pickle=False)
            yield ids, np.array([len(ids)])


# --- Megatron-LM ------------------------------------------------------------------------------------------------------


def _alone(byte: Numbers) -> Numbers:
    return byte


def _write_bin(made: Tokenised, own: Stretch, path: str) -> dict[str, Any]:
    with open(path, "wb") as file:  # noqa: PTH123
        for ids, _ in _chunks(made, own):
            file.write(ids.data)
    return {"documents": own.last - own.first, "tokens": own.end - own.begin}


def _write_index(made: Tokenised, own: Stretch, data: Path, path: str) -> dict[str, Any]:
    kind, count = _kind(made), own.last - own.first
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(MEGATRON_MAGIC + struct.pack("<QBQQ", MEGATRON_VERSION, MEGATRON_KINDS[kind], count, count + 1))
        for _, lengths in _chunks(made, own):
            file.write(lengths.astype("<i4").tobytes())
        begin = 0
        for _, lengths in _chunks(made, own):
            ends = begin + np.cumsum(lengths * kind.itemsize)
            file.write((ends - lengths * kind.itemsize).astype("<i8").tobytes())
            begin = int(ends[-1])
        for first in range(0, count + 1, CHUNK_DOCUMENTS):
            file.write(np.arange(first, min(count + 1, first + CHUNK_DOCUMENTS), dtype="<i8").tobytes())
    return _proof(made, own, _read_megatron(path, data), path)


def _read_megatron(path: str, data: Path) -> Iterator[Chunk]:
    """Documents by an index, as they stand in the file of tokens."""
    with open(path, "rb") as file:  # noqa: PTH123
        head = file.read(34)
        version, code, count, documents = struct.unpack("<QBQQ", head[9:])
    kinds = {code: kind for kind, code in MEGATRON_KINDS.items()}
    if head[:9] != MEGATRON_MAGIC or version != MEGATRON_VERSION or code not in kinds or documents != count + 1:
        raise ReckoningError(f"{path} is no index of Megatron-LM")
    kind = kinds[code]
    index = np.memmap(path, np.uint8, "r", offset=34)
    lengths = index[: 4 * count].view("<i4")
    pointers = index[4 * count : 12 * count].view("<i8")
    ends = index[12 * count :].view("<i8")
    ids = np.memmap(data, kind, "r")
    for first in range(0, count, CHUNK_DOCUMENTS):
        some = slice(first, min(count, first + CHUNK_DOCUMENTS))
        own = lengths[some].astype(np.int64)
        begin = int(pointers[first]) // kind.itemsize
        passed = begin + np.cumsum(own) - own
        if not np.array_equal(passed * kind.itemsize, pointers[some]) or not np.array_equal(
            ends[first : some.stop + 1], np.arange(first, some.stop + 1)
        ):
            raise ReckoningError(f"{path} holds documents that are not one behind the other")
        yield ids[begin : begin + int(own.sum())], own
    if len(ids) != int(lengths.sum(dtype=np.int64)) or len(ends) != count + 1:
        raise ReckoningError(f"{path} is not the index of all of {data.name}")
