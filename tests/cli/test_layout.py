"""``thirdwatt layout``."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.cli.test_cli import document, run
from thirdwatt.scenario.foreign import understand

SMALL = ("layout", "startup-lora-8xh100", "--set", "cluster.count=1")


def test_the_answer_comes_first_on_one_screen() -> None:
    done = run("layout", "llama-3.1-405b", "--by", "energy")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "llama-3.1-405b: the layout with the least energy"
    assert lines[1].startswith("tensor ")
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100


def test_a_small_machine_has_a_line_for_every_way() -> None:
    said = run(*SMALL).stdout
    for way in ("all weights", "LoRA", "QLoRA, weights on the host"):
        assert sum(line.startswith((f"{way} fits", f"{way} does", f"{way}  ")) for line in said.splitlines()) == 1
    assert len(document(*SMALL, "--json")["offers"]) == 9


def test_the_front_is_shown_where_it_is_asked_for() -> None:
    said = run("layout", "llama-3.1-405b", "--by", "energy", "--front").stdout
    assert "front of time, energy and cost" in said
    front = document("layout", "llama-3.1-405b", "--by", "energy", "--json")["front"]
    times = [each["figures"]["time"] for each in front]
    energies = [each["figures"]["energy"] for each in front]
    assert times == sorted(times)
    assert energies == sorted(energies, reverse=True)


@pytest.mark.parametrize(
    ("tool", "stack", "begins"),
    [
        ("megatron", "megatron-core", "CUDA_DEVICE"),
        ("deepspeed", "deepspeed", "{"),
        ("torchtitan", "torchtitan", "[training]"),
        ("maxtext", "maxtext", "python"),
    ],
)
def test_what_starts_it_is_printed_alone(tool: str, stack: str, begins: str) -> None:
    done = run("layout", "llama-3.1-8b", "--set", f"software.stack={stack}", "--set", "layout={}", "--launch", tool)
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert lines[0].startswith(begins)
    assert done.stderr == ""


def test_a_tool_that_cannot_run_the_best_is_given_what_it_can() -> None:
    done = run("layout", "llama-3.1-405b", "--launch", "maxtext")
    assert done.returncode == 0
    assert "not the best" in done.stdout
    assert "more time" in " ".join(done.stdout.split("#"))
    assert "ici_tensor_parallelism" in done.stdout


def test_one_card_with_its_states_on_the_host_can_be_started() -> None:
    done = run(*SMALL, "--set", "workload.adapter=none", "--set", "software.stack=deepspeed", "--launch", "deepspeed")
    assert done.returncode == 0
    assert "offload_optimizer" in done.stdout


def test_opened_fields_are_started_and_shown() -> None:
    asked = ("layout", "llama-3.1-405b", "--open", "layout.global_batch=4096,8192")
    best = document(*asked, "--json")["best"]["set"]["layout.global_batch"]
    assert f"--global-batch-size {best}" in run(*asked, "--launch", "megatron").stdout
    assert f"of {best:,}" in run(*asked).stdout
    assert "precision fp8" in run("layout", "llama-3.1-405b", "--open", "layout.precision=bf16,fp8").stdout


@pytest.mark.parametrize("name", ["llama-3.1-70b", "mixtral-8x7b", "llama-4-maverick"])
def test_what_is_printed_gives_what_is_printed(name: str) -> None:
    best = document("layout", name, "--json")["best"]
    settings = [word for path, value in best["set"].items() for word in ("--set", f"{path}={value}")]
    totals = document("estimate", name, "--json", "--samples", "1", *settings)["totals"]
    assert totals["wall_time_h"]["value"] == pytest.approx(best["figures"]["time"])
    assert totals["energy_kwh"]["value"] == pytest.approx(best["figures"]["energy"])


def test_what_is_named_next_runs(tmp_path: Path) -> None:
    folder = tmp_path / "sp ace"
    folder.mkdir()
    file = folder / "my run.toml"
    file.write_text('[workload]\nmodel = "llama-3.1-8b"\ntokens = 1e9\n[cluster]\naccelerator = "h100"\ncount = 8\n')
    lines = run("layout", str(file), "--set", "cluster.count=16", "--by", "energy").stdout.splitlines()
    said = " ".join(line.strip() for line in lines[next(i for i, line in enumerate(lines) if "next:" in line) :])
    words = shlex.split(said.removeprefix("next: thirdwatt ").partition(" · ")[0])
    assert words[:2] == ["layout", str(file)]
    done = run(*words)
    assert done.returncode == 0
    assert "--nnodes 2" in done.stdout


def test_no_layout_says_why(tmp_path: Path) -> None:
    done = run("layout", "llama-3.1-8b", "--within-kw", "10")
    assert done.returncode == 0
    assert "the least draw is" in done.stdout
    assert "accelerators on" not in done.stdout
    assert "no layout is possible" in run("layout", "llama-3.1-8b", "--within-kw", "10", "--launch", "megatron").stderr


def test_what_starts_it_is_read_again() -> None:
    """What ``layout`` prints, ``init`` reads as the same layout."""
    best = document("layout", "llama-3.1-405b", "--json")["best"]["set"]
    draft = understand("launch.sh", run("layout", "llama-3.1-405b", "--launch", "megatron").stdout, None)
    for field in ("tensor", "pipeline", "virtual_stages", "context", "micro_batch"):
        assert draft.value(f"layout.{field}") == best[f"layout.{field}"]


def test_limits_and_open_fields_are_heeded() -> None:
    arguments = ("layout", "llama-3.1-405b", "--open", "cluster.count=4096,8192,16384", "--within-kw", "13000")
    found = document(*arguments, "--by", "cost", "--deadline", "170d", "--json")
    assert found["best"]["set"]["cluster.count"] == 8192
    assert found["best"]["figures"]["time"] <= 170 * 24


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("layout", "gpt-4o"), 4, "architecture"),
        (("layout", "llama-3.1-8b", "--keep", "site.pue"), 2, "is not searched"),
        (("layout", "llama-3.1-8b", "--open", "site.region"), 2, "has no usual values"),
        (("layout", "llama-3.1-8b", "--open", "cluster.accelerator=h1000"), 2, "is in no row"),
        (("layout", "llama-3.1-8b", "--open", "layout.tensor=two"), 2, "layout.tensor"),
        (("layout", "llama-3.1-8b", "--open", "layout.tensor=0"), 2, "layout.tensor"),
        (("layout", "llama-3.1-8b", "--open", "cluster.count=1.5"), 2, "cluster.count"),
        (("layout", "llama-3.1-8b", "--open", "layout.tenser=2"), 2, "layout.tenser"),
        (("layout", "llama-3.1-8b", "--deadline", "soon"), 2, "is no time"),
        (("layout", "llama-3.1-8b", "--json", "--launch", "megatron"), 2, "choose one"),
        (("layout", "no-such-file"), 2, "no-such-file"),
        (("layout", "llama-3.1-8b", "--within-kw", "nan"), 2, "within-kw"),
        (("layout", "llama-3.1-8b", "--fill", "nan"), 2, "fill"),
        (("layout", "llama-3.1-8b", "--open", ""), 2, "names no field"),
        (("layout", "llama-3.1-8b", "--open", "cluster.count=0"), 2, "no number of accelerators"),
    ],
)
def test_bad_input_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = run(*arguments)
    assert said in done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_auto_in_a_file_and_in_a_table(tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text(
        'layout = "auto"\n[workload]\nmodel = "llama-3.1-8b"\ntokens = 1e9\n'
        '[cluster]\naccelerator = "h100-sxm-80gb"\ncount = 8\n'
    )
    found = document("estimate", str(file), "--json", "--samples", "1")
    assert "auto_layout" in {warning["code"] for warning in found["warnings"]}
    table = tmp_path / "rows.csv"
    table.write_text("id,layout,workload.model,workload.tokens,cluster.count\na,auto,llama-3.1-8b,1e9,8\nb,,x,1e9,8\n")
    rows = document("estimate", "--table", str(table), "--json", "--samples", "1")["rows"]
    assert "auto_layout" in rows[0]["warnings"]
    assert rows[0]["error"] is None
    assert rows[1]["error"]


def test_the_page_is_whole(tmp_path: Path) -> None:
    page = tmp_path / "layout.html"
    assert run("layout", "llama-3.1-405b", "--by", "energy", "--html", str(page)).returncode == 0
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert "What was left out, and why" in text
