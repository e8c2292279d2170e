"""``thirdwatt reconcile`` as people call it: what it says of two bases, of ledgers written before, of bad files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from thirdwatt import estimate
from thirdwatt.cli import BAD_INPUT
from thirdwatt.cli.reconcile import command
from thirdwatt.facts import digest
from thirdwatt.report.schemas import schema
from thirdwatt.scenario import InputError, InsufficientError

DIRECT = '[workload]\nmodel = "llama-3.1-8b"\n[cluster]\naccelerator = "h100"\ncount = 8\n[site]\nregion = "us"\n'


def run(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=stdin, env={"COLUMNS": None})


def said(*arguments: object, stdin: str | None = None) -> str:
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 0, (done.output, done.exception)
    return " ".join(done.output.split())


def document(*arguments: object, stdin: str | None = None) -> Any:
    done = run(*arguments, "--json", stdin=stdin)
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads(done.output)
    jsonschema.validate(found, schema("reconcile"))
    return found


def refused(*arguments: object) -> str:
    done = run(*arguments)
    assert isinstance(done.exception, InputError), done.output
    return str(done.exception)


@pytest.fixture(scope="module")
def ledger() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(estimate("gpt-4o", samples=3, seed=7).to_dict()))
    return found


def kept(path: Path, document: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(document))
    return path


def changed(ledger: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(ledger))
    return {**copy, **fields}


# --- two bases ----------------------------------------------------------------------------------------------------


def test_two_bases_are_a_step_that_says_so(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(f'{DIRECT}basis = "life-cycle"\n')
    two.write_text(f'{DIRECT}basis = "direct"\n')
    found = document(one, two)
    meaning = "grid intensity, life-cycle against direct: not the same thing counted"
    assert [step["meaning"] for step in found["steps"] if step["difference"]] == [meaning]
    for side in ("first", "second"):
        assert any("one is life-cycle, of two direct" in note for note in found[side]["notes"])
    text = said(one, two)
    assert "grid intensity, life-cycle against" in text
    assert "direct: not the same thing counted" in text
    assert "what is counted and not only what was emitted" in text
    assert "counted and not only" not in said(one, two, "--by", "energy")
    assert "against direct" not in said(one, one)


def test_a_basis_that_is_not_told_is_named_so() -> None:
    meanings = [step["meaning"] for step in document("gpt-4o", "llama-3.1-405b")["steps"]]
    assert "grid intensity, basis not told against life-cycle" in meanings


# --- ledgers written before ---------------------------------------------------------------------------------------


def test_a_ledger_speaks_by_its_own_figures(tmp_path: Path, ledger: dict[str, Any]) -> None:
    edited = changed(ledger, version="0.0.9", facts_digest="0123456789ab")
    edited["totals"]["carbon_kg"]["value"] = 777.0
    path = kept(tmp_path / "old.json", edited)
    found = document(path, "gpt-4o")
    assert found["first"]["kind"] == "ledger"
    assert found["first"]["value"] == 777.0
    assert found["steps"][-1]["quantity"] == "off_product"
    notes = " ".join(found["first"]["notes"])
    assert "written by thirdwatt 0.0.9 with facts 0123456789ab, seed 7, 3 samples" in notes
    assert f"with facts {digest()} gives other totals" in notes
    assert "carbon_kg 777 kg stored" in notes
    assert "is not that of its own boundary facility" in notes
    assert "0123456789ab" in said(path, "gpt-4o")


def test_an_untouched_ledger_is_its_scenario(tmp_path: Path, ledger: dict[str, Any]) -> None:
    path = kept(tmp_path / "same.json", ledger)
    for by in ("carbon", "energy"):
        found = document(path, "gpt-4o", "--by", by)
        assert found["difference"] == 0
        assert all(step["difference"] == 0 for step in found["steps"])
        assert found["first"]["factors"] == pytest.approx(found["second"]["factors"])
    assert len(found["first"]["notes"]) == 1
    assert document("-", "gpt-4o", stdin=path.read_text())["first"]["kind"] == "ledger"


@pytest.mark.parametrize(("boundary", "basis"), [("accelerators", "direct"), ("it", "life-cycle")])
def test_ledgers_of_any_boundary_keep_their_factors(tmp_path: Path, boundary: str, basis: str) -> None:
    settings = {"boundary": boundary, "site.basis": basis, "known.facility_energy_kwh": 50}
    one = estimate("startup-lora-8xh100", settings, samples=1).to_dict()
    path = kept(tmp_path / "it.json", one)
    found = document(path, "startup-lora-8xh100")
    assert found["first"]["value"] == pytest.approx(one["totals"]["carbon_kg"]["value"])
    assert found["first"]["factors"]["calibration_ratio"] == pytest.approx(one["formula"]["calibration"])
    assert "not_told" not in [step["quantity"] for step in found["steps"]]
    assert "off_product" not in [step["quantity"] for step in found["steps"]]


def test_a_ledger_without_totals_is_computed_anew_and_that_is_said(tmp_path: Path, ledger: dict[str, Any]) -> None:
    bare = changed(ledger)
    del bare["totals"]["energy_kwh"]
    bare["totals"]["cost_usd"]["value"] *= 2
    found = document(kept(tmp_path / "bare.json", bare), "gpt-4o")
    assert found["difference"] == 0
    notes = " ".join(found["first"]["notes"])
    assert "states no totals.energy_kwh, so all is computed anew" in notes
    assert "cost_usd" in notes


@pytest.mark.parametrize("scenario", [None, {"workload": {"model": "gpt-99"}}, {"workload": {}}])
def test_a_ledger_that_cannot_be_computed_again_still_has_its_figures(
    tmp_path: Path, ledger: dict[str, Any], scenario: Any
) -> None:
    found = document(kept(tmp_path / "old.json", changed(ledger, scenario=scenario)), "gpt-4o")
    assert found["difference"] == 0
    assert "cannot compute it again" in " ".join(found["first"]["notes"])


@pytest.mark.parametrize("value", ["777", True, -1.0, float("nan"), 10**400])
def test_figures_of_a_ledger_that_are_none_are_refused_by_file_and_field(
    tmp_path: Path, ledger: dict[str, Any], value: Any
) -> None:
    bad = changed(ledger)
    bad["totals"]["energy_kwh"]["value"] = value
    message = refused(kept(tmp_path / "bad.json", bad), "gpt-4o")
    assert message.startswith(f"{tmp_path / 'bad.json'}: totals.energy_kwh.value: is ")
    assert "estimate --json" in message


def test_a_boundary_that_is_none_is_refused(tmp_path: Path, ledger: dict[str, Any]) -> None:
    path = kept(tmp_path / "bad.json", changed(ledger, boundary="moon"))
    assert f"{path}: boundary: is 'moon'" in refused(path, "gpt-4o")


# --- files of others, and what is none ----------------------------------------------------------------------------

HEAD = "timestamp,run_id,duration,emissions,energy_consumed,gpu_energy,gpu_count,pue"


@pytest.mark.parametrize("row", ["3600,1.0,-3.0,2.5", "3600,1.0,3.0,-2.5", "3600,-1.0,3.0,2.5", "-1,1.0,3.0,2.5"])
def test_a_negative_figure_of_codecarbon_is_refused_by_file_and_field(tmp_path: Path, row: str) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(f"{HEAD}\nt0,a,{row},8,1.0\n")
    names = {-3.0: "energy_consumed", -2.5: "gpu_energy", -1.0: "emissions"}
    cells = [float(cell) for cell in row.split(",")]
    field = "duration" if cells[0] < 0 else names[min(cells)]
    message = refused("gpt-4o", path)
    assert str(path) in message
    assert field in message


def test_bad_files_are_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_text(f"{HEAD}\nt0,a,3600,1.0,3.0,-2.5,8,1.0\n")
    whole = [sys.executable, "-m", "thirdwatt", "reconcile", "laptop-cpu", str(path)]
    done = subprocess.run(whole, capture_output=True, text=True, timeout=120)
    assert done.returncode == BAD_INPUT
    assert "gpu_energy" in done.stderr


def test_a_model_card_is_headed_by_what_is_known(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\nco2_eq_emissions: 1500\n---\n")
    text = run("laptop-cpu", card).output
    assert text.startswith("carbon: ")
    assert "(laptop-cpu, location-based) against 1.5 kg (README, method not told)" in text.splitlines()[0]
    assert run(card, card).output.startswith("carbon, method not told: ")
    assert run("laptop-cpu", "gpt-4o").output.startswith("carbon, location-based: ")


def test_what_is_no_scenario_keeps_its_message() -> None:
    assert "is neither a preset nor a file" in refused("gpt-4oo", "gpt-4o")
    assert "holds a list" in str(run("-", "gpt-4o", stdin="[1, 2]").exception)
    done = run("-", "gpt-4o", stdin="")
    assert isinstance(done.exception, InsufficientError)


def test_a_scenario_comes_from_standard_input() -> None:
    assert document("-", "gpt-4o", stdin=DIRECT)["first"]["name"] == "stdin"
