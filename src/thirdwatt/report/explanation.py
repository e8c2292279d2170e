"""How a derivation looks in a terminal: one quantity a line, indented under what it feeds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from thirdwatt.ledger.provenance import Node
from thirdwatt.report.numbers import percent, plain

LINES = 44


def tree(root: Node, *, lines: int | None = LINES) -> str:
    """The derivation as text; with ``lines``, nearer quantities first, and what is left out is counted."""
    shown: set[int] | None = None
    if lines is not None:
        shown, queue = set(), deque([root])
        while queue and len(shown) < lines:
            node = queue.popleft()
            shown.add(id(node))
            queue.extend(node.inputs)
    return "\n".join(_lines(root, "", shown)) + "\n"


def _lines(node: Node, indent: str, shown: set[int] | None) -> Iterator[str]:
    symbol = "" if node.unit == "1" else f" {node.unit}"
    value = ""
    if node.total is not None:
        value = f" = {plain(node.total.value, 4)}{symbol}"
        if node.total.low != node.total.high:
            value += f" ({plain(node.total.low)} to {plain(node.total.high)})"
    line = f"{indent}{node.quantity}{value}  [{node.kind}]"
    if node.told:
        yield f"{line} as above"
        return
    if node.formula is not None:
        way = f" by {node.formula.alternative}" if node.formula.alternative else ""
        yield f"{line}{way}: {node.meaning}  ({node.formula.where})"
    else:
        yield f"{line} {node.meaning}{node.source}{f' ({node.note})' if node.note else ''}"
    if node.parts and node.total is not None and not node.quantity.startswith("boundary_"):
        whole = node.total.value or 1.0
        yield f"{indent}    of it " + ", ".join(f"{name} {percent(part / whole)}" for name, part in node.parts.items())
    kept = [each for each in node.inputs if shown is None or id(each) in shown]
    for each in kept:
        yield from _lines(each, indent + "  ", shown)
    if len(kept) < len(node.inputs):
        yield f"{indent}  … {len(node.inputs) - len(kept)} more (--all)"
