"""Newer software: kernels, overlap and schedules of this year in place of those that are stated."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts import table
from thirdwatt.facts.stacks import software
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LAST_SERVED = {"kepler": 2022, "pascal": 2025, "volta": 2025}
"""Years of the last software for families of chips that compilers and libraries have dropped since."""


def newest_year() -> int:
    """The first year in which no release counts that has a successor."""
    return 1 + max(int(row.text["until"]) for row in table("stacks") if "until" in row.text)


def ways(today: Today) -> Sequence[Way] | str:
    """The same software, or what took its place, as it is now."""
    if today.value("modelled_step_s") is None:
        return Lacking("the architecture is not known, so that software makes no difference that could be told: state "\
            "workload.transformer")  # fmt: skip
    stated = today.ledger.scenario.document.get("software", {})
    served = LAST_SERVED.get(today.choice("generation"))
    year = max(newest_year() if served is None else min(newest_year(), served), stated.get("year") or 0)
    present, newer = table("stacks").rows[today.choice("stack")], software(stated.get("stack"), year)
    if newer.id == present.id:
        said = present.name if "stack" in stated else "software that is not named"
        return f"no newer release of {said} has measurements: name one in software.stack to compare"
    said = newer.name if "stack" in stated else f"software of {year}, whichever it is"
    return [Way(f"move to {said}", {"software.year": year})]


LEVER = Lever(
    id="newer-software",
    title="newer software",
    group="arithmetic",
    changes="the release of the training software, and with it its kernels, overlap and overheads",
    effort_d=(10, 3, 30),
    risk="medium",
    doubt="old chips may not be served by new releases beyond those whose end is known, and code of one's own must be "
    "carried over",
    quality=SAME,
    evidence=(
        Evidence(
            "over two years of releases the same A100 trained up to 2.5 times as fast as when it was first entered",
            "NVIDIA 2022 on its MLPerf Training results 0.7 to 2.1",
            "claimed",
        ),
        Evidence(
            "what each release adds is taken from steps published of old and new releases, fitted together",
            "thirdwatt facts stacks",
            "measured",
        ),
        Evidence(
            "compilers and libraries of 2025 dropped all chips before Turing: such a chip is moved to the last that "
            "serves it",
            "NVIDIA 2025, CUDA Toolkit 13.0 release notes, deprecated architectures; Kepler with 12.0",
            "claimed",
        ),
    ),
    ways=ways,
    excludes=frozenset({"fused-attention"}),
)
