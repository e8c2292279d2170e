"""Liquid cooling: cold plates on warm water in place of chillers and most of the servers' fans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger.ledger import path_of
from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way

LIQUID = "liquid"
"""Kind of site: cold plates, warm water, dry coolers."""
OF_SITE = ("pue", "cooling_share", "wue_l_per_kwh", "onsite_water_l")
"""What is stated of a site and would not hold of one that is cooled otherwise."""
PLATED = ("tpu-v3", "tpu-v4", "tpu-v5p", "tpu-v7")
"""Families that their maker cools by liquid in all of its halls."""


def ways(today: Today) -> Sequence[Way] | str:
    """A hall with cold plates, where the present one has none and its kind can be chosen."""
    facilities = table("facilities").rows
    present = facilities[today.choice("facility")]
    if present.text["liquid"] == "yes":
        return f"{present.name} is cooled by liquid already"
    if today.choice("generation") in PLATED:
        chip = table("accelerators").rows[today.choice("accelerator")]
        return f"{chip.name} has cold plates in every hall of its maker: state site.facility to compare halls"
    if present.id == "room":
        return "there is no plant that would cool: the machine stands in a room"
    if today.choice("tenure") == "rented":
        return "cooling is the vendor's: ask which of its halls have cold plates and at what PUE, and state both in "\
            "site.facility and site.pue to compare"  # fmt: skip
    pue, liquid = today.value("pue"), facilities[LIQUID].figures["typical_pue_ratio"]
    sets: dict[str, Any] = {**unset(today), "site.facility": LIQUID}
    if pue is not None and pue < liquid.value:
        sets["site.pue"] = {"value": pue, "source": "as today: fans alone are saved", "kind": "modelled"}
    return [Way("cool by cold plates and warm water", sets)]


def unset(today: Today) -> dict[str, Any]:
    """What is stated of the present hall and would not hold of another."""
    return dict.fromkeys(path_of(name) for name in OF_SITE if today.known(name))


LEVER = Lever(
    id="liquid-cooling",
    title="liquid cooling",
    group="machine",
    changes="how the hall is cooled: its PUE and water, and the fans of the hosts",
    effort_d=(90, 30, 250),
    risk="medium",
    doubt="a refit needs plates, pumps and pipes that are not in the cost here; hot climates reach less, and a PUE "
    "hides what is saved on fans, which count as IT",
    quality=SAME,
    evidence=(
        Evidence(
            "halls on warm water report a PUE of 1.03 (Frontier), 1.04 (LUMI), 1.036 (NREL); the mean of sites "
            "surveyed in 2025 is 1.54",
            "operators' reports, thirdwatt facts facilities; Uptime Institute, Global Data Center Survey 2025",
            "replicated",
        ),
        Evidence(
            "server fans fall from 5 to 15 % of IT power to 1 to 3 %",
            "Shehabi et al. 2024, United States Data Center Energy Usage Report, LBNL",
            "measured",
        ),
    ),
    ways=ways,
)
