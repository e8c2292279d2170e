"""JSON Schemas of scenarios and results, from one definition each; a command, a module."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from thirdwatt.report.schemas.checks import Audit, Check, Equivalents, Evidence, Facts, Gpai, Reconcile
from thirdwatt.report.schemas.chip import ChipCompare, ChipFit, ChipSearch, ChipShown
from thirdwatt.report.schemas.data import Convert, Dedup, Diffed, Pack, Scanned
from thirdwatt.report.schemas.estimate import Compare, Estimate, Explain, Table
from thirdwatt.report.schemas.layout import LayoutSearch
from thirdwatt.report.schemas.meter import Doctor, Observed, Runs, Summary
from thirdwatt.report.schemas.outlook import OutlookDocument, OutlookFile
from thirdwatt.report.schemas.parts import Boundary, Strict
from thirdwatt.report.schemas.plan import Planned
from thirdwatt.report.schemas.retrain import Retrain
from thirdwatt.report.schemas.validation import Validate
from thirdwatt.scenario.schema import ScenarioFile

NAMES = {
    "scenario": "a scenario file, as estimate reads it",
    "observations": "what a meter or a scan saw, as --observed reads it",
    "estimate": "estimate --json",
    "table": "estimate --table --json",
    "explain": "explain --json",
    "compare": "compare --json",
    "layout": "layout --json",
    "retrain": "retrain --json",
    "plan": "plan --json",
    "outlook": "outlook --json",
    "outlook-file": "a file of an outlook, as outlook FILE reads it",
    "chip-search": "chip search --json",
    "chip": "chip show --json",
    "chip-compare": "chip compare --json",
    "chip-fit": "chip fit --json",
    "runs": "runs --json",
    "scan": "data scan --json",
    "dedup": "data dedup --json, and report.json of its result",
    "convert": "data convert --json, and report.json of its result",
    "pack": "data pack --json, and report.json of its result",
    "diff": "data diff --json",
    "doctor": "doctor --json",
    "check": "check --json",
    "equivalents": "equivalents --json",
    "facts": "facts TABLE --json",
    "reconcile": "reconcile --json",
    "audit": "audit --json",
    "evidence": "evidence --reproduce --json",
    "gpai": "check --gpai --json without a budget",
    "validate": "validate --json",
    "cite": "cite --json",
}


class CitedSource(Strict):
    """A source and the quantities taken from it."""

    id: str
    title: str = ""
    year: str = ""
    locator: str = ""
    licence: str = ""
    quantities: list[str]


class Cite(Strict):
    """The document of ``cite --json``."""

    schema_: Literal["thirdwatt/cite/1"] = Field(alias="schema")
    name: str
    version: str
    facts_digest: str
    boundary: Boundary
    seed: int
    sources: list[CitedSource]


class Observations(BaseModel):
    """The document that ``--observed`` reads."""

    schema_: Literal["thirdwatt/observations/1"] = Field(alias="schema")
    observations: list[Observed]


_MODELS: dict[str, type[BaseModel]] = {
    "scenario": ScenarioFile,
    "observations": Observations,
    "estimate": Estimate,
    "table": Table,
    "explain": Explain,
    "compare": Compare,
    "layout": LayoutSearch,
    "retrain": Retrain,
    "plan": Planned,
    "outlook": OutlookDocument,
    "outlook-file": OutlookFile,
    "chip-search": ChipSearch,
    "chip": ChipShown,
    "chip-compare": ChipCompare,
    "chip-fit": ChipFit,
    "runs": Runs,
    "summary": Summary,
    "scan": Scanned,
    "dedup": Dedup,
    "convert": Convert,
    "pack": Pack,
    "diff": Diffed,
    "doctor": Doctor,
    "check": Check,
    "equivalents": Equivalents,
    "facts": Facts,
    "reconcile": Reconcile,
    "audit": Audit,
    "evidence": Evidence,
    "gpai": Gpai,
    "validate": Validate,
    "cite": Cite,
}


def schema(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one of ``NAMES``."""
    mode: Literal["validation", "serialization"] = "validation"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_MODELS[name].model_json_schema(mode=mode)}
