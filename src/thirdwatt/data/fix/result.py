"""The result of a fix: there whole, or not there at all.

It is made in a hidden folder beside its place, file by file; each file is written under another name, brought to the
disk and renamed, then noted. When all is there and adds up it is renamed once. Whatever happens before, nothing stands
under the name of the result, the input is as it was, and the same command goes on behind the last file::

    DIR/data/…          the dataset
    DIR/removed.jsonl   what was left out: where it was, its witness, how like it is; never its text
    DIR/report.json     what was done, from what, and what it comes to
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

DATA, REMOVED, REPORT = "data", "removed.jsonl", "report.json"
MADE, WORK, BEGUN, LOCK, NOTES = "result", "work", "begun.json", "lock", "notes"
"""What is in the hidden folder: the result, where a fix works, what it is for, and what is known of each file."""


READ_BYTES = 1 << 18

Write = Callable[[str], Mapping[str, Any]]
"""Writes a file to the path it is given, and says what is to be known of it."""


class ThereError(Exception):
    """Something stands where the result is to be."""


class ReckoningError(Exception):
    """What was written is not what was to be written."""


class StoppedError(Exception):
    """Another file could not be written."""


class Result:
    """A result that is being made.

    Parameters
    ----------
    out
        Where it is to be: nothing, or an empty folder.
    key
        What it is made of, and how; work that was begun for another one is thrown away.

    Raises
    ------
    ThereError
        If something stands there.
    BlockingIOError
        If another process makes it.
    OSError
        If it cannot be made there.

    Attributes
    ----------
    out, made
        Where it is to be, and where it is made.
    work
        A folder for what is no part of it.
    resumed
        Whether there was something to go on with.
    """

    def __init__(self, out: str, key: str) -> None:
        self.out = Path(os.path.abspath(out))  # noqa: PTH100 - a link stays a link
        if not self.out.name:
            raise ThereError(f"{out} is there already")
        self._aside = self.out.with_name(f".{self.out.name}.part")
        self.made, self.work = self._aside / MADE, self._aside / WORK
        self._stop = threading.Event()
        if _stands(self.out):
            self._cleaned()
            raise ThereError(f"{out} is there already")
        if _stands(self._aside) and not (self._aside / LOCK).exists():
            raise ThereError(f"{self._aside} is there already, and of no fix")
        self._aside.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._aside / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.resumed = _read(self._aside / BEGUN) == {"key": key}
            if not self.resumed:
                _emptied(self._aside)
                replaced(self._aside / BEGUN, json.dumps({"key": key}).encode())
            for folder in (self.work / NOTES, self.made / DATA):
                folder.mkdir(parents=True, exist_ok=True)
        except BaseException:
            os.close(self._lock)
            raise

    def _cleaned(self) -> None:
        """Remove what was left where it was killed behind the renaming, and nobody is at work."""
        if self.made.exists() or not (self._aside / LOCK).exists():
            return
        lock = os.open(self._aside / LOCK, os.O_RDWR | os.O_CLOEXEC)
        try:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(self._aside)
        finally:
            os.close(lock)

    def note(self, name: str) -> dict[str, Any] | None:
        """What is known of a file of the data that is whole; nothing where it is not."""
        note = _read(self.work / NOTES / f"{name}.json")
        path = self.made / DATA / name
        if note is None or not path.is_file() or path.stat().st_size != note["stored_byte"]:
            return None
        found: dict[str, Any] = note["note"]
        return found

    def file(self, name: str, write: Write) -> dict[str, Any]:
        """Make a file of the data, unless it is whole already: what is known of it.

        Parameters
        ----------
        name
            The file's.
        write
            Writes it.
        """
        known = self.note(name)
        if known is not None:
            return known
        path = self.made / DATA / name
        part = path.with_name(f"{name}.part")
        note = dict(write(str(part)))
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        said = {"stored_byte": path.stat().st_size, "digest": _digest(path), "note": note}
        replaced(self.work / NOTES / f"{name}.json", json.dumps(said).encode())
        return note

    def stored(self, name: str) -> dict[str, Any]:
        """A file of the data as it is stored: its size, and 128 bits of it."""
        path, note = self.made / DATA / name, self.work / NOTES / f"{name}.json"
        found = path.stat()
        known = _read(note) or {}
        # One that was written again after it was noted is looked at again.
        same = (
            "digest" in known and known["stored_byte"] == found.st_size and found.st_mtime_ns < note.stat().st_mtime_ns
        )
        digest = known["digest"] if same else _digest(path)
        return {"stored_bytes": found.st_size, "digest": digest}

    def files(self, tasks: Sequence[tuple[str, Write]], workers: int = 1) -> list[dict[str, Any]]:
        """Make files as :meth:`file` does, some at a time: what is known of each.

        Parameters
        ----------
        tasks
            Name of each, and what writes it; that calls :meth:`check` now and then.
        workers
            How many at a time.
        """
        if workers <= 1 or len(tasks) <= 1:
            return [self.file(*each) for each in tasks]
        with ThreadPoolExecutor(workers) as pool:
            begun = [pool.submit(self.file, *each) for each in tasks]
            try:
                return [each.result() for each in begun]
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def check(self) -> None:
        """See whether to go on.

        Raises
        ------
        StoppedError
            If another file could not be written.
        """
        if self._stop.is_set():
            raise StoppedError

    def finish(self, report: Mapping[str, Any], removed: Iterable[bytes], names: Iterable[str]) -> dict[str, Any]:
        """Bring the result to its place.

        Returns
        -------
        dict
            The report, as it stands in the result: with size and digest of each of its files.

        Parameters
        ----------
        report
            What was done.
        removed
            What was left out: lines of JSON with their ends.
        names
            The files of the data.

        Raises
        ------
        ReckoningError
            If other files are there than these.
        ThereError
            If something has come to stand there.
        """
        data = self.made / DATA
        wanted, there = set(names), {each.name for each in data.iterdir() if ".part" not in each.name}
        if wanted != there:
            odd = ", ".join(sorted(wanted ^ there)[:3])
            raise ReckoningError(f"{len(there):,} files of data where {len(wanted):,} were written ({odd})")
        for each in data.glob("*.part*"):
            each.unlink()
        with _written(self.made / REMOVED) as file:
            file.writelines(removed)
        said = dict(report)
        if "files" in said:
            said["files"] = [{**each, **self.stored(each["name"])} for each in said["files"]]
        replaced(self.made / REPORT, json_bytes(said, indent=2))
        for folder in (data, self.made):
            _kept(folder)
        try:
            self.made.rename(self.out)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise ThereError(f"{self.out} has come to be there meanwhile") from error
            raise
        _kept(self.out.parent)
        # What says that there is something to go on with goes first, and last what says whose folder it is.
        (self._aside / BEGUN).unlink()
        shutil.rmtree(self.work)
        shutil.rmtree(self._aside)
        return said

    def close(self) -> None:
        """Let go of it; what is not finished can be gone on with."""
        os.close(self._lock)


def report_of(where: str) -> dict[str, Any] | None:
    """The report of the fix whose result a dataset is, by its folder or that of its data; none where it is none."""
    path = Path(where)
    for folder in (path, *([path.parent] if path.name == DATA else [])):
        found = _read(folder / REPORT) if (folder / DATA).is_dir() else None
        if isinstance(found, dict) and str(found.get("schema", "")).startswith("thirdwatt/"):
            return found
    return None


def changes_of(where: str) -> list[str]:
    """Files of the result of a fix that are not what was proved: others, lost or added ones, by their names.

    Files that are as large as they were, and no younger than the report, are taken to be the same.
    """
    report = report_of(where)
    if report is None or not isinstance(report.get("files"), list):
        return []
    folder = Path(where) if (Path(where) / DATA).is_dir() else Path(where).parent
    data, written_ns = folder / DATA, (folder / REPORT).stat().st_mtime_ns
    known = {each["name"]: each for each in report["files"]}
    there = {str(each.relative_to(data)): each for each in data.rglob("*") if not each.is_dir()}
    there = {name: path for name, path in there.items() if not any(each.startswith(".") for each in name.split("/"))}
    odd = known.keys() ^ there.keys()
    for name in known.keys() & there.keys():
        found, wanted = there[name].stat(), known[name]
        is_other = found.st_size != wanted.get("stored_bytes", found.st_size)
        if not is_other and found.st_mtime_ns > written_ns and "digest" in wanted:
            is_other = _digest(there[name]) != wanted["digest"]
        if is_other:
            odd.add(name)
    return sorted(odd)


def _digest(path: Path) -> str:
    """128 bits of a file."""
    from xxhash import xxh3_128

    found, held = xxh3_128(), memoryview(bytearray(READ_BYTES))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(held):
            found.update(held[:count])
    return found.hexdigest()


def json_bytes(value: Any, indent: int | None = None) -> bytes:
    """A value as JSON with a newline; names of files that are no UTF-8 are escaped."""
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "backslashreplace") + b"\n"


def replaced(path: Path, data: bytes) -> None:
    """Replace a file as a whole."""
    with _written(path) as file:
        file.write(data)


@contextmanager
def _written(path: Path) -> Iterator[Any]:
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _stands(path: Path) -> bool:
    """Whether something stands at a path: all but an empty folder."""
    if path.is_dir() and not path.is_symlink():
        return any(path.iterdir())
    return path.exists() or path.is_symlink()


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _emptied(folder: Path) -> None:
    """Remove all but the lock, and first of all what says that there is something to go on with."""
    with suppress(FileNotFoundError):
        (folder / BEGUN).unlink()
    for each in folder.iterdir():
        if each.name == LOCK:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _kept(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
