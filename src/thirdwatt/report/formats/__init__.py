"""A ledger in the forms that others ask for: a model card, a standard, a law, a paper, a manager.

A format is one file that turns a ledger into text, the same bytes for the same ledger. To add one, write its file and
a line in :data:`FORMATS`; the function is named as the format is, with underscores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thirdwatt.ledger import Ledger

FORMATS: Mapping[str, str] = {
    "model-card": "front matter and section of a Hugging Face model card, in grams",
    "sci": "Software Carbon Intensity, ISO/IEC 21031:2024",
    "sci-ai": "SCI for AI, from the provider's side",
    "gpai": "fields of the EU documentation form for general-purpose AI models",
    "methods": "a paragraph for the methods section of a paper",
    "latex": "tables of totals and components for a paper",
    "neurips": "item 8 of the NeurIPS checklist",
    "brief": "one page for a manager",
}
"""Formats by name, and what each is."""

_FILES = {"sci-ai": "sci"}
"""Files of formats that share one."""


def written(ledger: Ledger, name: str) -> str:
    """A ledger in one of the formats.

    Raises
    ------
    InputError
        If there is no such format.
    InsufficientError
        If the ledger holds a step alone: every format reports a campaign.
    """
    from importlib import import_module

    from thirdwatt.scenario import InputError, InsufficientError, Mistake
    from thirdwatt.scenario.mistakes import nearest

    if name not in FORMATS:
        raise InputError([Mistake("format", f"there is no {name!r}", nearest(name, FORMATS))])
    if ledger.totals["energy_kwh"] is None:
        raise InsufficientError(f"{name} reports the energy of a campaign, which is not known: state workload.tokens")
    function = name.replace("-", "_")
    write: Callable[[Ledger], str] = getattr(import_module(f"{__name__}.{_FILES.get(name, function)}"), function)
    return write(ledger)
