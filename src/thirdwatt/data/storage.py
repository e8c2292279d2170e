"""Formats and compression, tried on a sample: what text takes as it is stored, and what it costs to read it back.

Nothing is priced here. A format is better than another if it takes no more of both; where it takes less of one and more
of the other, prices and the number of readings decide, and the ledger has these.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from . import formats, store

if TYPE_CHECKING:
    import pyarrow as pa

COLUMN = "text"
TURNS = 3
"""Readings of each candidate, of which the median counts."""

LARGEST_BYTES = 32 << 20
"""Text of a sample at most."""

PROBE_BYTES = 1 << 20
"""Text of the first trial, by which the sample is made as large as the time allows."""

GROUP_BYTES = 4 << 20
"""Text of a row group or record batch; those that are called large hold the whole sample."""

CLEAR_SHARE = 0.05
"""A format that takes so much less is clearly smaller; less may be due to the sample."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to store text: a format, its compression and the level of it, and whether row groups are large."""

    id: str
    format: str
    codec: str
    level: int | None
    ending: str
    large: bool = False


CANDIDATES = {
    each.id: each
    for each in (
        Candidate("jsonl", "jsonl", "none", None, ".jsonl"),
        Candidate("jsonl-gzip-6", "jsonl", "gzip", 6, ".jsonl.gz"),
        Candidate("jsonl-zstd-3", "jsonl", "zstd", 3, ".jsonl.zst"),
        Candidate("parquet", "parquet", "none", None, ".parquet"),
        Candidate("parquet-snappy", "parquet", "snappy", None, ".parquet"),
        Candidate("parquet-gzip-6", "parquet", "gzip", 6, ".parquet"),
        Candidate("parquet-zstd-1", "parquet", "zstd", 1, ".parquet"),
        Candidate("parquet-zstd-3", "parquet", "zstd", 3, ".parquet"),
        Candidate("parquet-zstd-3-large", "parquet", "zstd", 3, ".parquet", large=True),
        Candidate("parquet-zstd-9", "parquet", "zstd", 9, ".parquet"),
        Candidate("arrow", "arrow", "none", None, ".arrow"),
        Candidate("arrow-lz4", "arrow", "lz4", None, ".arrow"),
        Candidate("arrow-zstd-1", "arrow", "zstd", 1, ".arrow"),
    )
}
"""What can be tried, by its id."""

NAMES = {
    "jsonl": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
    "arrow": (".arrow", ".feather", ".ipc"),
}
"""What is in the names of files of each format."""

TRIED = tuple(each for each in CANDIDATES if each not in ("parquet-gzip-6", "arrow"))
"""What is tried if nothing is said: the two others are no choice, and there for sets that are stored so."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a candidate took for a sample; all of it measured on this machine.

    Attributes
    ----------
    id, format, codec, level
        The candidate; no level where the codec has none.
    row_group_rows
        Documents of a row group or record batch; ``None`` for formats without.
    rows, text_byte
        Documents of the sample, and their text in UTF-8.
    stored_byte
        The file.
    encode_cpu_s
        To write it, once. CPU-seconds of the process, all threads.
    decode_cpu_s, decode_low_s, decode_high_s
        To read it back as documents, by the reader that a scan uses: median, least and most of the turns.
    """

    id: str
    format: str
    codec: str
    level: int | None
    row_group_rows: int | None
    rows: int
    text_byte: int
    stored_byte: int
    encode_cpu_s: float
    decode_cpu_s: float
    decode_low_s: float
    decode_high_s: float

    @property
    def stored_ratio(self) -> float:
        """Stored bytes for each byte of text."""
        return self.stored_byte / self.text_byte

    @property
    def decode_cpu_s_per_byte(self) -> tuple[float, float, float]:
        """CPU-seconds to read a byte of text: median, least, most."""
        size = self.text_byte
        return self.decode_cpu_s / size, self.decode_low_s / size, self.decode_high_s / size

    def cpu_s(self, reads: float, *, present: bool = False) -> float:
        """CPU-seconds to read the sample so often, and to write it once if it is not stored like that at present."""
        return reads * self.decode_cpu_s + (0.0 if present else self.encode_cpu_s)


@dataclass(frozen=True, slots=True)
class Choice:
    """The best of some trials for a number of readings.

    Attributes
    ----------
    reads
        How often the set is read: epochs.
    present
        How it is stored now; ``None`` if that was not tried.
    front
        Trials of which no other takes less of one, bytes or CPU-seconds, and no more of the other; smallest first.
    knee
        The one of the front where a percent less of one costs a percent more of the other: the least product.
    better
        The one of least product among those that take no more of either than what there is now and clearly less of one;
        ``None`` if none does.
    """

    reads: float
    present: Trial | None
    front: tuple[Trial, ...]
    knee: Trial
    better: Trial | None

    def cpu_s(self, trial: Trial) -> float:
        """CPU-seconds of the sample for all readings; with the writing of it, if it is not stored so yet."""
        return trial.cpu_s(self.reads, present=trial is self.present)


def trials(
    sample: Sequence[bytes] | pa.Table | pa.ChunkedArray | pa.Array,
    ids: Iterable[str] = TRIED,
    budget_s: float = 8.0,
    folder: str | None = None,
) -> tuple[Trial, ...]:
    """Store a sample in several ways and read it back; what is written is removed again.

    Parameters
    ----------
    sample
        Documents in UTF-8, or a table with them in its column ``text`` or its only one. Neighbours should be neighbours
        in the set too: compression lives on that. Of more than 32 MB the first are taken, fewer if the time is short.
    ids
        Which of :data:`CANDIDATES`; those for which there is no reader or library are left out.
    budget_s
        CPU-seconds that all of it may take, about.
    folder
        Where it is written; that of the system's temporary files otherwise. It needs up to five times the sample.

    Raises
    ------
    OSError
        If it cannot be written there, or does not read back.
    ValueError
        If an id is unknown, or the sample has no text.
    """
    ids = tuple(ids)
    unknown = [each for each in ids if each not in CANDIDATES]
    if unknown:
        raise ValueError(f"no candidate {', '.join(unknown)}; there are {', '.join(CANDIDATES)}")
    texts = _texts(sample)
    wanted = [CANDIDATES[each] for each in ids]
    try:
        with tempfile.TemporaryDirectory(prefix="thirdwatt-trials-", dir=folder) as place:
            first = _upto(texts, PROBE_BYTES)
            _try(first, wanted, place, 1)  # libraries are loaded, code and files are warm
            probe = _try(first, wanted, place, 1)
            each_s = sum(each.encode_cpu_s + TURNS * each.decode_cpu_s for each in probe) / _size(first)
            return _try(_upto(texts, max(PROBE_BYTES, int(budget_s / max(each_s, 1e-12)))), wanted, place, TURNS)
    except OSError as error:
        where = folder or tempfile.gettempdir()
        raise OSError(f"formats cannot be tried in {where}: {error.strerror or error}") from error


def best(trials: Sequence[Trial], present: str | None, reads: float) -> Choice:
    """Which of some trials of one sample takes least for so many readings.

    Parameters
    ----------
    present
        Id of the candidate that the set is stored like, if there is one: :func:`alike`.
    reads
        How often it will be read.

    Raises
    ------
    ValueError
        If there are no trials, or readings are negative.
    """
    if not trials:
        raise ValueError("no trials to choose from")
    if not reads >= 0:
        raise ValueError(f"{reads} readings: none is the least")
    own = next((each for each in trials if each.id == present), None)

    def taken(trial: Trial) -> tuple[float, float]:
        return trial.stored_byte, trial.cpu_s(reads, present=trial is own)

    def product(trial: Trial) -> float:
        stored, cpu_s = taken(trial)
        return stored * cpu_s

    front = [each for each in trials if not any(_less(taken(other), taken(each)) for other in trials)]
    better = [each for each in trials if own and each is not own and _beats(each, own, reads)]
    return Choice(
        reads=reads,
        present=own,
        front=tuple(sorted(front, key=taken)),
        knee=min(front, key=product),
        better=min(better, key=product, default=None),
    )


def alike(trials: Sequence[Trial], path: str, codec: str | None, stored_ratio: float | None = None) -> str | None:
    """Id of the trial that a file is stored like, by its name and codec; ``None`` if there is none.

    Files do not say at which level they were compressed. Of several levels that one is taken which comes nearest to
    the stored bytes for a byte of text, and where these are not known the one that is smallest: it promises least.

    Parameters
    ----------
    trials
        Of a sample of the set.
    codec
        As :func:`.shards.facts` tells it.
    stored_ratio
        Stored bytes of the documents for each byte of their text.
    """
    own = store.name(path).lower()
    some = [each for each in trials if each.codec == codec and any(end in own for end in NAMES[each.format])]
    wanted = stored_ratio or 0.0
    found = min(some, key=lambda each: abs(each.stored_ratio - wanted), default=None)
    return found.id if found else None


def _less(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether one is no more in both, and less in one."""
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def _beats(one: Trial, present: Trial, reads: float) -> bool:
    """Whether one takes no more of either than what there is, and clearly less of one, beyond the spread of turns."""
    now_s, then_s = present.cpu_s(reads, present=True), one.cpu_s(reads)
    if one.stored_byte > present.stored_byte or then_s > now_s:
        return False
    faster = one.encode_cpu_s + reads * one.decode_high_s < reads * present.decode_low_s
    return faster or one.stored_byte < (1 - CLEAR_SHARE) * present.stored_byte


def _texts(sample: Any) -> list[str]:
    """The documents of a sample; bytes that are no UTF-8 are replaced."""
    if isinstance(sample, Sequence):
        return [each.decode("utf-8", "replace") for each in sample]
    names = getattr(sample, "column_names", None)
    if names is not None:
        if COLUMN not in names and len(names) != 1:
            raise ValueError(f"a sample has one column, or one that is called {COLUMN}: here are {', '.join(names)}")
        sample = sample.column(COLUMN if COLUMN in names else names[0])
    return [each for each in sample.to_pylist() if each is not None]


def _size(texts: list[bytes]) -> int:
    return sum(map(len, texts))


def _upto(texts: list[str], most: int) -> list[bytes]:
    """The first documents that reach so far; those that no sample has room for are passed over.

    Raises
    ------
    ValueError
        If none has text.
    """
    found: list[bytes] = []
    size = 0
    for text in texts:
        own = text.encode("utf-8", "replace")
        if size >= min(most, LARGEST_BYTES):
            break
        if size + len(own) <= LARGEST_BYTES:
            found.append(own)
            size += len(own)
    if not size:
        raise ValueError("the sample has no text that fits")
    return found


def _try(texts: list[bytes], wanted: Sequence[Candidate], place: str, turns: int) -> tuple[Trial, ...]:
    """Write every candidate, then read all of them by turns, so that what else the machine does meets them alike."""
    size = _size(texts)
    rows = max(1, len(texts) * GROUP_BYTES // max(size, GROUP_BYTES))
    written: list[tuple[Candidate, str, int | None, float]] = []
    for each in wanted:
        path = os.path.join(place, each.id + each.ending)  # noqa: PTH118
        of_group = None if each.format == "jsonl" else len(texts) if each.large else rows
        if each.large and rows >= len(texts):
            continue  # the same as without
        try:
            took, _ = _timed(partial(WRITERS[each.format], texts, path, each, of_group))
            if formats.source(path, COLUMN) is None:
                continue
        except ImportError:
            continue
        written.append((each, path, of_group, took))
    took_s: dict[str, list[float]] = {each.id: [] for each, *_ in written}
    for _ in range(turns):
        for each, path, *_ in written:
            seconds, read = _timed(partial(_read, path))
            if read != (len(texts), size):
                gone = f"{each.id} gave {read[0]:,} documents of {read[1]:,} bytes back"
                raise OSError(f"{gone}: {len(texts):,} of {size:,} were written")
            took_s[each.id].append(seconds)
    found = [
        Trial(
            id=each.id,
            format=each.format,
            codec=each.codec,
            level=each.level,
            row_group_rows=of_group,
            rows=len(texts),
            text_byte=size,
            stored_byte=os.stat(path).st_size,  # noqa: PTH116
            encode_cpu_s=took,
            decode_cpu_s=statistics.median(took_s[each.id]),
            decode_low_s=min(took_s[each.id]),
            decode_high_s=max(took_s[each.id]),
        )
        for each, path, of_group, took in written
    ]
    for _, path, *_ in written:
        os.remove(path)  # noqa: PTH107
    return tuple(found)


def _timed(function: Callable[[], Any]) -> tuple[float, Any]:
    since = time.process_time()
    found = function()
    return time.process_time() - since, found


def _read(path: str) -> tuple[int, int]:
    """Documents of a file and their bytes, as a scan reads them."""
    source = formats.source(path, COLUMN)
    rows = size = 0
    for batch in source.texts(lambda _: None) if source else ():
        rows += len(batch.offsets) - 1
        size += int(batch.offsets[-1] - batch.offsets[0])
    return rows, size


# --- writers -----------------------------------------------------------------------------------------------------


def _write_jsonl(texts: list[bytes], path: str, how: Candidate, _: int | None) -> None:
    import orjson

    lines = (orjson.dumps({COLUMN: str(each, "utf-8")}, option=orjson.OPT_APPEND_NEWLINE) for each in texts)
    if how.codec == "gzip":
        import gzip

        with gzip.open(path, "wb", compresslevel=how.level or 6) as packed:
            packed.writelines(lines)
    elif how.codec == "zstd":
        import zstandard

        packer = zstandard.ZstdCompressor(level=how.level or 3)
        with open(path, "wb") as file, packer.stream_writer(file, closefd=False) as packed:  # noqa: PTH123
            for line in lines:
                packed.write(line)
    else:
        with open(path, "wb") as file:  # noqa: PTH123
            file.writelines(lines)


def _write_parquet(texts: list[bytes], path: str, how: Candidate, rows: int | None) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(texts), path, compression=how.codec, compression_level=how.level, row_group_size=rows)


def _write_arrow(texts: list[bytes], path: str, how: Candidate, rows: int | None) -> None:
    import pyarrow as pa

    table = _table(texts)
    codec = None if how.codec == "none" else pa.Codec("lz4_frame" if how.codec == "lz4" else how.codec, how.level)
    with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as file:
        file.write_table(table, max_chunksize=rows)


def _table(texts: list[bytes]) -> Any:
    import pyarrow as pa

    return pa.table({COLUMN: pa.array(texts, pa.binary()).cast(pa.string())})


WRITERS: dict[str, Callable[[list[bytes], str, Candidate, int | None], None]] = {
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}
"""How each format is written: with what its library does if nothing is said."""
