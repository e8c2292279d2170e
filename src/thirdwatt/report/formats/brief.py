"""One page for a manager: three numbers, where the energy goes, three things to do, what is not known.

Plain words only, and no equivalents: they invite quarrels about cars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thirdwatt.amounts import percent
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN
from thirdwatt.report.comparison import Ratio
from thirdwatt.report.formats.actions import NUMBERS, effects
from thirdwatt.report.formats.markup import filled
from thirdwatt.report.phrases import (
    UNKNOWN,
    chip,
    devices,
    energy_kind,
    measure,
    notes,
    place,
    signature,
    stated,
    tenure,
    title,
)

WIDTH = 80
BAR = 30
PARTS = 4
"""Components that the bar shows by name."""

ACTIONS_SHOWN = 3
NOTES = 2
TIMES = 100
"""Growth beyond which a percentage says nothing: a grid that emits next to nothing has been left."""

PARTS_SAID: Mapping[str, str] = {
    "accelerators": "training chips",
    "cpu_servers": "servers around them",
    "network": "network",
    "storage": "storage",
    "backup": "backup",
    "monitoring": "monitoring",
    "redundancy": "spare machines",
    "power_distribution": "power supply of the site",
    "cooling": "cooling",
    "facility_other": "rest of the building",
}

INPUTS_SAID: Mapping[str, str] = {
    "mfu": "how much of their speed the chips reach",
    "typical_mfu_share": "how much of their speed the chips reach",
    "goodput": "how much of the time counts",
    "host_base_power_w": "what the servers around the chips draw",
    "accelerator_tdp_w": "what a chip draws",
    "accelerator_load_ratio": "what a chip draws",
    "accelerator_power_w": "what a chip draws",
    "typical_pue_ratio": "how much the building adds",
    "pue": "how much the building adds",
    "token_count": "how much data is trained on",
    "epochs": "how often the data is passed",
}


def brief(ledger: Ledger) -> str:
    """The page."""
    blocks = (_head(ledger), _numbers(ledger), _bar(ledger), _actions(ledger), _unknown(ledger), _end(ledger))
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _head(ledger: Ledger) -> Iterator[str]:
    yield filled(f"What a training run takes: {title(ledger)}", WIDTH)
    yield filled(f"{devices(ledger)}; {WITHIN[ledger.boundary].plainly}", WIDTH)


def _numbers(ledger: Ledger) -> Iterator[str]:
    for name in NUMBERS:
        account = ACCOUNTED[name]
        after = " of CO2" if account.after else ""
        yield _number(ledger, account.head.capitalize(), ledger.totals[name], account.unit, after)
    market = ledger.totals["carbon_market_kg"]
    if market is not None and market != ledger.totals["carbon_kg"]:
        yield _number(ledger, "", market, "kg", " of CO2, by the contracts for electricity")
    yield filled(_reading(ledger), WIDTH)


def _number(ledger: Ledger, name: str, total: Total | None, symbol: str, after: str = "") -> str:
    said = measure(ledger, total, symbol, after)
    between = f"  (most likely {said.interval.removesuffix(after)})" if said.ends else ""
    return f"  {name:8}{said.value}{between}"


def _reading(ledger: Ledger) -> str:
    rented = tenure(ledger) == "rented"
    return " ".join(
        [
            "Most likely: nine chances in ten." if ledger.scores.width > 1 else "",
            f"Cost is {'the rent of the machines' if rented else 'the wear of own machines, power and upkeep'}.",
            "Carbon is that of the average power of the grid.",
            "" if energy_kind(ledger) == "measured" else "Estimated, not measured.",
        ]
    ).strip()


def _bar(ledger: Ledger) -> Iterator[str]:
    parts = sorted(ledger.components, key=lambda row: -row.power_share)
    if not parts:
        return
    yield "Where the energy goes (whole site)"
    shares = [(PARTS_SAID[row.name], row.power_share) for row in parts[:PARTS]]
    shares.append(("everything else", sum(row.power_share for row in parts[PARTS:])))
    largest = max(share for _, share in shares) or 1.0
    for name, share in shares:
        yield f"  {name:26}{'#' * round(BAR * share / largest):{BAR}} {percent(share):>7}"


def _actions(ledger: Ledger) -> Iterator[str]:
    found = effects(ledger)[:ACTIONS_SHOWN]
    yield "What to do" if found else "What to do: no change that this estimate can price saves anything"
    for rank, effect in enumerate(found, 1):
        yield filled(f"{rank}. {effect.action.says}", WIDTH, "  ")
        yield filled("; ".join(_change(name, change) for name, change in effect.changes.items()), WIDTH, "     ")
        yield filled(f"It costs or risks: {effect.action.risk}.", WIDTH, "     ")
    if found:
        yield filled("Each alone, against today's plan; they do not add up.", WIDTH, "  ")


def _change(name: str, change: Ratio | None) -> str:
    if change is None:
        return f"{name} {UNKNOWN}"
    value, low, high = (_signed(each) for each in (change.ratio.value, change.ratio.low, change.ratio.high))
    if value == low == high:
        return f"{name} {'unchanged' if value == _signed(1.0) else value}"
    return f"{name} {value} ({low} to {high})"


def _signed(relative: float) -> str:
    if not relative < TIMES:
        return f"over {TIMES} times as much"
    change = 100 * (relative - 1)
    if abs(change) < 0.05:
        return "+0 %"
    return f"{change:+.0f} %" if abs(change) >= 10 else f"{change:+.1f} %"


def _unknown(ledger: Ledger) -> Iterator[str]:
    yield "What is not known"
    for said in _unknowns(ledger):
        yield filled(f"- {said}", WIDTH, "  ", "  ")


def _unknowns(ledger: Ledger) -> Iterator[str]:
    if ledger.totals["cost_usd"] is None:
        yield f"The cost: no price of {chip(ledger)} is known."
    if not stated(ledger, "site.region"):
        yield f"Where it is trained: {place(ledger)}; the average of the world stands in."
    yield "What trial and failed runs take: they are not included, and can be more than the run itself."
    yield "What use of the model will take after training: it is not included."
    for row in ledger.inputs[:1]:
        if row.spread_share:
            name = INPUTS_SAID.get(row.quantity, row.quantity.replace("_", " "))
            yield f"Exactly {name}: this alone is {percent(row.spread_share)} of the uncertainty of the energy."
    if ledger.assumed_share is not None:
        yield f"Assumptions that nothing published backs are {percent(ledger.assumed_share)} of that uncertainty."
    yield from notes(ledger)[:NOTES]


def _end(ledger: Ledger) -> Iterator[str]:
    yield filled(f"{signature(ledger)}. Every figure's source: thirdwatt explain.", WIDTH)
