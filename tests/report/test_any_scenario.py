"""A thousand random scenarios through every text, fifty through page and PDF: none fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import thirdwatt
from tests.scenario.test_properties import documents
from thirdwatt.ledger import Ledger
from thirdwatt.report import evidence, markdown, sheets, text
from thirdwatt.report.explanation import tree
from thirdwatt.report.formats import FORMATS, written
from thirdwatt.report.html import page
from thirdwatt.scenario import InputError, InsufficientError


def ledger(document: dict[str, Any]) -> Ledger | None:
    try:
        return thirdwatt.estimate(document, samples=8)
    except (InputError, InsufficientError):
        return None


def texts(found: Ledger) -> None:
    from thirdwatt.ledger.provenance import explain

    lines = text.estimate(found, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(text.estimate(found).splitlines()) <= 60
    assert markdown.estimate(found)
    assert sheets.estimate(found)
    if found.totals["energy_kwh"] is None:
        assert tree(explain(found, "step_time_s"))
        for form in FORMATS:
            with pytest.raises(InsufficientError, match="state workload"):
                written(found, form)
        return
    assert tree(explain(found, "energy_kwh"))
    for form in FORMATS:
        if form != "brief":  # it evaluates a ledger anew for each action; its own tests do so 200 times
            assert written(found, form).strip(), form


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_some_scenarios(document: dict[str, Any]) -> None:
    if (found := ledger(document)) is not None:
        texts(found)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_a_thousand_scenarios(document: dict[str, Any]) -> None:
    if (found := ledger(document)) is not None:
        texts(found)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_fifty_pages(document: dict[str, Any]) -> None:
    found = ledger(document)
    if found is None:
        return
    said = page(found)
    assert len(said) < 1_000_000
    assert evidence.reproduce(evidence.pack(found), "pack") == []
    try:
        from thirdwatt.report.pdf import printed

        assert printed(said).startswith(b"%PDF-")
    except OSError as error:
        pytest.skip(f"Debian's libpango-1.0-0 and libpangoft2-1.0-0 are not installed: {error}")


def test_a_choice_written_down_is_the_choice_that_was_made() -> None:
    """Andorra publishes no intensity: Spain's stands in, whether or not the basis is then stated."""
    found = ledger({"boundary": "accelerators", "site": {"region": "ad"}, "workload": {"model": "alphafold-2"}})
    assert found is not None
    assert evidence.reproduce(evidence.pack(found), "pack") == []
