"""Hugging Face model card: the front matter ``co2_eq_emissions``, in grams, and a section of Markdown.

References
----------
.. [1] Hugging Face, Displaying carbon emissions for your model, huggingface.co/docs/hub/model-cards-co2.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import ACCOUNTED, CO2E, WITHIN
from thirdwatt.report.formats.markup import clean, markdown, yaml
from thirdwatt.report.phrases import (
    G_PER_KG,
    LEFT_OUT,
    devices,
    energy_kind,
    grid,
    measure,
    notes,
    place,
    rests_on,
    rows,
    signature,
    title,
    tool,
)
from thirdwatt.scenario import InputError, Mistake

KEY = "co2_eq_emissions"
DIGITS = 6
"""Significant digits of the grams: more than are known, so that they add up with other sources."""

SHOWN = (
    *(account.title for account in ACCOUNTED.values() if account.name != "cost_usd"),
    "time",
    "accelerator hours",
)
"""Figures of the section; a card is no place for prices."""

_FRONT = re.compile(r"\A(\s*---(\r\n|\r|\n))((?:[\s\S]*?(?:\r\n|\r|\n))??)(?=---[ \t]*(?:\r\n|\n|\Z))")
"""Front matter as the Hub finds it: the line that opens it, that line's end, the lines up to the one that closes it."""


def model_card(ledger: Ledger) -> str:
    """Front matter and section of a card."""
    return "\n".join(["---", f"{yaml(front_matter(ledger))}---", "", *_section(ledger)]) + "\n"


def front_matter(ledger: Ledger) -> dict[str, Any]:
    """What the Hub reads: grams of location-based carbon, how they came about, training, place, hardware [1]_."""
    return {
        KEY: {
            "emissions": grams(ledger.totals["carbon_kg"]),
            "source": _source(ledger),
            "training_type": "pre-training" if ledger.scenario.choices["method"] == "pretrain" else "fine-tuning",
            "geographical_location": place(ledger),
            "hardware_used": devices(ledger),
        }
    }


def grams(carbon: Total | None) -> float | int | None:
    """Grams of a mass that is in kilograms; whole where its digits are."""
    if carbon is None:
        return None
    rounded = float(f"{carbon.value * G_PER_KG:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() and rounded < 1e15 else rounded


def _source(ledger: Ledger) -> str:
    carbon = measure(ledger, ledger.totals["carbon_kg"], "kg", CO2E)
    market = measure(ledger, ledger.totals["carbon_market_kg"], "kg", CO2E)
    here = WITHIN[ledger.boundary]
    return (
        f"estimate by {signature(ledger)}, for {title(ledger)}; boundary {here.name}: {here.takes_in}; "
        f"method: {energy_kind(ledger)} energy x average intensity of the grid ({grid(ledger)}), location-based: "
        f"{carbon.by()}; market-based: {market.by()}; embodied carbon apart"
    )


def _section(ledger: Ledger) -> Iterator[str]:
    here = WITHIN[ledger.boundary]
    yield "## Environmental impact"
    yield ""
    yield (
        f"Estimated by {tool()} for {markdown(title(ledger))}. Boundary {here.name}: {here.takes_in}. "
        f"Hardware: {markdown(devices(ledger))}. Place: {markdown(place(ledger))}."
    )
    yield ""
    yield "| | value | 90 % interval | boundary | basis |"
    yield "|---|---:|---:|---|---|"
    for row in rows(ledger):
        if row.name in SHOWN:
            cells = (row.name, row.measure.value, row.measure.interval, row.boundary, row.basis)
            yield f"| {' | '.join(map(markdown, cells))} |"
    yield ""
    yield (
        "Location-based and market-based carbon stand beside each other and are never added; offsets are not counted; "
        f"embodied carbon is apart from both. {LEFT_OUT}"
    )
    yield ""
    yield f"Rests on {rests_on(ledger)}."
    for note in notes(ledger):
        yield ""
        yield f"Note: {markdown(note)}"
    yield ""
    yield f"{signature(ledger)}."


# --- an existing card ---------------------------------------------------------------------------------------------


def merged(card: str, ledger: Ledger) -> str:
    """A card with the run's ``co2_eq_emissions``; every other byte of it stays.

    The body is never touched: a section on the environment may say things the ledger does not know.

    Raises
    ------
    InputError
        If the front matter cannot be read, or cannot be changed without changing more than this key.
    """
    mark = "\ufeff" if card.startswith("\ufeff") else ""
    card = card.removeprefix(mark)
    found = _FRONT.match(card)
    lines = yaml(front_matter(ledger)).splitlines(keepends=True)
    if found is None:
        end = "\r\n" if "\r\n" in card else "\n"
        block = "".join(["---\n", *lines, "---\n", *(["\n"] if card else [])]).replace("\n", end)
        return f"{mark}{block}{card}"
    end = "\r\n" if found[2] == "\r\n" else "\n"
    start, stop = found.span(3)
    return f"{mark}{card[:start]}{_changed(found[3], lines, end)}{card[stop:]}"


def difference(old: str, new: str, name: str) -> str:
    """What would change in a file, as a unified diff that ``patch`` takes."""
    name = clean(name)
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines with their ends; unlike ``splitlines`` only a newline ends one, as ``patch`` sees it."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


@dataclass(frozen=True, slots=True)
class Key:
    """A top-level key of front matter: where it starts, how far in, and where its value ends."""

    name: str
    start: int
    column: int
    stop: int


def _changed(front: str, lines: list[str], end: str) -> str:
    """Lines of front matter with the key's own replaced, or added after the others."""
    keys = _keys(front)
    mine = [key for key in keys if key.name == KEY]
    if len(mine) > 1:
        raise _refused(f"{KEY} stands in it twice", "keep one")
    indent = " " * keys[0].column if keys else ""
    block = "".join(f"{indent}{line}" for line in lines).replace("\n", end)
    if mine:
        changed = front[: mine[0].start - mine[0].column] + block + front[_line_end(front, mine[0]) :]
    else:
        changed = _without_braces(front) + block
    names = [key.name for key in keys]
    if [key.name for key in _keys(changed)] != (names if mine else [*names, KEY]):
        raise _refused(f"{KEY} cannot be changed without changing more", "write each key on a line of its own")
    return changed


def _keys(front: str) -> list[Key]:
    root = _composed(front)
    if root is None or (root.flow_style and not root.value):
        return []
    if root.flow_style:
        raise _refused("is written in braces", "write each key on a line of its own")
    return [Key(name.value, name.start_mark.index, name.start_mark.column, _end(value)) for name, value in root.value]


def _composed(front: str) -> Any:
    """The tree of nodes of front matter, with where each stands in the text; ``None`` if it holds nothing."""
    import yaml as pyyaml

    try:
        root = pyyaml.compose(front, Loader=pyyaml.SafeLoader)
    except (pyyaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused(f"is not valid YAML: {' '.join(str(error).split())[:200]}", "nothing was changed") from None
    if root is not None and not isinstance(root, pyyaml.MappingNode):
        raise _refused("is no table of keys", "nothing was changed")
    return root


def _end(node: Any) -> int:
    """Index after the last character of a value; the end of a block's own mark lies beyond the comments after it."""
    while not isinstance(node.value, str) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    index: int = node.end_mark.index
    return index


def _line_end(text: str, key: Key) -> int:
    """Index after the line in which a value ends; a block of text counts as ending at its last character."""
    newline = text.find("\n", key.start + len(text[key.start : key.stop].rstrip()))
    return len(text) if newline < 0 else newline + 1


def _without_braces(front: str) -> str:
    """Front matter without the empty braces that templates have where keys would stand."""
    root = _composed(front)
    if root is None or not root.flow_style:
        return front
    braces = Key("", root.start_mark.index, root.start_mark.column, root.end_mark.index)
    return front[: braces.start] + front[_line_end(front, braces) :]


def _refused(problem: str, fix: str) -> InputError:
    return InputError([Mistake("front matter of the card", problem, fix)])
