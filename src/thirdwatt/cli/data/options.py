"""What the commands of ``thirdwatt data`` share: sizes, how far it is, and what can go wrong."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from thirdwatt.data.kernels import Kernels
    from thirdwatt.data.reading import Progress
    from thirdwatt.data.tokens import Encoder

WORKERS = min(8, os.cpu_count() or 1)
"""What is done at a time where nobody says; it changes nothing in what is written."""

PAYS_BYTES = 16_000_000
"""From about so much on, as it is stored, numba saves more than it takes to be loaded: 10 ms a MB of text, a third of a
second, and some seconds once to compile."""

UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


class Size(click.ParamType):  # type: ignore[type-arg]
    """Bytes, as ``500MB``, ``2GB`` or ``1GiB``, at least so many."""

    name = "size"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes of a size."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([KMGT]?I?)B?\s*", str(value).upper())
        if not found or found[2] not in UNITS:
            self.fail(f"{value} is no size, as 500MB, 2GB or 1GiB are.", param, ctx)
        size = int(float(found[1]) * UNITS[found[2]])
        if size < self.least:
            self.fail(f"{value} is less than {size_of(self.least)}.", param, ctx)
        return size


FILE_SIZE = Size(1_000)
"""Of a file: less is a unit that was forgotten."""

memory_option = click.option(
    "--memory", type=Size(1_000_000), default="2GB", show_default=True, help="What may be taken; the rest is on disk."
)
"""With less than 1 MB the same would be read thousands of times."""


def tokenizer_of(name: str | None) -> Any:
    """A tokenizer by its name; none where none is named."""
    from thirdwatt.data import tokens
    from thirdwatt.scenario.mistakes import InputError, Mistake

    if name is None:
        return None
    try:
        return tokens.tokenizer(name)
    except ValueError as error:
        raise InputError(
            [Mistake("--tokenizer", str(error), "name a tokenizer.json, or a model on the hub")]
        ) from error


def ends_with(own: Encoder, end: str) -> None:
    """See whether a tokenizer has an end of documents of that name."""
    from thirdwatt.data import tokens
    from thirdwatt.scenario.mistakes import InputError, Mistake

    try:
        tokens.end(own, end)
    except ValueError as error:
        raise InputError([Mistake("--end", str(error), "name one of them, or none")]) from error


@contextmanager
def tokenising() -> Iterator[None]:
    """What a tokenizer cannot do, told as a mistake in its choice."""
    from thirdwatt.scenario.mistakes import InputError, Mistake

    try:
        yield
    except ValueError as error:
        raise InputError([Mistake("--tokenizer", str(error), "name the one that the model has")]) from error


GOES_ON = "the same command goes on from the last note; one is taken every ten seconds or so of reading"
"""What is said of a scan that is interrupted."""

FIX_GOES_ON = (
    "nothing is there under the name of the result; the same command goes on, with reading from the last note, with "
    "writing behind the last file that was whole"
)
"""The same of what reads a set and then writes files."""

WRITING_GOES_ON = (
    "nothing is there under the name of the result; the same command goes on behind the last file that was whole"
)
"""The same of what writes as it reads."""


@contextmanager
def problems(path: str, interrupted: str = GOES_ON) -> Iterator[None]:
    """What can go wrong with a dataset, told as a mistake in what was given; the line of progress ends before."""
    from thirdwatt.scenario.mistakes import InputError, Mistake

    try:
        from thirdwatt.data.errors import ChangedError, EmptyError
        from thirdwatt.data.fix.order import ColumnError
        from thirdwatt.data.fix.result import ReckoningError, ThereError
        from thirdwatt.data.fix.shapes import ShapeError
    except ModuleNotFoundError as error:
        raise InputError([Mistake(path, f"needs {error.name}", "pip install 'thirdwatt[data]'")]) from error
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError([Mistake(path, f"needs {error.name or error}", "pip install 'thirdwatt[data]'")]) from error
    except ImportError as error:
        raise InputError([Mistake(path, f"needs {error.name or error}", str(error).rpartition(": ")[2])]) from error
    except EmptyError as error:
        raise InputError([Mistake(path, str(error), error.fix)]) from error
    except ChangedError as error:
        raise InputError([Mistake(path, str(error), "call it when nobody writes to it")]) from error
    except ColumnError as error:
        raise InputError(
            [Mistake("--keep", str(error), "name a column of numbers, or of texts such as dates")]
        ) from error
    except ShapeError as error:
        raise InputError([Mistake(path, str(error), error.fix)]) from error
    except ThereError as error:
        raise InputError([Mistake("--out", str(error), "name another folder, or remove what is there")]) from error
    except ReckoningError as error:
        fix = "nothing was left there: remove the hidden folder .DIR.part beside it, and call it again"
        raise InputError([Mistake(path, f"does not add up: {error}", fix)]) from error
    except BlockingIOError as error:
        raise InputError([Mistake(path, "another process works on it", "wait for it to end")]) from error
    except OSError as error:
        said = str(error).removeprefix(f"{path}: ")
        raise InputError([Mistake(path, said, "see whether it can be read, and whether there is room")]) from error
    except KeyboardInterrupt:
        end_of_line()
        click.echo(f"interrupted: {interrupted}", err=True)
        raise
    finally:
        end_of_line()


def kernels(stored_byte: int) -> Kernels:
    """The fast kernels where numba is there and they pay, else those of numpy: both find the same."""
    from thirdwatt.data.kernels import Kernels, compiled

    if stored_byte >= PAYS_BYTES:
        with suppress(ImportError):
            return compiled()
    return Kernels()


# --- how far it is ----------------------------------------------------------------------------------------------------


def progress() -> Any:
    """A line on a terminal that says how far a command is, at which rate, and for how long still."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def told(now: Progress) -> None:
        passed_s = time.monotonic() - began
        share = min(1.0, now.done_byte / now.total_byte) if now.total_byte else 1.0
        left = f"{passed_s / share * (1 - share):.0f} s left" if share > 0.01 else ""
        rate = now.text_byte / 1e6 / max(passed_s, 1e-9)
        sys.stderr.write(f"\r\x1b[K{share:4.0%}  {now.what}  {rate:.0f} MB/s  {left}")
        sys.stderr.flush()

    return told


def end_of_line() -> None:
    """Clear the line that says how far it is."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def mixed(report: Mapping[str, Any]) -> list[str]:
    """What is said where several splits of a dataset became one."""
    if not report["splits"]:
        return []
    return [f"The splits {', '.join(report['splits'])} became one: name one by a pattern in quotes to keep them apart."]


def short(number: float) -> str:
    """A number in three digits, as ``1.2 G``."""
    for limit, size, name in ((1e3, 1.0, ""), (1e6, 1e3, " k"), (1e9, 1e6, " M"), (1e12, 1e9, " G")):
        if number < limit:
            return f"{number / size:.3g}{name}"
    return f"{number / 1e12:.3g} T"


def size_of(byte: float) -> str:
    """Bytes in three digits."""
    for limit, size, name in ((1e3, 1, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if byte < limit:
            return f"{byte / size:.3g} {name}"
    return f"{byte / 1e12:.3g} TB"
