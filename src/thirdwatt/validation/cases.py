"""Published runs as scenarios, and the figure of each that an estimate is held against.

Nothing but what a question allows is stated of a run: the model, the cluster and the year for its time, the measured
hours too for its energy. Runs whose hours hold other work, whose energy is hours times nameplate watts, or that are
guesses of third parties are not scored where that would be circular or unfair; they are counted as left out, with the
reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

from thirdwatt.facts import Row, table

BOUNDARY_OF = {
    "accelerators_energy_kwh": "accelerators",
    "accelerators_facility_energy_kwh": "accelerators+facility",
    "it_energy_kwh": "it",
    "facility_energy_kwh": "facility",
}
"""Boundary of a published energy, by the name it is entered under."""

WORKLOAD = ("parameter_count", "active_parameter_count", "token_count", "forward_flop_per_token")
_FIELDS = {
    "parameter_count": "parameters", "active_parameter_count": "active_parameters", "token_count": "tokens",
    "forward_flop_per_token": "forward_flop_per_token",
}  # fmt: skip
LAYOUT = ("tensor", "pipeline", "virtual_stages", "data", "context", "expert", "zero_stage", "micro_batch")
"""Numbers of a published layout; ``recompute`` is a word."""

DEGREES = ("tensor", "pipeline", "data", "context", "expert", "micro_batch")
"""What makes a layout of it: how weights are sharded and what is recomputed say nothing by themselves."""

UNFITTED = 3
"""One run in so many is set apart by its id, before anything is fitted to the others."""

QUESTIONS = {
    "time": "accelerator hours, nothing stated but model, cluster and year",
    "time_layout": "accelerator hours, model, cluster, layout and software stated",
    "time_mfu": "accelerator hours, utilisation stated",
    "watts": "mean watts of an accelerator or its server",
    "energy": "metered energy at its own boundary, hours stated",
    "energy_free": "metered energy at its own boundary, nothing stated but model, cluster and year",
    "carbon": "carbon of a metered energy at its boundary, hours and intensity stated",
    "water": "water, hours and the site's figures stated",
}
"""What is asked of an estimate."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question about one run.

    ``quantity`` is read from the ledger of ``scenario``; ``unfitted`` marks runs that were set apart and lent the
    tables nothing.
    """

    run: str
    question: str
    generation: str
    domain: str
    scenario: Mapping[str, Any]
    quantity: str
    published: float
    unfitted: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A run that cannot be asked a question, and why."""

    run: str
    question: str
    why: str


def cases() -> tuple[list[Case], list[LeftOut]]:
    """Every question that published runs can answer, and those they cannot."""
    found: list[Case] = []
    left: list[LeftOut] = []
    for row in table("runs"):
        for question in QUESTIONS:
            asked = list(_case(row, question))
            for each in asked:
                (found if isinstance(each, Case) else left).append(each)  # type: ignore[arg-type]
    return found, left


def unfitted(run: str) -> bool:
    """Whether a run is one of those set apart."""
    return crc32(run.encode()) % UNFITTED == 0


@cache
def _lenders() -> frozenset[str]:
    """Sources that lent the tables a figure of power: what they measured is no test of it."""
    figures = ("host_base_power_w", "host_fan_power_w", "accelerator_load_ratio")
    rows = (*table("hosts"), *table("generations"))
    own = {"thirdwatt", "definition"}
    return frozenset(row.figures[name].source for row in rows for name in figures if name in row.figures) - own


def _lent(row: Row, question: str, quantity: str) -> bool:
    """Whether the figure asked for, or one like it of the same source, went into the tables."""
    return question not in ("time", "time_layout", "time_mfu", "water") and row.figures[quantity].source in _lenders()


def _case(row: Row, question: str) -> Iterator[Case | LeftOut]:
    """The case, why there is none, or nothing where the run does not answer the question at all."""
    published = _published(row, question)
    if published is None:
        return
    quantity, value = published
    why = _unfair(row, question)
    document = None if why else _document(row, question)
    if document is None:
        yield LeftOut(row.id, question, why or "model or cluster is not described")
        return
    chip = table("accelerators").rows[row.text["accelerator"]]
    yield Case(
        run=row.id,
        question=question,
        generation=chip.text["generation"],
        domain=row.text.get("domain", ""),
        scenario=document,
        quantity=quantity,
        published=value,
        unfitted=unfitted(row.id) and not _lent(row, question, quantity),
    )


def _published(row: Row, question: str) -> tuple[str, float] | None:
    """Quantity and value that a question is held against."""
    figures = row.figures
    energy = next((name for name in BOUNDARY_OF if name in figures), None)
    if question == "time" and "accelerator_hours" in figures:
        return "accelerator_hours", figures["accelerator_hours"].value
    if question == "time_layout" and "accelerator_hours" in figures and any(name in row.text for name in DEGREES):
        return "accelerator_hours", figures["accelerator_hours"].value
    if question == "time_mfu" and {"accelerator_hours", "mfu"} <= figures.keys():
        return "accelerator_hours", figures["accelerator_hours"].value
    if question == "watts" and "accelerator_power_w" in figures:
        return "accelerator_power_w", figures["accelerator_power_w"].value
    if question in ("energy", "energy_free") and energy is not None:
        return energy, figures[energy].value
    if question == "carbon" and "carbon_kg" in figures and energy is not None:
        return "carbon_kg", figures["carbon_kg"].value
    if question == "water":
        for name in ("onsite_water_l", "water_l"):
            if name in figures:
                return name, figures[name].value
    return None


def _unfair(row: Row, question: str) -> str:
    """Why a published figure cannot test an estimate; empty if it can."""
    text, figures = row.text, row.figures
    if "estimate" in text:
        return "a third party's guess"
    if "twin" in text:
        return f"the same run as {text['twin']}"
    if "unscored" in text:
        return text["unscored"]
    if text.get("accelerator") not in table("accelerators").rows:
        return "no accelerator of the table is named"
    if question.startswith("time") and text.get("hours") == "more":
        return "its hours hold other work"
    if question == "time_layout" and _architecture(row) is None:
        return "its architecture is not in the table of models"
    if question == "time_layout" and "accelerator_count" not in figures:
        return "how many accelerators its layout spans is not told"
    if question in ("watts", "energy", "energy_free", "carbon", "water") and text.get("energy") == "nameplate":
        return "its energy is hours times nameplate watts"
    if question in ("energy", "energy_free", "carbon", "water") and text.get("energy") != "measured":
        return "how its energy was found is not told"
    if question == "watts" and figures["accelerator_power_w"].kind != "measured":
        return "its watts are not metered"
    if question == "carbon":
        if "grid_intensity_kg_per_kwh" not in figures:
            return "its intensity is not told"
        if text.get("carbon_basis") not in (None, "location"):
            return "its carbon is not location-based"
    if question in ("energy", "carbon", "water") and "accelerator_hours" not in figures:
        return "its hours are not told"
    return ""


def _architecture(row: Row) -> str | None:
    """Id of the model whose layers a run's are; a run may repeat a model with other data."""
    model = row.text.get("architecture", row.text.get("model", ""))
    return model if model in table("models").rows and "layer_count" in table("models").rows[model].figures else None


def _laid_out(row: Row, document: dict[str, Any]) -> dict[str, Any]:
    """A run's scenario with the layout and the software that are published of it."""
    text, figures = row.text, row.figures
    if "architecture" in text:
        document["workload"] = {"model": text["architecture"], "tokens": figures["token_count"].value, "epochs": 1}
    if "sequence_length" in figures:
        document["workload"]["transformer"] = {"seq_len": figures["sequence_length"].value}
    layout = document.setdefault("layout", {})
    layout.update((name, int(text[name])) for name in LAYOUT if name in text)
    if "recompute" in text:
        layout["recompute"] = text["recompute"]
    if "global_batch_count" in figures:
        layout["global_batch"] = figures["global_batch_count"].value
    if "stack" in text:
        document["software"]["stack"] = text["stack"]
    return document


def _document(row: Row, question: str) -> dict[str, Any] | None:
    figures, text = row.figures, row.text
    workload: dict[str, Any] = {}
    if "model" in text:
        workload["model"] = text["model"]
    for quantity in WORKLOAD:
        if quantity in figures:
            workload[_FIELDS[quantity]] = figures[quantity].value
    described = "model" in text or {"tokens", "parameters"} <= workload.keys()
    described = described or {"tokens", "forward_flop_per_token"} <= workload.keys()
    known: dict[str, Any] = {}
    if question == "time_mfu":
        known["mfu"] = figures["mfu"].value
    if question in ("energy", "carbon", "water"):
        known["accelerator_hours"] = figures["accelerator_hours"].value
    elif question != "watts" and not described:
        return None
    if not described:
        known.setdefault(
            "accelerator_hours", figures["accelerator_hours"].value if "accelerator_hours" in figures else 1.0
        )
    cluster: dict[str, Any] = {"accelerator": text["accelerator"]}
    if "accelerator_count" in figures:
        cluster["count"] = figures["accelerator_count"].value
    site: dict[str, Any] = {"tenure": "own", "facility": "hyperscale"}
    if question in ("energy", "energy_free", "carbon", "water"):
        for quantity, field in (("pue", "pue"), ("grid_intensity_kg_per_kwh", "intensity_kg_per_kwh")):
            if quantity in figures:
                site[field] = figures[quantity].value
    if text.get("region") in table("grids").rows:
        site["region"] = text["region"]
    document: dict[str, Any] = {"cluster": cluster, "site": site}
    if described:
        document["workload"] = workload
    if known:
        document["known"] = known
    if "precision" in text:
        document["layout"] = {"precision": text["precision"]}
    if question in ("time", "time_layout", "energy_free"):
        document["software"] = {"year": int(text["year"])}
    return _laid_out(row, document) if question == "time_layout" else document
