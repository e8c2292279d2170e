"""The one way in which files of users are read: how much of them, what is refused, and how that is said."""

from __future__ import annotations

import sys
from pathlib import Path

from thirdwatt.scenario.mistakes import InputError, Mistake

STDIN = "-"
"""Name of standard input, wherever a file is named."""

MAX_DOCUMENT = 1_000_000
"""Bytes of a scenario, a ledger or claims: they are written by hand or by this package."""
MAX_OBSERVED = 20_000_000
"""Bytes of observations, which a scan of a dataset holds among its findings and the rows it could not read."""
MAX_YAML = 200_000
"""Characters of YAML, whose reader takes a second for so many."""
MAX_LAUNCH = 5_000_000
"""Bytes of a launch configuration or a card; of a log, those at its beginning."""
MAX_ACCOUNT = 50_000_000
"""Bytes of somebody else's account of runs."""
MAX_ROWS = 200_000_000
"""Bytes of a table of scenarios."""

MAX_NAME = 200
"""Characters of a path that a mistake repeats."""


TOO_LARGE = "no such file is; is it another?"


def content(where: str, most: int, *, cut: bool = False, fix: str = "", smaller: str = TOO_LARGE) -> bytes:
    """Bytes of a file, or of standard input for ``-``.

    Parameters
    ----------
    most
        Bytes that are read; a larger file is refused.
    cut
        Read the beginning of a larger file instead.
    fix
        What to name instead of a file that is not there or cannot be read.
    smaller
        What to do about a file that is too large.

    Raises
    ------
    InputError
        If it does not exist, is a folder, cannot be read or is too large.
    """
    limit = most if cut else most + 1
    try:
        found = sys.stdin.buffer.read(limit) if where == STDIN else _beginning(Path(where), limit)
    except FileNotFoundError:
        raise unreadable(where, "the file does not exist", fix or "check the path") from None
    except IsADirectoryError:
        raise unreadable(where, "it is a folder", fix or "name a file in it") from None
    except (OSError, ValueError) as error:
        raise unreadable(where, getattr(error, "strerror", None) or str(error), fix) from None
    if len(found) > most:
        raise InputError([Mistake(where[:MAX_NAME], f"is larger than {most:,} bytes", smaller)])
    return found


def _beginning(path: Path, limit: int) -> bytes:
    if path.is_dir():
        raise IsADirectoryError  # what other systems than POSIX say of one would not tell
    with path.open("rb") as file:
        return file.read(limit)


def text(
    where: str,
    most: int,
    *,
    cut: bool = False,
    fix: str = "",
    smaller: str = TOO_LARGE,
    encoding: str = "utf-8-sig",
    errors: str = "strict",
) -> str:
    """Text of a file, or of standard input for ``-``.

    Parameters
    ----------
    most, cut, fix, smaller
        As for :func:`content`.
    encoding, errors
        As for :func:`decoded`.

    Raises
    ------
    InputError
        If it cannot be read, is too large or is no UTF-8 text.
    """
    found = content(where, most, cut=cut, fix=fix, smaller=smaller)
    return decoded(found, where, encoding=encoding, errors=errors)


def decoded(raw: bytes, where: str, *, encoding: str = "utf-8-sig", errors: str = "strict") -> str:
    """Text that bytes are.

    Parameters
    ----------
    where
        Their file, for the message.
    encoding
        ``utf-8-sig`` leaves out a byte order mark, ``utf-8`` keeps it.
    errors
        ``replace`` takes what is no UTF-8 too: logs hold what programs print, and may be cut through a letter.

    Raises
    ------
    InputError
        If they are no text.
    """
    here = where[:MAX_NAME]
    try:
        found = raw.decode(encoding, errors=errors)
    except UnicodeDecodeError as error:
        raise InputError([Mistake(here, f"is not UTF-8 text (byte {error.start})", "save it as UTF-8")]) from None
    if "\x00" in found:
        raise InputError([Mistake(here, "is a binary file", "name a file of text")])
    return found


def unreadable(where: str, reason: str, fix: str = "") -> InputError:
    """That a file cannot be read, as every reader says it."""
    return InputError([Mistake(where[:MAX_NAME], f"cannot be read: {reason}", fix)])
