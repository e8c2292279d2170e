"""What people read: one screen, honest words, numbers that read well."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from thirdwatt.amounts import SIZES, amount, percent, plain, shared
from thirdwatt.ledger.ledger import ACCOUNTED
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


@pytest.mark.parametrize("width", [40, 48, 56, 72])
@pytest.mark.parametrize("preset", ["gpt-4o", "llama-3.1-8b", "startup-lora-8xh100", "palm-540b", "laptop-cpu"])
def test_a_very_narrow_screen_loses_columns_and_no_figure_of_the_answer(preset: str, width: int) -> None:
    ledger = thirdwatt.estimate(preset, samples=20)
    said = text.estimate(ledger, width)
    lines = said.splitlines()
    assert max(map(len, lines)) <= width
    (total,) = (line for line in lines if line.startswith("total"))
    energy = ledger.totals["energy_kwh"]
    assert energy is not None
    whole = text._column(ACCOUNTED["energy_kwh"], [row.energy_kwh for row in ledger.components])
    assert whole is not None
    assert whole[2][-1] in total
    for head in ("carbon", "water", "time", "tested on", "rests on"):
        assert any(line.startswith(head) for line in lines), head


def test_a_wide_table_has_every_account() -> None:
    (head,) = (
        line for line in text.estimate(thirdwatt.estimate("gpt-4o", samples=1)).splitlines() if "quadrant (" in line
    )
    assert head.split()[3:-4] == [account.head for account in ACCOUNTED.values()]


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
        (0, "USD", "0 USD"),
        (0, "L", "0 L"),
        (0, "FLOP/s", "0 FLOP/s"),
        (0, "1", "0"),
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


@pytest.mark.parametrize(
    ("values", "symbol", "unit"),
    [
        ([1.4e10, 2e6], "kWh", (1e9, "TWh")),
        ([14e6, 2e3, 0], "kWh", (1e6, "GWh")),
        ([14e6, 1e3], "kWh", None),
        ([0, 0], "kg", (1, "kg")),
        ([], "USD", (1, "USD")),
    ],
)
def test_one_unit_serves_a_column_whose_values_are_near(
    values: list[float], symbol: str, unit: tuple[float, str] | None
) -> None:
    assert shared(values, symbol) == unit


def test_named_units_have_one_size() -> None:
    assert (SIZES["MWh"], SIZES["t"], SIZES["kW"], SIZES["days"], 1 / SIZES["g"]) == (1e3, 1e3, 1e3, 24, 1e3)


def test_small_shares_are_not_said_to_be_none() -> None:
    assert [percent(share) for share in (0, 1e-5, 0.012, 0.36)] == ["0 %", "<0.1 %", "1.2 %", "36 %"]
    assert plain(123_456.0) == "123,000"
