"""Where bytes are: files of this machine, or an address that fsspec knows (``hf://``, ``s3://``, ``gs://``, ``https://``).

What is far is read by ranges, a little ahead of what was asked for: nothing is downloaded whole.
"""

from __future__ import annotations

import contextlib
import glob
import io
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, cast

READ_BYTES = 1 << 20
"""Read at once from a file of this machine."""

AHEAD_BYTES = 4 << 20
"""Read ahead from far away: at 100 ms a request it still gives 40 MB/s."""

BLOCKS = 4
"""Blocks that are kept of a file to whose passed parts a reader comes back."""

PAUSES_S = (0.5, 2.0, 8.0)
"""Waits before a range is asked for again that did not come."""

EXTRAS = {
    "hf": ("huggingface_hub", "hub"),
    "http": ("aiohttp", "remote"),
    "https": ("aiohttp", "remote"),
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
}
"""What each kind of address needs, and the extra that has it."""

STAMPS = (
    "ETag", "etag", "blob_id", "oid", "generation", "md5Hash", "Content-MD5", "Last-Modified", "LastModified",
    "last_modified", "mtime", "modified", "created",
)  # fmt: skip
"""What file systems call that which changes with a file, the surest first."""

Cache = Literal["readahead", "blockcache"]
ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://")
PATTERN = re.compile(r"[*?[]")


class NeededError(ImportError):
    """A library is missing by which an address could be read."""

    def __init__(self, path: str, name: str, extra: str) -> None:
        super().__init__(f"{path} needs {name}: pip install 'thirdwatt[{extra}]'", name=name)
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of a file.

    Attributes
    ----------
    path
        By which :func:`opened` opens it.
    size
        In bytes, as it is stored.
    identity
        The same for all names of a file.
    link
        Whether the name is a symbolic link, or lies behind one.
    """

    path: str
    size: int
    identity: tuple[int, int] | str
    link: bool = False


def is_remote(path: str) -> bool:
    """Whether a path is an address, and no file of this machine."""
    found = ADDRESS.match(path)
    return bool(found) and path[: found.end()] not in ("file://", "local://") if found else False


def local(path: str) -> str:
    """The path of a file of this machine without ``file://``."""
    return path.removeprefix("file://").removeprefix("local://")


def name(path: str) -> str:
    """What a file is called, without what follows an address of the web."""
    if path.startswith(("http://", "https://")):
        path = path.split("#")[0].split("?")[0]
    return path.rstrip("/").rsplit("/", 1)[-1] if is_remote(path) else os.path.basename(path)  # noqa: PTH119


def opened(path: str, ahead: int = AHEAD_BYTES, cache: Cache = "readahead") -> BinaryIO:
    """A file for reading; it can be sought in, unless a server of the web gives no ranges.

    Parameters
    ----------
    ahead
        Bytes to read beyond what is asked for: few for a reader that jumps.
    cache
        What is kept of a file that is far: what was read ahead, or the last blocks of ``ahead`` bytes, for a reader
        that comes back to what it has passed.

    Raises
    ------
    OSError
        If it is not there or cannot be reached.
    NeededError
        If a library is missing.
    """
    if not is_remote(path):
        return open(local(path), "rb", buffering=min(READ_BYTES, ahead))  # noqa: PTH123
    return cast("BinaryIO", io.BufferedReader(_Remote(path, ahead, cache), min(READ_BYTES, ahead)))


def size(path: str) -> int:
    """Bytes of a file as it is stored.

    Raises
    ------
    OSError
        If it is not there, or a server does not say.
    """
    if not is_remote(path):
        return os.stat(local(path)).st_size  # noqa: PTH116
    files, inside = _filesystem(path)
    with _told(path):
        return _size(path, files.info(inside))


def signature(path: str) -> tuple[int, str]:
    """What changes when a file does: its size, and when it was written (ns) or the tag its store gives it.

    Where a store says nothing but the size, the second is empty.

    Raises
    ------
    OSError
        If it is not there.
    """
    if not is_remote(path):
        found = os.stat(local(path))  # noqa: PTH116
        return found.st_size, str(found.st_mtime_ns)
    files, inside = _filesystem(path)
    with _told(path):
        # What was listed before is not asked again otherwise.
        files.invalidate_cache(files._parent(inside))
        info = files.info(inside)
    return _size(path, info), next((str(info[each]) for each in STAMPS if info.get(each)), "")


def listed(where: str) -> Iterator[Entry]:
    """The files of a path in the order of their names: itself, what is below a folder, or what a pattern fits.

    Hidden files, and what is in hidden folders, are none, unless they are named themselves. Linked folders are
    entered, each folder once.

    Raises
    ------
    OSError
        If an address cannot be reached.
    """
    yield from sorted(_far(where) if is_remote(where) else _near(local(where)), key=lambda each: each.path)


def _near(where: str) -> Iterator[Entry]:
    if os.path.isdir(where):  # noqa: PTH112
        yield from _walked(where)
    elif os.path.exists(where):  # noqa: PTH110
        yield from _entry(where, link=False)
    else:
        for each in glob.iglob(where, recursive=True):  # noqa: PTH207
            if os.path.isfile(each):  # noqa: PTH113
                yield from _entry(each, link=os.path.islink(each))  # noqa: PTH114


def _entry(path: str, *, link: bool) -> Iterator[Entry]:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:  # a link that leads nowhere, or a file that has just gone
        yield Entry(path, 0, path, link=True)
        return
    yield Entry(path, found.st_size, (found.st_dev, found.st_ino), link)


def _walked(top: str) -> Iterator[Entry]:
    """Real folders first, so that a folder is known by its own name before a link leads to it."""
    real, linked = [top], list[str]()
    seen: set[tuple[int, int]] = set()
    while real or linked:
        link = not real
        folder = linked.pop() if link else real.pop()
        with contextlib.suppress(OSError):
            found = os.stat(folder)  # noqa: PTH116
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
            with os.scandir(folder) as inside:
                for each in inside:
                    if each.name.startswith("."):
                        continue
                    if each.is_dir():
                        (linked if link or each.is_symlink() else real).append(each.path)
                    else:
                        yield from _entry(each.path, link=link or each.is_symlink())


def _far(where: str) -> Iterator[Entry]:
    files, inside = _filesystem(where)
    with _told(where):
        found = _found(files, where, inside)
    for path, info in found.items():
        if info.get("type") == "directory" or (path != inside and _hidden(path, inside)):
            continue
        full = path if ADDRESS.match(path) else str(files.unstrip_protocol(path))
        yield Entry(full, info.get("size") or 0, full)


def _found(files: Any, where: str, inside: str) -> dict[str, dict[str, Any]]:
    """Infos of files by their paths."""
    web = where.startswith(("http://", "https://"))
    if PATTERN.search(inside) and not (web and "*" not in inside):  # a query of the web is no pattern
        return dict(files.glob(inside, detail=True))
    try:
        info = files.info(inside)
    except FileNotFoundError:
        return {}
    folder = where.endswith("/") if web else info["type"] == "directory"  # on the web a folder is a page of links
    if not folder:
        return {inside: info}
    return {path: files.info(path) if web else each for path, each in files.find(inside, detail=True).items()}


def _hidden(path: str, above: str) -> bool:
    """Whether a file is hidden below a folder, or below what of a pattern is none."""
    found = PATTERN.search(above)
    fixed = above[: found.start()].rpartition("/")[0] if found else above.rstrip("/")
    return any(each.startswith(".") for each in path.removeprefix(fixed).split("/"))


def _size(path: str, info: dict[str, Any]) -> int:
    if info.get("size") is None:
        raise OSError(f"the server does not say how large {path} is")
    return int(info["size"])


def _filesystem(path: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    found = ADDRESS.match(path)
    kind = found[1] if found else ""
    library, extra = EXTRAS.get(kind, ("fsspec", "remote"))
    try:
        import fsspec
    except ImportError as error:
        raise NeededError(path, "fsspec", extra) from error
    try:
        return cast("tuple[Any, str]", fsspec.core.url_to_fs(path))
    except ImportError as error:
        raise NeededError(path, library, extra) from error
    except ValueError as error:  # no such kind of address
        raise OSError(f"{path}: {error}") from error


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Turns what the libraries of the stores raise into an ``OSError`` that names the path."""
    try:
        yield
    except (OSError, ImportError):
        raise
    except Exception as error:
        raise OSError(f"{path}: {type(error).__name__}: {error}") from error


def _may_come(error: OSError) -> bool:
    """Whether what failed may work when it is tried again."""
    cause = error.__cause__ or error
    status = getattr(cause, "status", None) or 500
    return not isinstance(cause, (ValueError, FileNotFoundError, PermissionError)) and (status >= 500 or status == 429)


class _Remote(io.RawIOBase):
    """A file far away. A range that does not come is asked for again."""

    def __init__(self, path: str, ahead: int, cache: Cache) -> None:
        self._path = path
        files, inside = _filesystem(path)
        options = {"maxblocks": BLOCKS} if cache == "blockcache" else {}
        with _told(path):
            self._file = files.open(inside, "rb", block_size=ahead, cache_type=cache, cache_options=options)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        # A stream of the web claims that it is, and then refuses.
        return bool(self._file.seekable()) and getattr(self._file, "size", 0) is not None

    def tell(self) -> int:
        return int(self._file.tell())

    def seek(self, offset: int, whence: int = 0) -> int:
        if not self.seekable():
            raise OSError(f"{self._path}: the server gives no ranges of it")
        return int(self._file.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        at = self._file.tell()
        for pause_s in (*PAUSES_S, None):
            try:
                with _told(self._path):
                    data = self._file.read(len(buffer))
                break
            except OSError as error:
                if pause_s is None or not _may_come(error) or not self.seekable():
                    raise
                time.sleep(pause_s or 0)
                self._file.seek(at)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
