"""What people read: one screen, honest words, numbers that read well."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from thirdwatt.amounts import amount, percent, plain
from thirdwatt.report import markdown, sheets, text
from thirdwatt.scenario.read import presets


@pytest.mark.parametrize("preset", ["gpt-4o", "startup-lora-8xh100", "laptop-cpu"])
def test_estimates_look_so(preset: str, snapshot: SnapshotAssertion) -> None:
    """Drawn with one sample: intervals differ in the last digit between versions of numpy."""
    assert text.estimate(thirdwatt.estimate(preset, samples=1)) == snapshot


@pytest.mark.parametrize("preset", presets())
def test_an_estimate_fits_a_screen(preset: str) -> None:
    lines = text.estimate(thirdwatt.estimate(preset)).splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("preset", ["gpt-4o", "llama-3.1-405b", "startup-lora-8xh100"])
def test_a_narrow_screen_has_fewer_columns(preset: str) -> None:
    lines = text.estimate(thirdwatt.estimate(preset), 80).splitlines()
    assert max(map(len, lines)) <= 80
    (head,) = (line for line in lines if line.startswith("facility by component"))
    assert "energy" in head
    assert "market" not in head


@pytest.mark.parametrize("preset", presets())
def test_words_that_are_never_said(preset: str) -> None:
    ledger = thirdwatt.estimate(preset)
    said = (text.estimate(ledger) + markdown.estimate(ledger)).lower()
    for word in ("green", "eco-", "carbon neutral", "climate positive", "efficiency", "per prompt"):
        assert word not in said


def test_the_essay_and_the_facility_are_told_apart() -> None:
    said = text.estimate(thirdwatt.estimate("gpt-4o"))
    assert "0.4 kW x 25,000 x 1,400 h x 1.4 = 19.6 GWh" in said
    assert "= 7,546 t CO2e" in said
    assert "reconstructed" in said
    assert "The whole facility draws 37.8 GWh, 1.93 times what" in said


def test_hostile_names_stay_text() -> None:
    ledger = thirdwatt.estimate("gpt-4o", {"title": "a | b <script>", "boundary": "it"}, samples=1)
    assert "<script>" not in markdown.estimate(ledger)
    assert "a \\| b" in markdown.estimate(ledger)
    assert "<script>" not in ledger._repr_html_()
    assert "'=cmd()" in sheets.table([thirdwatt.ledger.TableRow("=cmd()", None, "bad")])


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (19_600_000, "kWh", "19.6 GWh"),
        (999.6, "kWh", "1,000 kWh"),
        (0, "kWh", "0 kWh"),
        (0.0004, "kWh", "0.4 Wh"),
        (-1500, "W", "-1.5 kW"),
        (36, "h", "36 h"),
        (1400, "h", "58.3 days"),
        (0.25, "1", "0.25"),
        (7_546_000, "kg", "7.55 kt"),
        (1e18, "FLOP", "1e+18 FLOP"),
    ],
)
def test_amounts(value: float, unit: str, said: str) -> None:
    assert amount(value, unit) == said


def test_small_shares_are_not_said_to_be_none() -> None:
    assert [percent(share) for share in (0, 1e-5, 0.012, 0.36)] == ["0 %", "<0.1 %", "1.2 %", "36 %"]
    assert plain(123_456.0) == "123,000"
