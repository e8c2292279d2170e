"""One way to say each thing: the terminal, the page, Markdown and the formats agree on kinds, costs and sources."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import thirdwatt
from tests.cli.test_cli import run
from thirdwatt.amounts import percent
from thirdwatt.facts import sources, table
from thirdwatt.facts.scopes import OVERHEAD
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.document import cited
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN, Account
from thirdwatt.ledger.provenance import explain
from thirdwatt.quantity import BOUNDARIES
from thirdwatt.report import comparison, gpai_check, markdown, sheets, text
from thirdwatt.report.charts import where_it_went
from thirdwatt.report.explanation import tree
from thirdwatt.report.formats import FORMATS, written
from thirdwatt.report.html import page
from thirdwatt.report.phrases import (
    UNITS_DIFFER,
    UNKNOWN,
    citation,
    component_column,
    difference,
    energy_kind,
    headline,
    located,
    rests_on,
    signature,
    sized,
    source_of,
    terms,
    used,
)
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.scenario.read import presets

PRESET = "startup-lora-8xh100"
STATED = "Smith, J., 2024"


def flat(said: str) -> str:
    """Text without the breaks of its lines."""
    return " ".join(unescape(said).split())


def made(changes: dict[str, Any], samples: int = 20) -> Ledger:
    return thirdwatt.estimate(PRESET, changes, samples=samples)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are read for their words here; to draw their charts takes most of the time."""
    monkeypatch.setattr("thirdwatt.report.html.charts", lambda *_: [])


@pytest.fixture(scope="module")
def cheap() -> Ledger:
    return made({})


# --- kinds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boundary", "quantity", "kind"),
    [
        ("accelerators", "accelerators_energy_kwh", "measured"),
        ("accelerators", "it_energy_kwh", "modelled"),
        ("accelerators", "facility_energy_kwh", "modelled"),
        ("it", "it_energy_kwh", "measured"),
        ("facility", "it_energy_kwh", "modelled"),
        ("facility", "facility_energy_kwh", "measured"),
    ],
)
def test_everybody_says_alike_how_the_energy_came_about(boundary: str, quantity: str, kind: str) -> None:
    ledger = made({"boundary": boundary, f"known.{quantity}": {"value": 9.0, "kind": "measured"}})
    assert energy_kind(ledger) == kind
    for said in (text.estimate(ledger), markdown.estimate(ledger), page(ledger), citation(ledger)):
        assert f"{kind} · 8 x h100-sxm-80gb" in flat(said)
    assert re.search(rf"Energy is [^(]+\({kind};", flat(written(ledger, "methods")))
    assert f"method: {kind} energy" in flat(written(ledger, "model-card"))
    assert ("Estimated, not measured." in written(ledger, "brief")) == (kind != "measured")
    assert explain(ledger, "energy_kwh").kind == kind


# --- one vocabulary -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r"rented at [\d.]+ USD/h, published: median and range of "),
        ({"site.tenure": "own"}, "own, modelled: wear of the machines, electricity "),
        ({"site.tenure": "colo"}, "colo, modelled: wear of the machines, electricity "),
        ({"known.cost_usd": {"value": 50.0, "kind": "measured"}}, "rented, measured"),
        ({"known.cost_usd": 50.0, "site.tenure": "own"}, "own, stated"),
        ({"cluster.accelerator": "tpu-v4", "site.tenure": "own"}, "no price of Google TPU v4 is known"),
    ],
)
def test_a_cost_rests_on_the_same_everywhere(changes: dict[str, Any], said: str) -> None:
    ledger = made(changes)
    assert re.match(said, terms(ledger))
    for shown in (text.estimate(ledger), page(ledger), written(ledger, "methods")):
        assert terms(ledger) in flat(shown)


def test_kinds_are_counted_alike(cheap: Ledger) -> None:
    for shown in (text.estimate(cheap), *(written(cheap, name) for name in ("methods", "model-card", "gpai"))):
        assert rests_on(cheap) in flat(shown)


def test_a_result_is_signed_and_cited_alike(cheap: Ledger) -> None:
    assert signature(cheap) in citation(cheap)
    assert citation(cheap).endswith(", boundary facility, 2026-11-24.")
    assert markdown.estimate(cheap).endswith(f"\n{signature(cheap)}.\n")
    assert flat(citation(cheap)) in flat(page(cheap))
    assert run("cite", PRESET, "--samples", "20").stdout.startswith(f"{citation(cheap)}\n")


def test_a_value_and_its_interval_are_said_alike(cheap: Ledger) -> None:
    energy, carbon = cheap.totals["energy_kwh"], cheap.totals["carbon_kg"]
    assert energy is not None
    said = str(sized(energy, "kWh"))
    assert re.fullmatch(r"[\d.]+ kWh \(90 %: [\d.]+ to [\d.]+\)", said)
    assert headline(cheap).startswith(f"{said}   ")
    assert str(sized(carbon, "kg")) in flat(text.estimate(cheap))
    interval = sized(energy, "kWh").interval
    assert f"| energy_kwh | {sized(energy, 'kWh').value} | {interval} |" in markdown.estimate(cheap)
    assert f"<span>90 %: {interval}</span>" in page(cheap)
    assert f"; 90 %: {sized(energy, 'kWh').ends})" in flat(written(cheap, "methods"))
    assert tree(explain(cheap, "energy_kwh")).startswith(
        f"facility_energy_kwh = {sized(energy, 'kWh', factor=1.0, digits=4)}  [modelled]"
    )


def test_a_certain_value_has_no_interval(cheap: Ledger) -> None:
    assert str(sized(Total(2.5e24, 2.5e24, 2.5e24), "FLOP")) == "2.5 x 10^24 FLOP"
    assert sized(Total(2.0, 2.0, 2.0), "").by("stated") == "2 (stated; no range stated)"
    assert "no interval drawn" in written(made({}, samples=1), "methods")
    assert "no interval drawn" not in text.estimate(made({}, samples=1))


def test_there_is_one_word_for_what_is_not_known(cheap: Ledger) -> None:
    ledger = thirdwatt.estimate("palm-540b", samples=20)
    assert ledger.totals["cost_usd"] is None
    shown = [text.estimate(ledger), markdown.estimate(ledger), page(ledger), comparison.text([cheap, ledger])]
    for said in (*shown, *(written(ledger, name) for name in ("methods", "latex", "gpai"))):
        bare = said.split('id="thirdwatt"')[0]
        assert UNKNOWN in bare
        assert "unknown" not in bare.lower()
        assert "?" not in bare
    assert f"cost        {UNKNOWN}; no price of Google TPU v4 is known; renting the hours would take " in shown[0]


def test_an_account_that_is_not_known_has_no_column() -> None:
    lines = text.estimate(thirdwatt.estimate("palm-540b", samples=20)).splitlines()
    (head,) = (line for line in lines if line.startswith("facility by component"))
    assert "carbon" in head
    assert "cost" not in head


def test_a_sentence_has_no_indent(cheap: Ledger) -> None:
    assert difference(cheap).startswith("The whole facility draws ")
    assert "\n  The whole facility draws " in text.estimate(cheap)
    assert f"<p>{difference(cheap)}</p>" in page(cheap)
    assert f". {difference(cheap)}\n" in markdown.estimate(cheap)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_boundary_takes_in_the_same_everywhere(boundary: str) -> None:
    ledger = made({"boundary": boundary}, samples=1)
    for said in (page(ledger), written(ledger, "methods"), written(ledger, "model-card")):
        assert WITHIN[boundary].takes_in in flat(said)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_takes_in_runs_before_the_final_one(name: str, cheap: Ledger) -> None:
    said = flat(written(cheap, name)).lower()
    assert re.search(r"not included|excluded: .*development runs, which are not known", said)
    assert not re.search(r"(development|preliminary)[^.;:]* (are included|: included)", said)


def test_the_building_is_what_the_scopes_call_overhead(cheap: Ledger) -> None:
    chart = where_it_went(cheap)
    assert chart is not None
    share = sum(row.power_share for row in cheap.components if row.name in OVERHEAD)
    assert chart.says.endswith(f"the building {percent(share)}.")


# --- sources ------------------------------------------------------------------------------------------------------


def test_a_source_in_somebodys_own_words_is_one_source() -> None:
    ledger = made({"site.pue": {"value": 1.3, "source": STATED}})
    assert cited(STATED) == (STATED,)
    assert located(STATED) == STATED
    assert used(ledger)[STATED] == ["pue"]
    assert not {"Smith", "J.", "2024"} & set(used(ledger))
    assert source_of(ledger, "pue") == f"stated: {STATED}"
    assert STATED in tree(explain(ledger, "pue"))
    assert f"<td>{STATED}" in page(ledger)


def test_the_command_cites_a_stated_source_once(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(f"[workload]\nflop = 1e21\n[site]\npue = {{ value = 1.3, source = '{STATED}' }}\n")
    lines = run("cite", str(path), "--samples", "1").stdout.splitlines()
    assert f"  {STATED}: 1 figure" in lines
    assert not [line for line in lines if line.startswith(("  Smith:", "  J.:", "  2024:"))]


def test_ids_and_own_words_together_are_one_source() -> None:
    known = list(sources())[:2]
    assert cited(", ".join(known)) == tuple(known)
    assert cited(f"{known[0]}, my notes") == (f"{known[0]}, my notes",)


def test_figures_of_several_sources_name_each(cheap: Ledger) -> None:
    rent = cheap.figures["rent_usd_per_accelerator_h"]
    names = cited(rent.source)
    assert len(names) > 1
    assert set(names) <= set(used(cheap))
    shown = (
        page(cheap).split('id="thirdwatt"')[0],
        markdown.estimate(cheap),
        tree(explain(cheap, "rent_usd_per_accelerator_h"), whole=True),
        source_of(cheap, "rent_usd_per_accelerator_h"),
    )
    for said in shown:
        assert rent.source not in flat(said)
        assert all(sources()[name]["title"] in flat(said) for name in names)


# --- the EU's thresholds ------------------------------------------------------------------------------------------


def test_the_share_of_a_modifier_is_read_from_the_law(cheap: Ledger) -> None:
    share = table("standards").rows["eu-ai-act"].figures["modifier_compute_share"].value
    said = flat(gpai_check.text(gpai_check.standing(cheap, thirdwatt.estimate("llama-3.1-8b", samples=20))))
    assert f"{percent(share)} of the compute of llama-3.1-8b" in said
    assert "third" not in said


def test_intervals_of_thresholds_are_those_of_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = thirdwatt.estimate("gpt-4o", samples=200)
    wide = gpai_check.standing(ledger).thresholds[0]
    monkeypatch.setattr("thirdwatt.ledger.ledger.QUANTILES", (0.25, 0.75))
    narrow = gpai_check.standing(ledger).thresholds[0]
    assert wide.ratio_low < narrow.ratio_low < narrow.ratio < narrow.ratio_high < wide.ratio_high


# --- what to do next ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", f"explain {PRESET} energy_kwh"),
        ("sub/my-run.toml", "explain sub/my-run.toml energy_kwh"),
        ("my runs/a.toml", "explain 'my runs/a.toml' energy_kwh"),
        ("-", "explain - energy_kwh"),
    ],
)
def test_the_next_command_names_the_scenario_as_it_was_asked_for(asked: str, said: str, cheap: Ledger) -> None:
    assert f"next: thirdwatt {said} · " in flat(text.estimate(cheap, asked=asked))


# --- accounts -----------------------------------------------------------------------------------------------------


def test_one_more_account_is_one_more_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that is put into the one mapping is in every table, without another word."""
    extra = Account("carbon_marginal_kg", "boundary_carbon_marginal_kg", "carbon, at the margin", "margin")
    monkeypatch.setitem(ACCOUNTED, extra.name, extra)
    ledger = made({})
    shown = (text.estimate(ledger, 120), markdown.estimate(ledger), page(ledger), written(ledger, "latex"))
    for said, name in zip(shown, (extra.head, extra.title, extra.title, extra.title), strict=True):
        assert name in flat(said)
    document = ledger.to_dict()
    assert all(extra.name in row for row in document["components"])
    assert all(extra.name in within for within in document["boundaries"].values())
    assert f"cooling,{extra.name}," in sheets.estimate(ledger)
    assert all(extra.name in row.accounts for row in ledger.components)


def test_accounts_of_a_component_are_attributes(cheap: Ledger) -> None:
    row = cheap.components[0]
    assert all(getattr(row, name) == total for name, total in row.accounts.items())
    with pytest.raises(AttributeError, match="no attribute 'cost_eur'"):
        row.cost_eur  # noqa: B018


def test_boundaries_are_those_of_the_book() -> None:
    assert tuple(WITHIN) == BOUNDARIES
    assert {name: each.quantity for name, each in WITHIN.items()} == BOUNDARY_QUANTITY


# --- columns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["gpt-4o", PRESET, "llama-3.1-405b"])
def test_a_column_has_one_unit_or_says_that_it_has_not(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=20)
    for account in ACCOUNTED.values():
        head, cells = component_column(ledger, account)
        assert head in markdown.estimate(ledger)
        assert head in flat(page(ledger))
        units = {cell.partition(" ")[2] for cell in cells if cell[0] != "0"}
        known = [total.value for row in ledger.components if (total := row.accounts[account.name]) and total.value]
        if max(known) <= 1e4 * min(known):
            assert units == {""}
            assert "differ" not in head
        else:
            assert head == f"{account.title} ({UNITS_DIFFER})"


def test_scenarios_side_by_side_have_one_unit_or_say_so() -> None:
    small, large = (thirdwatt.estimate(name, samples=2) for name in (PRESET, "llama-3.1-405b"))
    assert f"energy_kwh ({UNITS_DIFFER})\n" in comparison.text([small, large])
    near = comparison.text([thirdwatt.estimate("gpt-4o", samples=2), large])
    assert UNITS_DIFFER not in near.partition("carbon_kg")[0]
    assert len(re.findall(r"[\d.]+ GWh(?: |$)", near.partition("cost_usd")[0], re.MULTILINE)) == 2


# --- beside another boundary --------------------------------------------------------------------------------------


def test_a_page_says_that_what_stands_beside_is_shown_at_another_boundary(cheap: Ledger) -> None:
    other = made({"boundary": "accelerators", "title": ""})
    said = flat(page(cheap, other))
    assert f"Another boundary: {PRESET} states boundary accelerators; it is shown at facility." in re.sub(
        "<[^>]+>", "", said
    )
    assert "Another boundary" not in page(cheap, cheap)
    energies = other.within("facility").totals["energy_kwh"], cheap.totals["energy_kwh"]
    assert energies[0] == energies[1]
    assert other.within("facility").to_dict()["scenario"]["boundary"] == "facility"


# --- beside what was published ------------------------------------------------------------------------------------

PUBLISHED = {
    (row.text["model"], row.text["accelerator"]): row
    for row in table("runs")
    if {"model", "accelerator"} <= row.text.keys() and not row.text.keys() & {"estimate", "twin"}
}


@pytest.mark.parametrize("preset", presets())
def test_published_hours_are_said_where_they_lie_outside_and_only_there(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=200)
    choices, hours = ledger.scenario.choices, ledger.totals["accelerator_hours"]
    run = PUBLISHED.get((choices.get("model", ""), choices["accelerator"]))
    published = None if run is None else run.figures.get("accelerator_hours")
    same = choices["method"] == "pretrain" and ledger.scenario.document["workload"].keys() <= {"model"}
    outside = (
        published is not None
        and same
        and hours is not None
        and hours.low < hours.high
        and not hours.low <= published.value <= hours.high
    )
    assert ("outside_published" in {each.code for each in ledger.warnings}) == outside


def test_published_hours_outside_an_interval_are_said_everywhere() -> None:
    ledger = thirdwatt.estimate("bert-large", {"known.mfu": 0.95}, samples=50)
    sentence = "published hours 6,140 lie outside this interval"
    assert sum(each.code == "outside_published" for each in ledger.warnings) == 1
    for said in (text.estimate(ledger), markdown.estimate(ledger), page(ledger), written(ledger, "methods")):
        assert sentence in flat(said)
    other = thirdwatt.estimate("llama-3.2-1b", {"known.mfu": 0.95}, samples=50)
    assert "its hours hold other work too" in flat(text.estimate(other))


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("bert-large", {"workload.tokens": 1e9}),
        ("bert-large", {"known.accelerator_hours": 1e3}),
        ("bert-large", {"cluster.accelerator": "h100"}),
        ("grok-3", {}),
        (PRESET, {}),
    ],
)
def test_hours_of_other_work_are_not_held_against_an_estimate(preset: str, changes: dict[str, Any]) -> None:
    ledger = thirdwatt.estimate(preset, changes, samples=50)
    assert "outside_published" not in {each.code for each in ledger.warnings}


def test_one_draw_has_no_interval_to_lie_outside_of() -> None:
    ledger = thirdwatt.estimate("bert-large", {"known.mfu": 0.95}, samples=1)
    assert "outside_published" not in {each.code for each in ledger.warnings}
