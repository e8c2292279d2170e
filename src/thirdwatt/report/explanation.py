"""How a derivation looks in a terminal: a quantity, the formula it comes from, and under it what the formula reads."""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterator, Sequence

from thirdwatt.amounts import percent
from thirdwatt.ledger.provenance import Node
from thirdwatt.report.phrases import located, sized
from thirdwatt.report.text import WIDTH

LINES = 46


def tree(root: Node, *, whole: bool = False, width: int = WIDTH) -> str:
    """The derivation as text: a screen, nearer quantities first and what is left out counted, or the whole."""
    told = list(_nearest_first(root))
    shown = None if whole else _near(told)
    lines = list(_lines(root, "", shown, width))
    if shown is not None and len(shown) < len(told):
        lines.append(f"{len(told) - len(shown)} more quantities behind these: --all")
    return "\n".join(lines) + "\n"


def _nearest_first(root: Node) -> Iterator[Node]:
    queue = deque([root])
    while queue:
        node = queue.popleft()
        yield node
        queue.extend(_fresh(node))


def _fresh(node: Node) -> list[Node]:
    return [each for each in node.inputs if not each.told]


def _near(nodes: Sequence[Node]) -> set[str]:
    """Names of the quantities that fit on a screen; either all or none of what a formula reads."""
    shown, lines = {nodes[0].quantity}, 3
    for node in nodes:
        lines += sum(2 if each.formula else 1 for each in _fresh(node)) + (len(_fresh(node)) < len(node.inputs))
        if lines > LINES:
            break
        shown |= {each.quantity for each in _fresh(node)}
    return shown


def _lines(node: Node, indent: str, shown: set[str] | None, width: int) -> Iterator[str]:
    inner = indent + "  "
    head = f"{indent}{node.quantity}{_value(node)}  [{node.kind}]"
    if node.formula is None:
        yield from _fitted(
            f"{head} {node.meaning}{located(node.source)}{f' ({node.note})' if node.note else ''}", inner, shown, width
        )
        return
    way = f" by {node.formula.alternative}" if node.formula.alternative else ""
    yield from _fitted(f"{head}{way}{f' {node.meaning}' if shown is None else ''}", inner, shown, width)
    body = f"{inner}= {node.formula.expression or node.meaning}"
    yield from _fitted(body, f"{inner}  ", shown, width, f"   {node.formula.where}")
    yield from _fitted(_parts(node, inner), f"{inner}  ", shown, width)
    for each in _fresh(node):
        if shown is None or each.quantity in shown:
            yield from _lines(each, inner, shown, width)
    above = [each.quantity for each in node.inputs if each.told and (shown is None or each.quantity in shown)]
    yield from _fitted(f"{inner}elsewhere: {', '.join(above)}" if above else "", inner, shown, width)


def _value(node: Node) -> str:
    if node.total is None:
        return ""
    return f" = {sized(node.total, '' if node.unit == '1' else node.unit, factor=1.0, digits=4)}"


def _parts(node: Node, indent: str) -> str:
    if not node.parts or node.total is None or node.quantity.startswith("boundary_"):
        return ""
    whole = node.total.value or 1.0
    return f"{indent}of it " + ", ".join(f"{name} {percent(part / whole)}" for name, part in node.parts.items())


def _fitted(line: str, indent: str, shown: set[str] | None, width: int, end: str = "") -> Iterator[str]:
    """On a screen one line, cut before its end; otherwise as many as it takes."""
    if shown is None:
        deepest = indent[: width // 2]
        yield from textwrap.wrap(line + end, width, subsequent_indent=deepest, break_on_hyphens=False)
    elif line:
        room = width - len(end)
        yield (line if len(line) <= room else f"{line[: room - 2].rstrip()} …") + end
