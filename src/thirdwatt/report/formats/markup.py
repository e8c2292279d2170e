"""Text that means nothing to the language it is put into: YAML, Markdown, LaTeX.

Titles, notes and sources are whatever somebody wrote; each language gets them through one of these functions.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import Any

LONGEST = 300
"""Characters of a title or note that a document takes over."""

_SET = re.compile(r" x 10\^(-?\d+)|\bCO(2)(?=e?\b)|\bm(3)\b")
"""What LaTeX raises or lowers: powers of ten, CO2, cubic metres."""

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    **{each: f"\\{each}" for each in "{}$&#_%"},
}

_MARKDOWN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", **{each: f"\\{each}" for each in "\\`*_[]|~#$"}}


def clean(text: str, most: int = LONGEST) -> str:
    """One line without control characters and halves of characters, cut where it is long."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(printable.split())
    return line if len(line) <= most else f"{line[: most - 2].rstrip()} …"


def latex(text: str) -> str:
    r"""Text as LaTeX sets it; powers of ten are set as such.

    Examples
    --------
    >>> print(latex("50 % of 1.3 x 10^25 FLOP"))
    50 \% of 1.3 $\times 10^{25}$ FLOP
    """
    pieces, done = [], 0
    for found in _SET.finditer(text):
        pieces += [_escaped(text[done : found.start()]), _raised(found)]
        done = found.end()
    return "".join([*pieces, _escaped(text[done:])])


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(each, each) for each in text)


def _raised(found: re.Match[str]) -> str:
    power, two, _ = found.groups()
    if power:
        return rf" $\times 10^{{{power}}}$"
    return r"CO\textsubscript{2}" if two else r"m\textsuperscript{3}"


def markdown(text: str) -> str:
    r"""Text as Markdown shows it, with nothing in it taken for markup, a table's edge or HTML.

    Examples
    --------
    >>> print(markdown("a|b <i>"))
    a\|b &lt;i&gt;
    """
    return "".join(_MARKDOWN.get(each, each) for each in text)


def yaml(document: Mapping[str, Any]) -> str:
    """A document as YAML, its keys in their order, each value on one line."""
    from yaml import safe_dump

    text: str = safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100_000)
    return text


def filled(text: str, width: int = 100, indent: str = "", hanging: str = "") -> str:
    """Text in lines of a width, all lines after the first ``hanging`` further in; a percentage stays whole."""
    lines = textwrap.fill(
        text.replace(" %", "\0%").replace(" \\%", "\0\\%"),
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines.replace("\0", " ")
