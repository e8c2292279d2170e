"""Judged claims as people read them."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from thirdwatt.audit import Judgement, Verdict
from thirdwatt.report.text import NARROW, WIDTH


def document(judged: Sequence[Judgement]) -> dict[str, Any]:
    """The audit as plain data, schema ``thirdwatt/audit/1``."""
    counted = Counter(each.verdict for each in judged)
    return {
        "schema": "thirdwatt/audit/1",
        "claims": [{**asdict(each), "verdict": each.verdict.value} for each in judged],
        "verdicts": {verdict.value: counted[verdict] for verdict in Verdict},
    }


def text(judged: Sequence[Judgement], columns: int = WIDTH) -> str:
    """Verdict, claim, and why; how many of each at the end."""
    return "\n".join(_lines(judged, columns)) + "\n"


def _lines(judged: Sequence[Judgement], columns: int) -> Iterator[str]:
    hanging = " " * (23 if columns >= NARROW else 4)
    for each in judged:
        said = f" ({each.by})" if each.by else ""
        yield from textwrap.wrap(f"{each.verdict.upper():22} {each.text}{said}", columns, subsequent_indent=hanging)
        source = f" [{each.source}]" if each.source else ""
        yield from textwrap.wrap(
            f"{each.why}{source}", columns, initial_indent=" " * 4, subsequent_indent=" " * 4, break_on_hyphens=False
        )
    counted = Counter(each.verdict for each in judged)
    yield ""
    verdicts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict if counted[verdict])
    yield from textwrap.wrap(f"{len(judged)} claims: {verdicts}", columns, subsequent_indent="    ")
