"""``estimate --development`` as people call it."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from tests.cli.test_cli import document, run

PRESET = "startup-lora-8xh100"


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_a_terminal_of_any_width_holds_it(columns: int) -> None:
    said = run("estimate", PRESET, "--development", "--samples", "20", columns=str(columns)).stdout
    block = said[said.index("Development:") :]
    assert max(map(len, block.splitlines())) <= columns
    for word in ("131,072", "failures", "Published"):
        assert word in block


def test_the_document_has_the_block_and_the_same_totals() -> None:
    with_it = document("estimate", PRESET, "--development", "--json", "--samples", "20")
    without = document("estimate", PRESET, "--json", "--samples", "20")
    jsonschema.validate(with_it, document("schema", "estimate"))
    assert with_it["totals"] == without["totals"]
    assert "development" not in without
    assert len(with_it["development"]["failures"]) == 8


def test_every_form_tells_it() -> None:
    for form in ("--md", "--csv"):
        assert "development" in run("estimate", PRESET, "--development", form, "--samples", "20").stdout
        assert "multiplier" not in run("estimate", PRESET, form, "--samples", "20").stdout


def test_a_page_has_its_chart_with_the_table_behind_it(tmp_path: Path) -> None:
    pytest.importorskip("altair")
    path = tmp_path / "report.html"
    parts = ("--set", "development.ablations=0.4", "--set", "development.failed_runs=0.2")
    done = run("estimate", PRESET, "--development", *parts, "--samples", "20", "--html", str(path))
    assert done.returncode == 0, done.stderr
    said = path.read_text(encoding="utf-8")
    assert re.search(r'<h2 id="development">The final run and what came before it</h2>\s*<figure>', said)
    for caption in ("The final run and what came before it", "The whole project by account", "Failures by size"):
        assert f"<caption>{caption}</caption>" in said
    assert "most of what comes before and beside it: ablations" in said


@pytest.mark.parametrize(
    ("arguments", "named"), [(("--table", "rows.csv"), "--table"), ((PRESET, "--format", "methods"), "--format")]
)
def test_what_it_does_not_go_with_is_refused(arguments: tuple[str, ...], named: str) -> None:
    done = run("estimate", *arguments, "--development")
    assert done.returncode == 2
    assert f"--development belongs to one scenario, in text, --json, --md, --csv or --html: not {named}" in done.stderr


def test_mistakes_are_listed_with_their_paths() -> None:
    done = run("estimate", PRESET, "--set", "development.search=grid", "--set", "development.multiplier=0.5")
    assert done.returncode == 2
    for path in ("development.multiplier: stands beside search", "development.trials", "development.trial_share"):
        assert path in done.stderr


@pytest.mark.parametrize("quantity", ["development_ratio", "search_ratio", "daly_waste_share", "failure_count"])
def test_its_figures_are_explained(quantity: str) -> None:
    parts = ("--set", "development.search=mutransfer")
    said = run("explain", PRESET, quantity, *parts, "--samples", "20").stdout
    assert said.startswith(f"{quantity} = ")
    assert "development.py" in said


def test_published_multipliers_are_facts() -> None:
    rows = document("facts", "developments", "--json")["rows"]
    assert {"bloom-176b", "olmo-2", "olmo-3", "openai-2024"} <= {row["id"] for row in rows}
