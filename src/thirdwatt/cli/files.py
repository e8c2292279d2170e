"""Results as files, and files that people own: written aside and renamed, so nothing half-written is left there."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.content import MAX_LAUNCH
from thirdwatt.scenario.content import text as text_in

LINKLESS = frozenset((errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP))
"""What a file system that knows no second name for a file, such as FAT, answers to one."""


def written(name: str, content: str | bytes) -> None:
    """Write a result to a file, whole or not at all; through a link to what it leads to, into a pipe as it is.

    Raises
    ------
    InputError
        If the place is a folder, is read-only or cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    path = Path(name)
    try:
        mode = path.stat().st_mode if path.exists() else stat.S_IFREG | 0o666 & ~_umask()
        target = Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise _refused(name, f"cannot be written: {_reason(error)}", "nothing was changed") from None
    if stat.S_ISDIR(mode):
        raise _refused(name, "is a folder", "name a file in it")
    _demand_writable(name, path, mode)
    if stat.S_ISREG(mode):
        _place(name, target, data, stat.S_IMODE(mode), Path.replace)
    else:
        _pour(name, path, data)


def unreachable(name: str) -> Iterator[Mistake]:
    """Why a file could not be written, found out before any other is: access rights alone do not tell."""
    path = Path(name)
    try:
        if path.is_dir():
            yield Mistake(name, "is a folder", "name a file in it")
        elif path.exists() and not path.stat().st_mode & 0o222:
            yield Mistake(name, "cannot be written", "it is read-only")
        elif path.is_file() or not path.exists():
            with tempfile.NamedTemporaryFile(prefix=".", suffix=".part", dir=Path(os.path.realpath(name)).parent):
                pass
    except (OSError, ValueError) as error:
        yield Mistake(name, f"cannot be written: {_reason(error)}", "nothing was written")


def _demand_writable(name: str, path: Path, mode: int) -> None:
    """Refuse what its owner made read-only, even to an administrator, who could replace it all the same."""
    if not mode & 0o222 or (path.exists() and not os.access(path, os.W_OK)):
        raise _refused(name, "cannot be written", "it is read-only")


def _pour(name: str, path: Path, data: bytes) -> None:
    try:
        with path.open("wb") as stream:
            stream.write(data)
    except OSError as error:
        raise _refused(name, f"cannot be written: {_reason(error)}") from None


def created(name: str, text: str) -> None:
    """Write a file that does not exist yet, whole or not at all.

    Raises
    ------
    InputError
        If it exists, be it since a moment ago, or cannot be written. What is there stays as it is.
    """
    _place(name, Path(name), text.encode("utf-8"), 0o666 & ~_umask(), _name_anew)


def text_of(name: str) -> str:
    """Text of a file, its line ends and its byte order mark as they are.

    Raises
    ------
    InputError
        If it is no readable file of UTF-8 text.
    """
    return text_in(name, MAX_LAUNCH, encoding="utf-8")


def rewrite(name: str, text: str) -> None:
    """Replace the text of a file at once: whoever reads it sees the old text or the new.

    Raises
    ------
    InputError
        If it is a link or no file, or cannot be written. It is as it was then.
    """
    path = Path(name)
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise _refused(name, f"cannot be written: {_reason(error)}", "nothing was changed") from None
    if stat.S_ISLNK(mode):
        raise _refused(name, "is a link", "name the file it leads to")
    if not stat.S_ISREG(mode):
        raise _refused(name, "is no file")
    _demand_writable(name, path, mode)
    _place(name, path, text.encode("utf-8"), stat.S_IMODE(mode), Path.replace)


def _place(name: str, path: Path, data: bytes, mode: int, take: Callable[[Path, Path], object]) -> None:
    """Write data aside, then let it take its place at once; nothing is left aside."""
    aside: Path | None = None
    try:
        number, made = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        aside = Path(made)
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(mode)
        take(aside, path)
    except FileExistsError:
        raise _refused(name, "exists already", "name another file; nothing was changed") from None
    except (OSError, ValueError) as error:
        raise _refused(name, f"cannot be written: {_reason(error)}", "nothing was changed") from None
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


def _name_anew(aside: Path, path: Path) -> None:
    """Give a file a second name, which fails if the name is taken: a rename would overwrite."""
    try:
        path.hardlink_to(aside)
    except OSError as error:
        if error.errno not in LINKLESS:
            raise
        path.touch(exist_ok=False)  # the name is ours from here on, so a rename overwrites nobody's file
        try:
            aside.replace(path)
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _refused(name: str, problem: str, fix: str = "") -> InputError:
    return InputError([Mistake(name, problem, fix)])


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say which extra is missing when an import fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        said = f"{error.name} is not installed: pip install 'thirdwatt[{name}]' brings what this needs"
        raise click.ClickException(said) from None
