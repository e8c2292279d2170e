"""A draft as a scenario file: every field with where it came from, what is assumed, what was left over."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from thirdwatt.scenario.foreign.draft import Draft, Entry

SECTIONS = ("workload", "workload.transformer", "cluster", "layout", "software", "site")
WIDTH = 100
UNUSED = 40


def merged(drafts: Sequence[Draft]) -> Draft:
    """One draft of several: what an earlier file says stands, and what only together they tell is worked out."""
    whole = Draft(" and ".join(draft.kind for draft in drafts))
    for draft in drafts:
        for path, entry in draft.entries.items():
            whole.entries.setdefault(path, entry)
        for name, fact in draft.facts.items():
            whole.facts.setdefault(name, fact)
        whole.notes += draft.notes
        whole.unused += draft.unused
    _together(whole)
    return whole


def _together(whole: Draft) -> None:
    value, facts = whole.value, whole.facts
    micro, count = value("layout.micro_batch"), value("cluster.count")
    if "accumulation" in facts and micro and count and not value("layout.global_batch"):
        parallel = (value("layout.tensor") or 1) * (value("layout.pipeline") or 1) * (value("layout.context") or 1)
        batch = micro * facts["accumulation"] * count / parallel
        whole.put("layout.global_batch", batch, "micro batch x accumulation x data parallelism")
    batch, length = value("layout.global_batch"), value("workload.transformer.seq_len")
    if "steps" in facts and batch and length and not value("workload.tokens"):
        whole.put("workload.tokens", facts["steps"] * batch * length, "steps x batch x sequence")


def scenario(draft: Draft, *, title: str, tokens: Entry | None) -> str:
    """The file's text.

    Parameters
    ----------
    tokens
        Tokens to take where the draft has none, with the reason.
    """
    entries = dict(draft.entries)
    stated = any(path in entries for path in ("workload.tokens", "workload.flop"))
    if tokens is not None and not stated:
        entries["workload.tokens"] = tokens
    return "\n".join(map(_printable, _lines(draft, entries, title))) + "\n"


def _printable(text: str) -> str:
    """Text without what TOML forbids in a comment or a string: control characters and halves of characters."""
    return "".join(each if each.isprintable() else " " for each in text)


def _lines(draft: Draft, entries: dict[str, Entry], title: str) -> Iterator[str]:
    yield f"# drafted by thirdwatt init from {draft.kind}; what is left out is estimated and labelled so"
    yield f"title = {_toml(title)}"
    for note in draft.notes:
        yield from textwrap.wrap(f"note: {note}", WIDTH - 2, initial_indent="# ", subsequent_indent="#   ")
    for section in SECTIONS:
        fields = {path[len(section) + 1 :]: entry for path, entry in entries.items() if _belongs(path, section)}
        if fields:
            yield ""
            yield f"[{section}]"
            width = max(len(f"{field} = {_toml(entry.value)}") for field, entry in fields.items())
            for field, entry in fields.items():
                yield f"{f'{field} = {_toml(entry.value)}':{min(width, 60)}}  # {' '.join(entry.why.split())}"
    if not any(path.startswith("site.") for path in entries):
        yield ""
        yield "[site]"
        yield '# region = "us"             # country, state or cloud region: thirdwatt facts grids'
        yield '# tenure = "rented"         # own, colo or rented'
    if "cluster.accelerator" not in entries:
        yield ""
        yield "# cluster.accelerator is not in the file: add it under [cluster] (thirdwatt facts accelerators)"
    if draft.unused:
        yield ""
        shown = ", ".join(draft.unused[:UNUSED]) + (
            f" and {len(draft.unused) - UNUSED} more" if len(draft.unused) > UNUSED else ""
        )
        yield from textwrap.wrap(
            f"not used: {shown}", WIDTH - 2, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False
        )


def _belongs(path: str, section: str) -> bool:
    return path.startswith(f"{section}.") and "." not in path[len(section) + 1 :]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.10g}" if not value.is_integer() else f"{int(value)}" if abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
