"""Quantities that are known by name: ``[known]``, ``[range]`` and observations, and which of them may be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from thirdwatt.facts import Figure, table
from thirdwatt.quantity import Observation, axis
from thirdwatt.scenario.mistakes import Mistake, nearest
from thirdwatt.scenario.scenario import Finding, Warn
from thirdwatt.scenario.schema import ScenarioFile, Stated
from thirdwatt.scenario.stated import Given, figure_of


def with_known(
    file: ScenarioFile, given: Mapping[str, Given], names: Collection[str]
) -> tuple[dict[str, Given], list[Finding]]:
    """Quantities with those of ``[known]`` and ``[range]`` put in, and what is to be said of these.

    Parameters
    ----------
    given
        Quantities that the fields state.
    names
        Quantities of the book.
    """
    findings: list[Finding] = []
    for section, stated_names in (("known", file.known), ("range", file.range)):
        for name in stated_names:
            path = f"{section}.{name}"
            if name == "energy_kwh":
                asked = "facility_energy_kwh, it_energy_kwh, accelerators_energy_kwh"
                findings.append(Mistake(path, "an energy without its boundary", f"say which: {asked}"))
            else:
                findings += unfit(path, name, names)
    whole = dict(given)
    for name, stated in file.known.items():
        path = f"known.{name}"
        before = whole.get(name)
        if before is not None and before.figure.value != stated.value:
            text = f"{path} = {stated.value:g} replaces {before.path} = {before.figure.value:g}"
            findings.append(Warn("stated_twice", f"{text}; state it once"))
        whole[name] = Given(path, figure_of(name, stated, path))
    for name, (low, high) in file.range.items():
        path = f"range.{name}"
        middle = whole[name].figure if name in whole else figure_of(name, Stated(value=(low + high) / 2), path)
        whole[name] = Given(path, replace(middle, low=low, high=high))
    return whole, findings


def with_observed(
    observations: Collection[Observation], given: Mapping[str, Given], names: Collection[str]
) -> tuple[dict[str, Given], list[Finding]]:
    """Quantities with the rates that were observed put in, and what is to be said of these."""
    findings: list[Finding] = []
    whole = dict(given)
    of_a_run = sum(seen.scope != "rate" for seen in observations)
    if of_a_run:
        text = f"{of_a_run} observed of one whole run: not used, since only rates hold for another length of run"
        findings.append(Warn("run_not_used", text))
    for seen in observations:
        if seen.scope != "rate":
            continue
        path = f"observations.{seen.quantity}"
        if wrong := list(unfit(path, seen.quantity, names)):
            findings += wrong
            continue
        before = whole.get(seen.quantity)
        if before is not None and before.figure.value != seen.value:
            text = f"{seen.quantity}: observed {seen.value:g} replaces stated {before.figure.value:g}"
            findings.append(Warn("observed_replaces_stated", text))
        stream = f"given/{seen.quantity}"
        whole[seen.quantity] = Given(path, Figure(seen.value, seen.low, seen.high, seen.kind, seen.source, stream))
    return whole, findings


def unfit(path: str, name: str, names: Collection[str]) -> Iterator[Mistake]:
    """Why one number cannot stand for a quantity, if it cannot."""
    if name not in names:
        yield Mistake(path, "no such quantity", nearest(name, names))
    elif name in table("constants").rows["exact"].figures:
        yield Mistake(path, "is a definition and cannot be changed")
    elif name.endswith("_code"):
        yield Mistake(path, "is a choice between formulas", "make it by name in its own section, not by number")
    elif name == "blueprint_factor":
        yield Mistake(path, "says that a chip is a design", "state the design in [blueprint]")
    elif axis(name):
        parts = ", ".join(axis(name))
        yield Mistake(path, f"has a value for each of {parts}", "state the quantities it is made of")
