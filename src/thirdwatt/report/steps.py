"""Sentences about one step: how long it takes, how the work is spread, and whether it fits into memory."""

from __future__ import annotations

from thirdwatt.amounts import amount, percent, plain
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.fit import DEGREES, Change, Fit, fit, smallest_change
from thirdwatt.report.phrases import sized

BATCHES = ("micro_batch", "global_batch")
SMALL = 8
"""Accelerators up to which a guessed layout is close enough to say whether it fits."""
NAMED = 3
"""Buckets of memory that a sentence names."""


def pace(ledger: Ledger) -> str:
    """Time of a step and tokens a second; empty where no step is modelled or known."""
    step = ledger.totals["step_time_s"]
    if step is None:
        return ""
    rate = ledger.totals["tokens_per_s_per_accelerator"]
    said = str(sized(step, "s"))
    if rate is not None:
        said += f"; {plain(rate.value)} tokens/s on each accelerator"
    power = ledger.totals["accelerator_power_w"]
    if power is not None:
        said += f", drawing {amount(power.value, 'W')}"
    fed = ledger.of("accelerators_in_site_count")
    if fed is not None:
        said += f"; the site feeds {plain(fed.value, 7)} of them"
    held_up = "" if ledger.phases else _of_step(ledger)
    return f"{said}; {held_up}" if held_up else said


def _of_step(ledger: Ledger) -> str:
    """What holds a step up."""
    parts = [("traffic", ledger.of("communication_ratio")), ("bubbles", ledger.of("bubble_ratio"))]
    if ledger.of("modelled_step_s") is None:
        return ""
    whole = 1 + sum(part.value for _, part in parts if part is not None)
    said = [f"{name} {percent(part.value / whole)}" for name, part in parts if part is not None and part.value > 0]
    return f"of it {' and '.join(said)}" if said else ""


def layout(ledger: Ledger) -> str:
    """How the work is spread; empty where no step is modelled."""
    found = fit(ledger)
    if found is None:
        return ""
    degrees = {name: each.value for name, quantity in DEGREES.items() if (each := ledger.of(quantity)) is not None}
    spread = " x ".join(
        f"{name.replace('_', ' ')} {plain(value, 7)}"
        for name, value in degrees.items()
        if value != 1 and name not in BATCHES
    )
    if not found.layout_stated and degrees["data"] > SMALL:
        return f"a guessed layout, {spread}"
    choices = ledger.scenario.choices
    parts = [spread or "one accelerator", f"micro-batch {plain(degrees['micro_batch'], 7)}"]
    if choices["zero"] != "0":
        parts.append(f"ZeRO {choices['zero']}")
    if choices["recompute"] != "none":
        parts.append(f"{choices['recompute']} recomputation")
    said = ", ".join(parts)
    return said if found.layout_stated else f"a guessed layout, {said}"


def memory(ledger: Ledger, named: int = NAMED) -> str:
    """Whether it fits, what fills it, and what to change if it does not; empty where no architecture is known.

    Parameters
    ----------
    named
        Buckets that are named, the largest first.
    """
    found = fit(ledger)
    if found is None:
        return ""
    needed = f"{sized(found.needed, 'B')} of {amount(found.capacity_byte, 'B')}"
    if not found.layout_stated:
        count = ledger.of("accelerator_count")
        return "" if count is None or count.value > SMALL else f"{_verdict(found)}: {needed}{_remedy(ledger, found)}"
    largest = sorted(found.buckets.items(), key=lambda each: -each[1])[:named]
    filled = ", ".join(f"{name} {amount(byte, 'B')}" for name, byte in largest)
    return f"{_verdict(found)}: {needed}{f' ({filled})' if filled else ''}{_remedy(ledger, found)}"


def sentences(ledger: Ledger) -> list[str]:
    """What a page says of a step: its time, its layout, its memory; empty where no step is modelled."""
    pairs = (("A step takes", pace(ledger)), ("Spread as", layout(ledger)), ("Memory", memory(ledger, named=0)))
    return [f"{label}: {said}." for label, said in pairs if said]


def buckets(ledger: Ledger) -> list[tuple[str, str, str]]:
    """What fills the fullest accelerator: name, size, share of the memory there is; empty without an architecture."""
    found = fit(ledger)
    if found is None:
        return []
    return [(name, amount(byte, "B"), percent(byte / found.capacity_byte)) for name, byte in found.buckets.items()]


def _verdict(found: Fit) -> str:
    if found.fits:
        return "fits" if found.sure else "fits, barely"
    return "does not fit" if found.sure else "may not fit"


def _remedy(ledger: Ledger, found: Fit) -> str:
    if found.fits:
        return ""
    full = f", and the host would hold {percent(found.host_ratio)} of its memory" if found.host_ratio > 1 else ""
    change = smallest_change(ledger)
    helped = "no setting here makes it fit: more accelerators" if change is None else f"fits with {_set(change)}"
    return f"{full}; {helped}"


def _set(change: Change) -> str:
    settings = " ".join(f"{path}={value}" for path, value in change.set.items())
    return f"{settings} ({percent(change.time_ratio - 1)} longer steps)" if change.time_ratio > 1 else settings
