"""Results as files, and files that people own: written aside and renamed, so nothing half-written is left there."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from thirdwatt.scenario import InputError, Mistake

MAX_BYTES = 5_000_000


def written(name: str, content: str | bytes) -> None:
    """Write a result to a file, whole or not at all.

    Raises
    ------
    InputError
        If the place is a folder or cannot be written.
    """
    path = Path(name)
    if path.is_dir():
        raise _refused(name, "is a folder", "name a file in it")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    _replace(name, path, content.encode() if isinstance(content, str) else content, mode)


def text_of(name: str) -> str:
    """Text of a file, its line ends as they are.

    Raises
    ------
    InputError
        If it is no readable file of UTF-8 text.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _refused(name, f"cannot be read: {_reason(error)}") from None
    if len(content) > MAX_BYTES:
        raise _refused(name, f"is larger than {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(name, f"is not UTF-8 text (byte {error.start})") from None


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
    if not os.access(path, os.W_OK):
        raise _refused(name, "cannot be written", "it is read-only")
    _replace(name, path, text.encode("utf-8"), stat.S_IMODE(mode))


def _replace(name: str, path: Path, data: bytes, mode: int) -> None:
    aside: str | None = None
    try:
        number, aside = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(mode)
        Path(aside).replace(path)
        aside = None
    except (OSError, ValueError) as error:
        raise _refused(name, f"cannot be written: {_reason(error)}", "nothing was changed") from None
    finally:
        if aside is not None:
            Path(aside).unlink(missing_ok=True)


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
