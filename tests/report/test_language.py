"""Words that no output says; claims that are quoted and proper names excepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import thirdwatt
from thirdwatt.audit import audit, read
from thirdwatt.report import budget, comparison, factsheet, gpai_check, judgements, markdown, sheets, text, waterfall
from thirdwatt.report.formats import FORMATS, written
from thirdwatt.report.html import page
from thirdwatt.report.reconciliation import reconcile
from thirdwatt.report.sides import of_ledger
from thirdwatt.scenario.read import presets

NEVER = (
    r"green", r"eco", r"eco-\w+", r"carbon neutral", r"climate neutral", r"climate positive", r"climate-friendly",
    r"per prompt", r"per query", r"gpu utili[sz]ation", r"utili[sz]ation efficiency",
    r"efficiency of \w+ utili[sz]ation",
)  # fmt: skip
PROPER = (
    "Green Algorithms", "green-algorithms", "Green Software Foundation", "Green-Software-Foundation",
    "Climate Neutral Data Centre Pact", "climate-neutral-pact", "GreenPod",
    "action plan for green development of data centres",
)  # fmt: skip
ROOT = Path(__file__).parents[2]


def said(words: str) -> list[str]:
    """Forbidden words in a text."""
    words = " ".join(words.split())
    for name in PROPER:
        words = re.sub(re.escape(name), "", words, flags=re.IGNORECASE)
    return [
        match[0]
        for pattern in NEVER
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", words, re.IGNORECASE)
    ]


def test_the_net_catches_what_it_should() -> None:
    assert said("a green, carbon neutral run") == ["green", "carbon neutral"]
    assert said("an eco-friendly run per prompt") == ["eco-friendly", "per prompt"]
    assert not said("Green Algorithms, agreement, economics, recomputed")


@pytest.mark.parametrize("preset", presets())
def test_estimates(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=20)
    assert not said("\n".join((text.estimate(ledger), markdown.estimate(ledger), sheets.estimate(ledger))))


@pytest.mark.parametrize("preset", ["gpt-4o", "palm-540b", "startup-lora-8xh100", "olmo-7b"])
def test_pages_and_formats(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=20)
    assert not said(page(ledger, thirdwatt.estimate("bloom-176b", samples=20)))
    for form in FORMATS:
        assert not said(written(ledger, form)), form


def test_comparisons_and_checks() -> None:
    one, two = (thirdwatt.estimate(name, samples=20) for name in ("gpt-4o", "llama-3.1-8b"))
    found = reconcile(of_ledger(one), of_ledger(two), "carbon_kg")
    standing = gpai_check.standing(one, two)
    limits = {"energy_kwh": 1.0, "cost_usd": 1e12, "carbon_kg": 1.0}
    checked = budget.text(budget.held(one, limits)) + gpai_check.text(standing)
    assert not said(comparison.text([one, two]) + waterfall.text(found) + checked)


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*-claims.toml")), ids=lambda path: path.stem)
def test_verdicts_speak_for_themselves(file: Path) -> None:
    judged = audit(read(str(file)))
    words = judgements.text(judged)
    for each in judged:
        words = words.replace(each.text, "")
    assert not said(" ".join(each.why for each in judged))


def test_facts() -> None:
    from thirdwatt.facts.catalogue import CATALOGUE, rows

    for name in CATALOGUE:
        found = rows(name)
        if name != "sources":  # titles of others, which the listing cuts
            assert not said(factsheet.listing(name, found, whole=True)), name
        for row in found:
            assert not said(factsheet.sheet(name, row)), (name, row.id)


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/validation.md"])
def test_documents(file: str) -> None:
    assert not said((ROOT / file).read_text(encoding="utf-8"))
