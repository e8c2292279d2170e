"""Lines of a terminal: what stays together in one, what is cut, and commands that a shell takes as they stand."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Sequence

UNITS = "times|days?|years?|h|min|s|[kMGT]?Wh|g|kg|k?t|Mt|m3|L|USD|million|billion|thousand"
KEPT = re.compile(
    rf"(?<=\d) (?=%|(?:{UNITS})\b)"  # a figure and its unit
    r"|(?<=[mb]illion) (?=USD|m3)|(?<=thousand) (?=m3)"
    r"|(?<=%:) (?=[\d<-])|(?<=\d) (?=to \d)|(?<=\d to) (?=\d)"  # an interval
    r"|(?<=--allow) |(?<=--html) |(?<=·) "  # an option and its value, a mark and what it marks
)
"""Spaces at which no line ends."""
GOES_ON = " \\"
"""What ends a line of a command that goes on."""
SPACE = "\N{NO-BREAK SPACE}"


def kept(said: str) -> str:
    """Words whose figures and units no line of a page or a terminal parts."""
    return KEPT.sub(SPACE, said)


def wrapped(said: str, width: int, indent: str = "") -> list[str]:
    """A sentence in lines, what follows the first set in."""
    lines = textwrap.wrap(
        kept(said.strip()),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(SPACE, " ") for line in lines]


def shown_in(said: str, width: int, indent: str = "", *, cut: bool) -> list[str]:
    """A sentence in one line, cut at a word, or in as many as it takes."""
    if not cut:
        return wrapped(said, width, indent)
    return [f"{indent}{textwrap.shorten(said, width - len(indent), placeholder=' …')}"]


def piped(commands: Sequence[str], width: int) -> list[str]:
    r"""Commands of a pipe in lines that a shell takes as they stand.

    Examples
    --------
    >>> piped(["thirdwatt plan run.toml --json", "jq .path", "cat"], 46)
    ['  thirdwatt plan run.toml --json | jq .path |', '  cat']
    >>> piped(["thirdwatt plan run.toml --json", "jq .path"], 30)
    ['  thirdwatt plan run.toml \\', '    --json | jq .path']
    """
    lines: list[str] = []
    for number, command in enumerate(commands, 1):
        words = [shlex.quote(word) for word in shlex.split(command)]
        if number < len(commands):
            words[-1] += " |"
        whole = f"  {' '.join(words)}"
        if lines and len(lines[-1]) + len(whole) - 1 <= width:
            lines[-1] += whole[1:]
        else:
            lines += [whole] if len(whole) <= width else _carried_on(words, width)
    return lines


def _carried_on(words: Sequence[str], width: int) -> list[str]:
    """A command in lines that end with what says that it goes on: no word of it is parted."""
    lines = [f"  {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) + len(GOES_ON) <= width:
            lines[-1] += f" {word}"
        else:
            lines[-1] += GOES_ON
            lines.append(f"    {word}")
    return lines
