"""A newer accelerator: more arithmetic for a joule at design power, as many of them, in machines of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thirdwatt.facts import Row, table
from thirdwatt.facts.prices import rent
from thirdwatt.facts.prices import today as day
from thirdwatt.ledger import scenario_of
from thirdwatt.scenario import InputError
from thirdwatt.scenario.datasheet import accelerator
from thirdwatt.search.levers.clock import settable
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.machines import without_machine

BETTER = 1.15
"""How much more arithmetic for a joule makes a move worth a look."""
MOST = 4

CLOCK = "cluster.clock"
ROOM = "room"
"""Where machines stand that need no hall."""

OTHER_MAKER_D = (30.0, 10.0, 90.0)
"""Days where code is carried to another maker's software."""


def ways(today: Today) -> Sequence[Way] | str:
    """The best of each later family for a joule, then the next best, of chips whose speed and power are known."""
    chips = table("accelerators").rows
    present, precision = accelerator(today.ledger.scenario), today.choice("precision")
    now = flop_per_j(present, precision)
    if today.value("accelerator_count") is None or today.value("training_flop") is None:
        return Lacking(
            "the work is not known, so that another chip's hours are not: state a model and tokens, or workload.flop"
        )
    if now is None:
        return Lacking(f"the peak of {present.name} in {precision} is not known")
    found: dict[str, Way] = {}
    for rate, chip in _better(today, present, now):
        sets = {**without_machine(today.ledger), "cluster.accelerator": chip.id}
        if not settable(chip):
            sets[CLOCK] = 1.0  # as its maker runs it
        try:
            scenario_of(today.ledger.scenario, sets)
        except InputError:
            continue  # its host, network or price is not among the facts
        words = f"move to {chip.name}, {rate / now:.1f} times the arithmetic for a joule at design power"
        same = chip.text.get("vendor") == present.text.get("vendor")
        found[chip.id] = Way(words, sets, id=chip.id, effort_d=None if same else OTHER_MAKER_D)
    if not found:
        return (
            f"no later chip of known speed and price does {BETTER:g} times the arithmetic of {present.name} for a joule"
        )
    first = {chips[name].text["generation"]: name for name in reversed(found)}.values()
    ordered = sorted(found, key=lambda name: name not in first)
    return [found[name] for name in ordered[:MOST]]


def _better(today: Today, present: Row, now: float) -> list[tuple[float, Row]]:
    """Chips that are newer, to be had and do enough more for a joule, the best first."""
    precision = today.choice("precision")
    rates = (
        (rate, chip)
        for chip in _released_after(present)
        if (rate := flop_per_j(chip, precision) or 0) >= BETTER * now
        and _measured(chip, precision)
        and _linked(chip, today)
        and _housed(chip, today)
        and _priced(chip.id, today)
    )
    return sorted(rates, key=lambda each: (-each[0], each[1].id))


def flop_per_j(chip: Row, precision: str) -> float | None:
    """Arithmetic for a joule at design power; ``None`` where peak or power is not known."""
    peak, power = chip.figures.get(f"accelerator_peak_flop_per_s@{precision}"), chip.figures.get("accelerator_tdp_w")
    return None if peak is None or power is None else peak.value / power.value


def _released_after(present: Row) -> Iterator[Row]:
    """Chips of later years, to the one before this: what was announced is not to be had yet."""
    first, last = present.text.get("released", "0"), str(day().year)
    return (chip for chip in table("accelerators") if first < chip.text.get("released", "0") < last)


def _measured(chip: Row, precision: str) -> bool:
    """Whether its power is published, and its speed from steps of its family and no guess."""
    shares = table("generations").rows[chip.text["generation"]].figures
    share = shares.get(f"matmul_share@{precision}")
    return chip.figures["accelerator_tdp_w"].kind == "published" and share is not None and share.kind != "assumed"


def _linked(chip: Row, today: Today) -> bool:
    """Whether as many are linked without a network: boards on their own would be slower than their peaks say."""
    present, own = today.figure("fabric_accelerator_count"), chip.figures.get("fabric_accelerator_count")
    return present is None or (own is not None and own.value >= present.value)


def _housed(chip: Row, today: Today) -> bool:
    """Whether its machines stand where today's do: what takes a hall is not put into a room."""
    return today.choice("facility") != ROOM or table("hosts").rows[chip.text["host"]].text.get("facility") == ROOM


def _priced(chip: str, today: Today) -> bool:
    """Whether it is to be had on today's terms at a price that is published."""
    if today.choice("tenure") == "rented":
        return rent(chip, today.choice("vendor") or None, today.choice("term")) is not None
    price = table("accelerators").rows[chip].figures.get("accelerator_price_usd")
    return price is not None and price.kind != "assumed"


LEVER = Lever(
    id="newer-accelerator",
    title="newer accelerator",
    group="machine",
    changes="the chip, with its host and network; the layout follows",
    effort_d=(7, 3, 15),
    risk="medium",
    doubt="peaks are not speeds, and what a chip saves is not what its server and building save; racks made for cold "
    "plates want a hall that has them; buying makes embodied carbon, and machines that are owned already stay unused",
    quality=SAME,
    evidence=(
        Evidence(
            "peak, design power, host and network of each chip by its maker, shares of the peak from published steps",
            "thirdwatt facts accelerators, generations and hosts",
            "claimed",
        ),
        Evidence(
            "GLaM took 456 MWh where GPT-3 took 1,287 MWh, on TPU v4 in place of V100 and with experts: about a "
            "third for both together",
            "Du et al. 2022, GLaM, arXiv:2112.06905; Patterson et al. 2021, arXiv:2104.10350",
            "claimed",
        ),
    ),
    ways=ways,
)
