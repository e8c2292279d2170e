"""How a dataset is divided into files and row groups: what of that costs requests, memory or the time of workers."""

from __future__ import annotations

import heapq
import shlex
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from . import store

MB = 1_000_000
SMALL_BYTES, TINY_BYTES = 16 * MB, 1 * MB
"""Smaller files are small, and tiny."""

SHARD_BYTES = 256 * MB
"""A good shard: large enough to be read at full rate, small enough to be dealt out to workers."""

REQUEST_BYTES = 8 << 20
"""Read by one request. A loader is assumed to read ahead by so much, and a row group at a time."""

SMALL_GROUP_BYTES, GIANT_GROUP_BYTES = 1 * MB, 512 * MB
"""Smaller row groups cost more in requests than in bytes; larger ones are in memory whole, one for each worker."""

LEAST_REQUESTS = 100
"""Fewer requests an epoch are no finding."""

LEAST_SHARE = 0.01
"""A codec that is met in a smaller share of the stored bytes is no finding."""

LEAST_IDLE_SHARE = 0.05
"""Workers that are idle for less of an epoch are no finding."""

WORKERS = 8

PLAIN = (".txt", ".md", ".rst", ".html", ".htm")
TEXT = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", *PLAIN)
ARROW = (".arrow", ".feather", ".ipc")
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""How compressed files begin."""

ENDINGS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
SLOW = ("gzip", "bzip2", "xz")
"""Codecs that take several times as long to read as zstd: trials on a sample say how long."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file of a dataset.

    Attributes
    ----------
    stored_byte
        Its size.
    text_byte, rows
        Its text and its documents; ``None`` if that is not known without reading it.
    row_groups
        Rows and stored bytes of each row group or record batch, of the column with the documents where it is named;
        empty for formats without, and where it is not known.
    codec
        How it is compressed: ``none``, ``snappy``, ``zstd`` …; ``None`` if that is not known, or means nothing, as for
        images.
    """

    path: str
    stored_byte: int
    text_byte: int | None = None
    rows: int | None = None
    row_groups: tuple[tuple[int, int], ...] = ()
    codec: str | None = None

    @property
    def requests(self) -> int:
        """Requests to read it once: its footer, and each row group by ranges of 8 MiB; ranges alone without those."""
        if not self.row_groups:
            return _ranges(self.stored_byte)
        return 1 + sum(_ranges(byte) for _, byte in self.row_groups)


@dataclass(frozen=True, slots=True)
class Layout:
    """Something about the division of a dataset that costs.

    Attributes
    ----------
    id
        ``small_files``, ``few_shards``, ``unequal_shards``, ``small_row_groups``, ``giant_row_groups``,
        ``uncompressed`` or ``slow_codec``.
    what
        In words.
    numbers
        Its figures, with their units in their names: counted, or computed from sizes by the rules of this module.
    fix
        The command that mends it.
    """

    id: str
    what: str
    numbers: Mapping[str, float]
    fix: str


def facts(path: str, column: str = "", stored_byte: int | None = None) -> FileFacts:
    """What is known of a file without reading it: of Parquet its footer, of others how they begin, if that is near.

    Parameters
    ----------
    path
        A file of this machine or an address.
    column
        The column with the documents, whose bytes count; all of them otherwise.
    stored_byte
        Its size, where it is known.

    Raises
    ------
    OSError
        If it cannot be read, or is no Parquet though its name says so.
    ImportError
        If a library is missing.
    """
    size = store.size(path) if stored_byte is None else stored_byte
    name = store.name(path).lower()
    if name.endswith(".parquet"):
        return _parquet(path, column, size)
    if name.endswith(ARROW):
        with store.opened(path, 4096) as file:
            return FileFacts(path, size, codec=_arrow_codec(file))
    if not any(each in name for each in TEXT):
        return FileFacts(path, size)
    codec = next((how for end, how in ENDINGS.items() if name.endswith(end)), "none")
    if not store.is_remote(path):  # a request each for many that are far would take longer than it tells
        with store.opened(path, 4096) as file:
            head = file.read(8)
        codec = next((how for magic, how in MAGIC.items() if head.startswith(magic)), "none")
    return FileFacts(path, size, text_byte=size if codec == "none" and name.endswith(PLAIN) else None, codec=codec)


def layout(files: Sequence[FileFacts], where: str = "PATH", workers: int = WORKERS) -> tuple[Layout, ...]:
    """What about the division of a dataset costs; nothing where it is well divided.

    Parameters
    ----------
    files
        In the order in which they are dealt out.
    where
        The dataset, for the commands that mend it.
    workers
        That read it side by side: those of the loaders of all nodes.

    Raises
    ------
    ValueError
        If there are no workers.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers: one is the least")
    files = [each for each in files if each.stored_byte > 0]
    command = f"thirdwatt data convert {shlex.quote(where)} --out DIR"
    found = [
        _small_files(files, command),
        _shares(files, workers, command),
        _small_groups(files, command),
        _giant_groups(files, command),
        _codecs(files, ("none",), "uncompressed", "text that is stored without compression", command),
        _codecs(files, SLOW, "slow_codec", "text compressed by codecs that are slow to read", command),
    ]
    return tuple(each for each in found if each)


def idle_share(sizes: Sequence[int], workers: int) -> float:
    """Share of an epoch for which workers that were dealt the files in turn wait for the last one, on average.

    Examples
    --------
    >>> idle_share([4, 2, 2, 2], 2)  # 6 and 4
    0.16666666666666666
    """
    load = [0] * workers
    for number, size in enumerate(sizes):
        load[number % workers] += size
    return _idle(load)


def least_idle_share(sizes: Sequence[int], workers: int) -> float:
    """The same if the largest files are dealt first, each to the worker with the least (Graham 1969)."""
    load = [0] * workers
    for size in sorted(sizes, reverse=True):
        heapq.heapreplace(load, load[0] + size)
    return _idle(load)


def _idle(load: Sequence[int]) -> float:
    return 1 - sum(load) / (len(load) * max(load)) if max(load) else 0.0


def _ranges(byte: int) -> int:
    return max(1, -(-byte // REQUEST_BYTES))


def _small_files(files: Sequence[FileFacts], command: str) -> Layout | None:
    small = [each for each in files if each.stored_byte < SMALL_BYTES]
    total = sum(each.stored_byte for each in small)
    shards = -(-total // SHARD_BYTES)
    before = sum(each.requests for each in small)
    after = shards + _ranges(total) if small else 0
    if before - after < LEAST_REQUESTS:
        return None
    tiny = sum(each.stored_byte < TINY_BYTES for each in files)
    return Layout(
        "small_files",
        f"{len(small):,} of {len(files):,} files are smaller than 16 MB: each is a request of its own",
        {
            "files_count": len(files),
            "tiny_count": tiny,
            "tiny_share": tiny / len(files),
            "small_count": len(small),
            "small_share": len(small) / len(files),
            "small_byte": total,
            "requests_per_epoch_count": before,
            "merged_count": shards,
            "merged_requests_per_epoch_count": after,
        },
        f"{command} --shard-size 256MB",
    )


def _shares(files: Sequence[FileFacts], workers: int, command: str) -> Layout | None:
    sizes = [each.stored_byte for each in files]
    if sum(sizes) < SHARD_BYTES or workers == 1:
        return None
    idle = idle_share(sizes, workers)
    if idle < LEAST_IDLE_SHARE:
        return None
    few = len(sizes) < workers
    middle = statistics.median(sizes)
    what = (
        f"{len(sizes):,} files for {workers:,} workers: the others have none"
        if few
        else f"the largest file is {max(sizes) / middle:.3g} times the middle one: workers wait for who has most"
    )
    return Layout(
        "few_shards" if few else "unequal_shards",
        what,
        {
            "files_count": len(sizes),
            "workers_count": workers,
            "largest_byte": max(sizes),
            "median_byte": middle,
            "largest_ratio": max(sizes) / middle,
            "idle_share": idle,
            "least_idle_share": least_idle_share(sizes, workers),
        },
        f"{command} --shard-size {_even(sum(sizes), workers)}MB",
    )


def _even(total: int, workers: int) -> int:
    """Megabytes of equal shards, as many for each worker: 256 at most."""
    each = -(-total // (workers * SHARD_BYTES))
    return max(1, -(-total // (workers * each * MB)))


def _small_groups(files: Sequence[FileFacts], command: str) -> Layout | None:
    groups = [byte for each in files if len(each.row_groups) > 1 for _, byte in each.row_groups]
    small = [byte for byte in groups if byte < SMALL_GROUP_BYTES]
    after = _ranges(sum(small)) if small else 0
    if len(small) - after < LEAST_REQUESTS:
        return None
    return Layout(
        "small_row_groups",
        f"{len(small):,} of {len(groups):,} row groups are smaller than 1 MB: each is a request of its own",
        {
            "row_groups_count": len(groups),
            "small_count": len(small),
            "small_share": len(small) / len(groups),
            "median_byte": statistics.median(groups),
            "requests_per_epoch_count": len(small),
            "merged_requests_per_epoch_count": after,
        },
        f"{command} --row-group-size 8MB",
    )


def _giant_groups(files: Sequence[FileFacts], command: str) -> Layout | None:
    groups = [byte for each in files for _, byte in each.row_groups]
    giant = [byte for byte in groups if byte > GIANT_GROUP_BYTES]
    if not giant:
        return None
    return Layout(
        "giant_row_groups",
        f"{len(giant):,} row groups are larger than 512 MB: one worker reads each, and may hold it whole",
        {
            "row_groups_count": len(groups),
            "giant_count": len(giant),
            "giant_share": sum(giant) / sum(groups),
            "largest_byte": max(giant),
        },
        f"{command} --row-group-size 8MB",
    )


def _codecs(files: Sequence[FileFacts], codecs: Sequence[str], name: str, what: str, command: str) -> Layout | None:
    some = [each for each in files if each.codec in codecs]
    total, own = sum(each.stored_byte for each in files), sum(each.stored_byte for each in some)
    if not own or own < LEAST_SHARE * total:
        return None
    return Layout(
        name,
        what,
        {"files_count": len(some), "stored_byte": own, "stored_share": own / total},
        f"{command} --to parquet --codec zstd",
    )


def _parquet(path: str, column: str, size: int) -> FileFacts:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with store.opened(path, 1 << 16) as file:
            found = pq.read_metadata(file)
    except (pa.ArrowException, ValueError) as error:
        raise OSError(f"{path}: {error}") from error
    groups = []
    codecs: dict[str, int] = {}
    for number in range(found.num_row_groups):
        group = found.row_group(number)
        own = [group.column(each) for each in range(group.num_columns)]
        own = [each for each in own if each.path_in_schema.split(".")[0] == column] or own
        for each in own:
            codec = "none" if each.compression == "UNCOMPRESSED" else each.compression.lower()
            codecs[codec] = codecs.get(codec, 0) + each.total_compressed_size
        groups.append((group.num_rows, sum(each.total_compressed_size for each in own)))
    codec = max(codecs, key=lambda each: codecs[each], default=None)
    return FileFacts(path, size, rows=found.num_rows, row_groups=tuple(groups), codec=codec)


def _arrow_codec(file: BinaryIO) -> str | None:
    """How the first record batch is compressed: the magic of the codec stands behind the length of a buffer."""
    import pyarrow as pa

    file.seek(8 if file.read(6) == b"ARROW1" else 0)
    try:
        while (message := pa.ipc.read_message(file)).type != "record batch":
            pass
    except (EOFError, OSError, pa.ArrowException):
        return None
    body: Any = message.body
    head = body[:12].to_pybytes() if body is not None else b""
    if len(head) < 12 or head[:8] == b"\xff" * 8:  # one that did not get smaller stands as it was
        return None
    return {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}.get(head[8:], "none")
