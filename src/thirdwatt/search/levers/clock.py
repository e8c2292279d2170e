"""A lower clock: arithmetic slows with it, the draw of switching falls with its cube."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts import Row, table
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

CLOCKS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Clocks to the one without a limit, to where measured caps turn worse than the law."""

SETTABLE = ("NVIDIA", "AMD", "Intel", "several")
"""Makers whose chips take a clock or a limit on their draw from whoever runs them; of processors the system does."""


def settable(chip: Row) -> bool:
    """Whether a chip's clock is its user's to set."""
    return chip.text.get("vendor") in SETTABLE


def ways(today: Today) -> Sequence[Way] | str:
    """Clocks below the present one."""
    if today.ledger.scenario.blueprint is not None:
        return "a blueprint has a clock of its own: set blueprint.clock_hz"
    chip = table("accelerators").rows[today.choice("accelerator")]
    if not settable(chip):
        return f"no way to set the clock of {chip.name} is known: it is its maker's to choose"
    if today.value("accelerator_power_w") is None:
        return Lacking("the draw of an accelerator is not known")
    if "cluster.power_cap_w" in today.stated or "cluster.clock" in today.stated:
        return "a limit is stated already: leave cluster.power_cap_w and cluster.clock out to have it chosen"
    return [Way(f"run the accelerators at {clock:.0%} of their clock", {"cluster.clock": clock}, id=f"{clock:.0%}")
            for clock in CLOCKS]  # fmt: skip


LEVER = Lever(
    id="clock",
    title="lower clock",
    group="machine",
    changes="the clock of the accelerators, or the limit on their draw that leads to it",
    effort_d=(0.5, 0.2, 2),
    risk="low",
    doubt="the run takes longer; below about 0.6 of full draw caps were measured to save nothing more",
    quality=SAME,
    evidence=(
        Evidence(
            "caps at 0.5 to 0.6 of the highest took 16 to 23 % less energy for 10 to 28 % more time; at 0.8 about "
            "10 % for 4 % (V100 and A40, medians of six jobs)",
            "You et al., Zeus, NSDI 2023, arXiv:2208.06102, published traces",
            "measured",
        ),
        Evidence(
            "a cap of 150 of 250 W took 13.7 % less energy for 6.8 % more time in training of BERT's kind",
            "McDonald et al. 2022, arXiv:2205.09646; its abstract has 15 %",
            "second-hand",
        ),
    ),
    ways=ways,
)
