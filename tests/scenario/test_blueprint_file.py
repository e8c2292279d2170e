"""Files of chips: taken wherever an accelerator is named, from beside what names them, and to the last digit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import thirdwatt
from tests.cli.calling import call
from thirdwatt.report import evidence
from thirdwatt.report.schemas import schema
from thirdwatt.scenario import InputError

CHIP = {"blueprint": {"based_on": "h100-sxm-80gb", "clock_hz": 1.2e9, "rates": {"bf16": 1, "fp8": 2}}}
JOB: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b"},
    "cluster": {"accelerator": "chip.toml", "count": 64},
    "layout": {"precision": "fp8"},
}
WHOLE = {**JOB, "cluster": {"count": 64}, "blueprint": CHIP["blueprint"] | {"name": "chip"}}
TOML = '[blueprint]\nbased_on = "h100-sxm-80gb"\nclock_hz = 1.2e9\nrates = {bf16 = 1, fp8 = 2}\n'


def energy(source: Any, set_: dict[str, Any] | None = None) -> Any:
    return thirdwatt.estimate(source, set_, samples=20).totals["energy_kwh"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "chip.toml").write_text(TOML)
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    return tmp_path


def wrong(source: Any, set_: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InputError) as found:
        thirdwatt.estimate(source, set_, samples=1)
    return [str(mistake) for mistake in found.value.mistakes]


# --- where it may be named ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chip.toml", TOML),
        ("chip.json", json.dumps(CHIP)),
        ("chip.yaml", yaml.safe_dump(CHIP)),
        ("chip.YML", yaml.safe_dump(CHIP)),
    ],
)
def test_a_chip_is_a_file_of_any_form(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = energy("llama-3.1-8b", {"cluster.accelerator": str(tmp_path / name), "layout.precision": "fp8"})
    assert found == energy(
        "llama-3.1-8b", {"blueprint": {**CHIP["blueprint"], "name": "chip"}, "layout.precision": "fp8"}
    )


def test_a_path_starts_beside_the_scenario_that_names_it(folder: Path) -> None:
    assert energy(folder / "job.json") == energy(WHOLE)


def test_a_path_of_the_command_line_starts_where_one_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert energy({**JOB, "cluster": {"count": 64}}, {"cluster.accelerator": "chip.toml"}) == energy(WHOLE)
    ran = call(
        os.environ, "estimate", "job.json", "--set", "cluster.accelerator=chip.toml", "--samples", "20", "--json"
    )
    assert json.loads(ran.stdout)["totals"]["energy_kwh"]["value"] == energy(WHOLE).value


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_fields_change_the_design_of_a_file_in_any_order(folder: Path, order: tuple[int, int]) -> None:
    settings = [("cluster.accelerator", str(folder / "chip.toml")), ("blueprint.clock_hz", 1.0e9)]
    wanted = energy({**WHOLE, "blueprint": {**WHOLE["blueprint"], "clock_hz": 1.0e9}})
    assert energy({**JOB, "cluster": {"count": 64}}, dict(settings[place] for place in order)) == wanted
    options = [option for place in order for option in ("--set", "{}={}".format(*settings[place]))]
    ran = call(os.environ, "estimate", str(folder / "job.json"), *options, "--samples", "20", "--json")
    assert json.loads(ran.stdout)["totals"]["energy_kwh"]["value"] == wanted.value


def test_another_file_takes_the_place_of_the_first(folder: Path) -> None:
    (folder / "other.toml").write_text('[blueprint]\nbased_on = "b200-sxm-180gb"\n')
    changed = thirdwatt.estimate(folder / "job.json", {"cluster.accelerator": str(folder / "other.toml")}, samples=1)
    assert changed.scenario.chip == "other"
    assert changed.scenario.choices["accelerator"] == "b200-sxm-180gb"


def test_it_says_which_chip_on_sale_it_is_used_like(folder: Path) -> None:
    (folder / "chip.toml").write_text('like = "gb200"\n' + TOML)
    assert thirdwatt.estimate(folder / "job.json", samples=1).scenario.choices["accelerator"] == "gb200"


# --- mistakes -----------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "chip.toml"
    (said,) = wrong("llama-3.1-8b", {"cluster.accelerator": str(path)})
    assert said == f"{path}: cannot be read: the file does not exist; check the path"


@pytest.mark.parametrize("text", ["[cluster]\ncount = 8\n", "blueprint = 3\n", ""])
def test_a_file_that_is_no_blueprint(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chip.toml"
    path.write_text(text)
    (said,) = wrong("llama-3.1-8b", {"cluster.accelerator": str(path)})
    assert (
        said
        == f"{path}: is neither a blueprint nor a datasheet; a chip is a file with a section [blueprint] or [datasheet]"
    )


def test_what_else_stands_in_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chip.toml"
    path.write_text(TOML + "[site]\npue = 1.1\n[layout]\ntensor = 8\n")
    said = wrong("llama-3.1-8b", {"cluster.accelerator": str(path)})
    assert said == [f"{path}: {name}: unknown key; allowed: blueprint, like" for name in ("site", "layout")]


def test_two_designs_in_one_scenario_are_one_too_many(folder: Path) -> None:
    (folder / "job.json").write_text(json.dumps({**JOB, "blueprint": {"based_on": "b200-sxm-180gb"}}))
    (said,) = wrong(folder / "job.json")
    assert said.startswith("blueprint: is stated, and cluster.accelerator = chip.toml is a chip too; state one")


def test_a_mistake_in_a_file_is_one_of_the_scenario(folder: Path) -> None:
    (folder / "chip.toml").write_text(TOML.replace("1.2e9", "-1"))
    assert wrong(folder / "job.json") == ["blueprint.clock_hz: -1 is below 0, the least clock_hz can be"]


def test_the_command_ends_with_2(tmp_path: Path) -> None:
    ran = call(os.environ, "estimate", "llama-3.1-8b", "--set", f"cluster.accelerator={tmp_path / 'chip.toml'}")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "the file does not exist; check the path" in ran.stderr


# --- to the last digit --------------------------------------------------------------------------------------------


def test_a_design_survives_its_document(folder: Path) -> None:
    ledger = thirdwatt.estimate(folder / "job.json", samples=50)
    again = thirdwatt.estimate(json.loads(json.dumps(ledger.scenario.document)), samples=50)
    assert again.values.keys() == ledger.values.keys()
    for name, values in ledger.values.items():
        assert np.array_equal(values, again.values[name]), name


def test_a_ledger_can_be_priced_again_without_the_file(folder: Path) -> None:
    told = call(os.environ, "estimate", str(folder / "job.json"), "--json", "--samples", "50")
    (folder / "chip.toml").unlink()
    (folder / "ledger.json").write_text(told.stdout)
    again = call(os.environ, "estimate", str(folder / "ledger.json"), "--json", "--samples", "50")
    assert json.loads(again.stdout)["totals"] == json.loads(told.stdout)["totals"]


def test_evidence_can_be_reproduced_without_the_file(folder: Path) -> None:
    content = evidence.pack(thirdwatt.estimate(folder / "job.json", samples=50))
    (folder / "chip.toml").unlink()
    assert evidence.reproduce(content, "pack") == []


def test_rows_of_a_table_vary_a_chip_and_name_files(folder: Path) -> None:
    header = "id,workload.model,cluster.accelerator,cluster.count,blueprint.clock_hz,layout.precision\n"
    table = folder / "table.csv"
    table.write_text(header + "file,llama-3.1-8b,chip.toml,64,,fp8\nslow,llama-3.1-8b,chip.toml,64,1e9,fp8\n")
    ran = call(os.environ, "estimate", "--table", str(table), "--json", "--samples", "20")
    first, slow = (row["totals"]["energy_kwh"]["value"] for row in json.loads(ran.stdout)["rows"])
    assert first == pytest.approx(energy(WHOLE).value, rel=1e-12)
    assert slow == pytest.approx(
        energy({**WHOLE, "blueprint": {**WHOLE["blueprint"], "clock_hz": 1e9}}).value, rel=1e-12
    )


def every(branch: dict[str, Any]) -> list[dict[str, Any]]:
    return [branch, *(each for inner in branch.get("inputs", []) for each in every(inner))]


def test_the_draw_of_a_blueprint_is_explained_to_its_facts(folder: Path) -> None:
    ran = call(
        os.environ, "explain", str(folder / "job.json"), "blueprint_power_w", "--all", "--json", "--samples", "20"
    )
    found = every(json.loads(ran.stdout)["tree"])
    told = {each["quantity"]: each for each in found if not each["repeated"]}
    assert told.keys() >= {"datapath_power_w", "leakage_power_w", "clock_hz", "sram_j_per_byte", "step_work_s"}
    leaves = [each for each in told.values() if not each["inputs"]]
    assert len(leaves) > 50
    assert not [each["quantity"] for each in leaves if not each["source"]]
    assert "chip.toml" not in ran.stdout  # what is stated is stated in the scenario
    assert told["clock_hz"]["kind"] == "stated"


def test_a_scenario_of_its_schema_may_state_a_blueprint() -> None:
    import jsonschema

    found = schema("scenario")
    jsonschema.validate(WHOLE, found)
    for wrong_one in ({"unit": 3}, {"rates": {"fp7": 1}}, {"operands": "hbm"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**WHOLE, "blueprint": wrong_one}, found)
