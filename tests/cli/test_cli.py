"""Commands as people call them: answers, exit codes, what is said where."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli import calling
from thirdwatt.cli import VERBS
from thirdwatt.facts import digest


def environ(columns: str | None = None) -> dict[str, str]:
    """Of a call: as many columns as it takes by itself, whatever the terminal of the tests has."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return environment if columns is None else {**environment, "COLUMNS": columns}


def run(*arguments: str, stdin: str | None = None, columns: str | None = None) -> subprocess.CompletedProcess[str]:
    """Call a command in this process."""
    return calling.call(environ(columns), *arguments, stdin=stdin)


def document(*arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    return parsed(run(*arguments), code)


def parsed(done: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    """What a call printed as JSON, with the exit code that it should have."""
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("id,workload.model,cluster.count\na,gpt-3,64\nb,gpt-3,x\nc,llama-3.1-8b,8\n")
    return path


def test_estimate_answers_first() -> None:
    done = run("estimate", "gpt-4o")
    assert done.returncode == 0
    assert done.stderr == ""
    assert re.match(r"37\.8 GWh +\(90 %: ", done.stdout.splitlines()[1])


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("estimate", ("estimate", "gpt-4o", "--json"), 0),
        ("estimate", ("estimate", "laptop-cpu", "--json", "--samples", "1", "--set", "site.tenure=colo"), 0),
        ("explain", ("explain", "gpt-4o", "cost_usd", "--json"), 0),
        ("compare", ("compare", "llama-3.1-8b", "llama-3.1-405b", "--json"), 0),
        ("doctor", ("doctor", "--json"), 0),
        ("runs", ("runs", "--json"), 0),
        ("layout", ("layout", "llama-3.1-405b", "--by", "energy", "--json"), 0),
        ("layout", ("layout", "startup-lora-8xh100", "--set", "cluster.count=1", "--json"), 0),
        ("check", ("check", "gpt-4o", "--max-kwh", "1e6", "--max-usd", "1e9", "--json"), 3),
        ("equivalents", ("equivalents", "7546t", "--edition", "2019", "--json"), 0),
        ("cite", ("cite", "bloom-176b", "--json"), 0),
        ("reconcile", ("reconcile", "gpt-4o", "bloom-176b", "--json"), 0),
        ("audit", ("audit", "examples/essay-claims.toml", "--json"), 0),
        ("gpai", ("check", "startup-lora-8xh100", "--gpai", "--base", "llama-3.1-8b", "--json"), 0),
        pytest.param("validate", ("validate", "--json"), 0, marks=pytest.mark.slow),
        ("facts", ("facts", "--json"), 0),
        ("facts", ("facts", "accelerators", "--json"), 0),
        ("facts", ("facts", "equivalents", "--json"), 0),
        ("facts", ("facts", "sources", "--json"), 0),
    ],
)
def test_results_keep_to_their_schema(name: str, arguments: tuple[str, ...], code: int) -> None:
    schema = document("schema", name)
    jsonschema.Draft202012Validator.check_schema(schema)
    found = parsed(calling.process(environ(), *arguments), code)  # each as it is started
    jsonschema.validate(found, schema)
    assert found["schema"] == f"thirdwatt/{name}/1"
    assert found["facts_digest"] == digest()


def test_the_schema_of_a_scenario_accepts_what_estimate_reads() -> None:
    from thirdwatt.scenario.read import presets, read

    schema = jsonschema.Draft202012Validator(document("schema", "scenario"))
    for name in presets():
        schema.validate(read(name)[1])
    assert run("schema").stdout.split()[0] == "scenario"


@pytest.mark.parametrize("samples", ["1", "100"])
def test_tables_keep_bad_rows_and_exit_0(rows: Path, samples: str) -> None:
    found = document("estimate", "--table", str(rows), "--json", "--samples", samples)
    jsonschema.validate(found, document("schema", "table"))
    first, second, third = found["rows"]
    assert first["totals"]["energy_kwh"]["value"] > 0
    assert second["totals"] is None
    assert second["error"].startswith("cluster.count: 'x' is not a number")
    lines = list(csv.DictReader(io.StringIO(run("estimate", "--table", str(rows), "--csv").stdout)))
    assert [line["id"] for line in lines] == ["a", "b", "c"]
    assert float(lines[2]["energy_kwh"]) == third["totals"]["energy_kwh"]["value"]


def test_budgets() -> None:
    assert run("check", "gpt-4o", "--max-kwh", "4e7").returncode == 0
    over = run("check", "gpt-4o", "--max-kwh", "4e7", "--confidence", "0.9")
    assert over.returncode == 3
    assert over.stdout.startswith("OVER energy_kwh: 90% quantile 42")
    assert run("check", "gpt-4o").returncode == 2


def test_mistakes_are_all_named_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[cluster]\ncount = -1\naccelerater = 'h100'\n[site]\npue = 0.2\n")
    done = run("estimate", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "thirdwatt: 3 mistakes in bad",
        "  cluster.accelerater: unknown key; did you mean accelerator?",
        "  cluster.count: -1 is below 0, the least accelerator_count can be",
        "  site.pue: 0.2 is below 1, the least pue can be",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("estimate", "gpt-4oo"), 2, "did you mean gpt-4o?"),
        (("estimat",), 2, "did you mean estimate?"),
        (("estimate",), 2, "name a scenario"),
        (("estimate", "gpt-4o", "--json", "--md"), 2, "choose one of"),
        (("estimate", "gpt-4o", "--samples", "0"), 2, "--samples"),
        (("estimate", "--table", "absent.csv"), 2, "cannot be read"),
        (("explain", "gpt-4o", "step_time_s"), 4, "state"),
        (("equivalents", "7546"), 2, "is no mass"),
        (("equivalents", "1t", "--edition", "1999"), 2, "no edition"),
        (("compare", "gpt-4o"), 2, "at least two"),
        (("schema", "estimat"), 2, "did you mean estimate?"),
        (("estimate", "-"), 4, "too little is known"),
        (("facts", "crisps"), 2, "no table 'crisps'"),
        (("facts", "accelerators", "h100-smx"), 2, "did you mean h100-sxm"),
        (("facts", "--check", "absent.csv"), 2, "cannot be read"),
        (("init", "--from", "absent.json"), 2, "absent.json: cannot be read: the file does not exist"),
        (("init", "--params", "-3"), 2, "--params"),
    ],
)
def test_what_goes_wrong_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run(*arguments, stdin="")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_ledger_is_a_scenario_and_so_is_standard_input(tmp_path: Path) -> None:
    first = run("estimate", "gpt-4o", "--json").stdout
    path = tmp_path / "ledger.json"
    path.write_text(first)
    again = document("estimate", str(path), "--json")
    assert again["totals"] == json.loads(first)["totals"]
    piped = run("estimate", "-", "--json", stdin=first)
    assert json.loads(piped.stdout)["totals"] == again["totals"]


def test_boundaries_are_converted_visibly() -> None:
    done = run("compare", "gpt-4o", "llama-3.1-8b", "--boundary", "accelerators")
    assert done.returncode == 0
    assert "it is shown at accelerators" in done.stderr
    assert done.stdout.startswith("boundary: accelerators; ")


def test_a_comparison_says_why() -> None:
    said = run("compare", "gpt-4o", "llama-3.1-8b").stdout
    assert "llama-3.1-8b against gpt-4o: -" in said
    assert "accelerator a100-sxm-40gb -> h100-sxm-80gb" in said
    rows = document("compare", "gpt-4o", "llama-3.1-8b", "--json")["scenarios"]
    assert rows[0]["differences"] == []
    change = rows[1]["totals"]["energy_kwh"]["value"] - rows[0]["totals"]["energy_kwh"]["value"]
    assert sum(rows[1]["component_difference_kwh"].values()) == pytest.approx(change)


def test_carbon_on_two_bases_is_not_compared() -> None:
    one, two = "llama-3.1-8b", "bloom-176b"
    said = run("compare", one, two, "--set", "site.region=aws:us-east-1").stdout
    assert "not compared" not in said
    rows = document("compare", one, two, "--json", "--set", "site.region=aws:us-east-1")["scenarios"]
    assert [row["basis"] for row in rows] == ["direct", "as stated"]


def test_what_an_architecture_lacks_is_named() -> None:
    begun = '{"workload": {"tokens": 1e9, "transformer": {"layers": 4, "hidden": 256, "heads": 4, "vocab": 99}}}'
    done = run("estimate", "-", stdin=begun)
    assert done.returncode == 4
    assert "workload.transformer.ffn" in done.stderr
    assert "workload.transformer.seq_len" in done.stderr


def test_experts_in_every_layer_need_no_dense_width() -> None:
    shape = {"layers": 4, "hidden": 256, "heads": 4, "vocab": 99, "seq_len": 64}
    shape |= {"experts": 8, "top_k": 2, "expert_ffn": 512}
    done = run("estimate", "-", stdin=json.dumps({"workload": {"tokens": 1e9, "transformer": shape}}))
    assert done.returncode == 0, done.stderr


def test_facts_of_one_thing() -> None:
    said = run("facts", "accelerators", "h100").stdout
    assert said.startswith("h100-sxm-80gb: NVIDIA H100")
    assert "accelerator_tdp_w = 700 W  [published, high]" in said
    assert "read 2026" in said
    (row,) = document("facts", "accelerators", "H100 80GB", "--json")["rows"]
    assert row["id"] == "h100-sxm-80gb"
    lines = list(csv.DictReader(io.StringIO(run("facts", "accelerators", "--csv").stdout)))
    assert {line["quantity"] for line in lines} >= {"name", "accelerator_tdp_w"}


def test_a_list_of_facts_fits_a_screen() -> None:
    from click.testing import CliRunner

    from thirdwatt.cli import group
    from thirdwatt.facts.catalogue import CATALOGUE

    for table in CATALOGUE:
        done = CliRunner().invoke(group, ["facts", table], env={"COLUMNS": ""})
        assert done.exit_code == 0
        lines = done.stdout.splitlines()
        assert len(lines) <= 41
        assert max(map(len, lines)) <= 100


def test_a_contributors_rows_are_checked_at_once(tmp_path: Path) -> None:
    header = "id,field,value,low,high,kind,source,retrieved,confidence,note"
    path = tmp_path / "accelerators.csv"
    path.write_text(f"{header}\nz1,accelerator_tdp_w,many,,,published,hearsay,2026,high,\n")
    done = run("facts", "--check", str(path))
    assert done.returncode == 2
    assert "accelerators.csv:2: z1 accelerator_tdp_w: value, low and high must be numbers" in done.stderr
    assert "source 'hearsay' is not in sources.csv" in done.stderr
    path.write_text(f"{header}\nz1,accelerator_tdp_w,300,,,published,si,2026,high,\n")
    assert run("facts", "--check", str(path)).stdout.startswith("sound")
    assert run("facts", "--check").stdout.startswith("sound")


def test_init_drafts_a_scenario_that_estimates(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        '{"model_type": "llama", "num_hidden_layers": 16, "hidden_size": 2048, "num_attention_heads": 32,'
        ' "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256, "rope_theta": 5e5}'
    )
    launch = tmp_path / "accelerate.yaml"
    launch.write_text("distributed_type: FSDP\nnum_processes: 16\nmixed_precision: bf16\n")
    said = run("init", "--from", str(config), "--from", str(launch)).stdout
    assert "count = 16" in said
    assert "# not used: rope_theta" in said
    assert 'kind = "assumed", source = "20 a parameter' in said
    path = tmp_path / "run.toml"
    assert run("init", "--from", str(config), "--tokens", "1e12", "-o", str(path)).returncode == 0
    assert document("estimate", str(path), "--json")["totals"]["energy_kwh"]["value"] > 0
    again = run("init", "--params", "7e9", "-o", str(path))
    assert again.returncode == 2
    assert "exists already" in again.stderr


@pytest.mark.parametrize("arguments", [("--params", "7e9"), ("--params", "7e9", "--tokens", "1e11"), ()])
def test_init_without_a_file(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run("init", *arguments)
    assert done.returncode == 0
    path = tmp_path / "run.toml"
    path.write_text(done.stdout)
    assert run("estimate", str(path)).returncode == (0 if arguments else 4)


def test_a_closed_pipe_is_no_accident() -> None:
    command = f"{sys.executable} -m thirdwatt explain gpt-4o cost_usd --all | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr


def test_help_lists_every_verb() -> None:
    said = run("--help").stdout
    assert all(verb in said for verb in VERBS)
    for verb in VERBS:
        told = run(verb, "--help")
        assert told.returncode == 0
        assert "None" not in told.stdout, verb
