"""Datasheets: accelerators that are in no table, taken wherever an accelerator is named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import thirdwatt
from tests.cli.test_cli import run
from thirdwatt.facts import Figure, table
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, Scenario
from thirdwatt.scenario.datasheet import FIELDS, PEAK, accelerator
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import changed, chip_of

ROOT = Path(__file__).parents[2]
OWN: dict[str, Any] = {
    "name": "Board X",
    "source": "brief of 2027",
    "peak_flop_per_s": {"bf16": 1.5e15, "fp8": 3e15},
    "tdp_w": 800,
    "memory_byte": 192e9,
    "memory_byte_per_s": 6e12,
    "link_byte_per_s": 600e9,
}
LIKE = "h200-sxm-141gb"
JOB: dict[str, Any] = {"workload": {"model": "llama-3.1-8b"}, "cluster": {"accelerator": LIKE, "count": 64}}
FILE = f"""like = "{LIKE}"

[datasheet]
name = "Board X"
peak_flop_per_s = {{bf16 = 1.5e15, fp8 = 3e15}}
tdp_w = 800
memory_byte = 192e9
memory_byte_per_s = 6e12
link_byte_per_s = 600e9
"""


def made(datasheet: dict[str, Any], **more: Any) -> Scenario:
    return parse({**JOB, "datasheet": datasheet, **more}, book().names)


def wrong(datasheet: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(InputError) as found:
        made(datasheet, **more)
    return [str(each) for each in found.value.mistakes]


def number(figure: Figure) -> dict[str, Any]:
    kind = "published" if figure.kind == "exact" else figure.kind
    return {"value": figure.value, "low": figure.low, "high": figure.high, "kind": kind, "source": figure.source}


def written(chip: str) -> dict[str, Any]:
    """The row of a chip as a datasheet says it."""
    row = table("accelerators").rows[chip]
    peaks = {name.partition("@")[2]: number(each) for name, each in row.figures.items() if name.startswith(PEAK)}
    fields = {field: number(row.figures[name]) for field, name in FIELDS.items() if name in row.figures}
    return {"name": row.name, "peak_flop_per_s": peaks, **fields}


def totals(ledger: Ledger) -> dict[str, Any]:
    return {name: None if each is None else (each.value, each.low, each.high) for name, each in ledger.totals.items()}


# --- what it is taken for -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["h100-sxm-80gb", "b200-sxm-180gb", "tpu-v5p", "mi300x", "gaudi3", "core-i9-desktop"])
def test_a_row_written_as_a_datasheet_gives_its_ledger_to_the_last_digit(chip: str) -> None:
    precision = table("accelerators").rows[chip].text["precision"]
    job = {**JOB, "cluster": {"accelerator": chip, "count": 64}, "layout": {"precision": precision}}
    of_row = thirdwatt.estimate(job, samples=50)
    of_sheet = thirdwatt.estimate({**job, "datasheet": written(chip)}, samples=50)
    assert totals(of_sheet) == totals(of_row)


def test_what_is_based_on_a_chip_is_that_chip() -> None:
    job = {**JOB, "cluster": {"accelerator": "a100-sxm-80gb", "count": 64}}
    of_row = thirdwatt.estimate(job, samples=50)
    of_sheet = thirdwatt.estimate(
        {**JOB, "cluster": {"count": 64}, "datasheet": {"based_on": "a100-sxm-80gb"}}, samples=50
    )
    assert totals(of_sheet) == totals(of_row)
    hotter = {**JOB, "cluster": {"count": 64}, "datasheet": {"based_on": "a100-sxm-80gb", "tdp_w": 800}}
    assert accelerator(parse(hotter, book().names)).figures["accelerator_tdp_w"].value == 800


def test_every_figure_says_where_it_is_from() -> None:
    row = accelerator(made(OWN))
    told = {name: (each.kind, each.source) for name, each in row.figures.items()}
    assert told["accelerator_tdp_w"] == ("published", "brief of 2027")
    assert told["accelerator_idle_power_w"] == ("assumed", f"guess from {LIKE}")
    assert told["accelerator_embodied_kg"] == ("assumed", f"guess from {LIKE}")
    assert "accelerator_price_usd" not in told
    idle = row.figures["accelerator_idle_power_w"]
    assert idle.low == idle.value / 2
    assert idle.high == idle.value * 2


def test_a_guess_is_not_drawn_with_the_chip_it_is_from() -> None:
    row = accelerator(made(OWN))
    assert row.figures["accelerator_embodied_kg"].stream == "given/accelerator_embodied_kg"


def test_it_is_said_what_it_is_used_like() -> None:
    (warning,) = (each for each in made(OWN).warnings if each.code == "datasheet")
    assert warning.text == (
        f"Board X is used like {LIKE}: what kernels reach, host, network and rents are those of {LIKE}; its watts at "
        "rest and footprint are guessed from it"
    )
    assert made(OWN).chip == "Board X"
    assert not made(OWN).on_sale


def test_its_usual_precision_is_one_that_it_has() -> None:
    assert made(OWN).choices["precision"] == "bf16"
    assert made({**OWN, "peak_flop_per_s": {"fp8": 3e15}}).choices["precision"] == "fp8"


def test_twice_the_peak_is_faster_and_no_other_run_is_held_against_it() -> None:
    slow, fast = (
        thirdwatt.estimate({**JOB, "datasheet": {**OWN, "peak_flop_per_s": {"bf16": peak}}}, samples=1)
        for peak in (1e15, 2e15)
    )
    assert slow.totals["wall_time_h"] is not None
    assert fast.totals["wall_time_h"] is not None
    assert fast.totals["wall_time_h"].value < slow.totals["wall_time_h"].value
    assert thirdwatt.ledger.validated.nearest(fast).extrapolated


# --- as a file ----------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "board.toml").write_text(FILE)
    return str(tmp_path / "board.toml")


def test_a_file_is_taken_where_an_accelerator_is_named(file: str, tmp_path: Path) -> None:
    stated = thirdwatt.estimate({**JOB, "datasheet": {**OWN, "source": ""}}, samples=20)
    named = thirdwatt.estimate({**JOB, "cluster": {"accelerator": file, "count": 64}}, samples=20)
    assert totals(named) == totals(stated)
    assert chip_of(file)["cluster"] == {"accelerator": LIKE}
    read = thirdwatt.estimate(tomllib.loads(FILE.partition("\n\n")[2]) | JOB, samples=20)
    assert totals(read) == totals(stated)


def test_a_resolved_scenario_gives_the_same_ledger_again(file: str) -> None:
    ledger = thirdwatt.estimate({**JOB, "cluster": {"accelerator": file, "count": 64}}, samples=20)
    again = thirdwatt.estimate(ledger.to_dict()["scenario"], samples=20)
    assert totals(again) == totals(ledger)


def test_a_chip_that_is_set_takes_its_place(file: str) -> None:
    document = changed(JOB, [f"cluster.accelerator={file}"])
    assert "datasheet" in document
    other = changed(document, ["cluster.accelerator=b200-sxm-180gb"])
    assert "datasheet" not in other
    assert other["cluster"]["accelerator"] == "b200-sxm-180gb"
    hotter = changed(JOB, ["datasheet.tdp_w=900", f"cluster.accelerator={file}"])
    assert hotter["datasheet"]["tdp_w"] == 900


def test_a_chip_that_is_set_takes_the_place_of_a_blueprint() -> None:
    document = changed(JOB, ["blueprint.based_on=h100-sxm-80gb"])
    assert "blueprint" not in changed(document, ["cluster.accelerator=b200-sxm-180gb"])


def test_a_layout_is_searched_on_it_and_beside_chips_on_sale(file: str) -> None:
    asked = ("layout", "llama-3.1-8b", "--set", f"cluster.accelerator={file}", "--set", "cluster.count=64")
    done = run(*asked)
    assert done.returncode == 0, done.stderr
    both = run(*asked, "--open", f"cluster.accelerator=h100-sxm-80gb,{file}")
    assert "board.toml" in both.stdout.split("a step of")[0], "twice the peak of an H100 and more wins"


# --- what is wrong with it ----------------------------------------------------------------------------------------


def test_what_is_missing_is_listed() -> None:
    fix = "missing; state it, or another accelerator with datasheet.based_on"
    assert wrong({"name": "Board X"}) == [
        "datasheet.peak_flop_per_s: missing; state the dense peak in each precision: {bf16 = 989e12, fp8 = 1979e12}",
        *(f"datasheet.{field}: {fix}" for field in ("tdp_w", "memory_byte", "memory_byte_per_s", "link_byte_per_s")),
    ]


def test_what_it_is_used_like_has_to_be_said() -> None:
    (said,) = wrong(OWN, cluster={"count": 64})
    assert said.startswith("cluster.accelerator: missing; name the chip on sale whose kernels")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tdp": 700}, "datasheet.tdp: unknown key; did you mean tdp_w?"),
        (
            {"based_on": "h1000"},
            "datasheet.based_on: 'h1000' is in no row of accelerators; did you mean h100-",
        ),
        (
            {"memory_byte": 80},
            "a decade away from all accelerators of the tables, 4.4e+08 to 5.12e+11; check its",
        ),
        ({"peak_flop_per_s": {"bf16": 989}}, "datasheet.peak_flop_per_s.bf16: 989 is a decade away"),
        (
            {"peak_flop_per_s": {"bf16": 1e15, "bf17": 1e15}},
            "datasheet.peak_flop_per_s.bf17: unknown key; did you mean bf16?",
        ),
        ({"memory_byte_per_s": 6}, "check its unit: a TB/s is 1e12, a GB/s 1e9"),
        ({"link_byte_per_s": -4}, "-4 is below 0, the least accelerator_link_byte_per_s can be"),
        ({"tdp_w": 0}, "datasheet.tdp_w: accelerator_tdp_w must be more than 0"),
        ({"idle_w": 900}, "datasheet.idle_w: 900 W at rest is more than the limit of 800 W; check both"),
        ({"tdp_w": {"value": 800, "kind": "assumed"}}, "datasheet.tdp_w: is assumed and has no range"),
    ],
)
def test_what_is_wrong_with_a_field(changes: dict[str, Any], said: str) -> None:
    (mistake,) = wrong({**OWN, **changes})
    assert said in mistake


def test_every_mistake_is_listed() -> None:
    said = wrong({"peak_flop_per_s": {"bf16": 989}, "tdp": 700, "tdp_w": 70, "idle_w": 90, "memory_byte": 80})
    assert [each.partition(":")[0] for each in said] == [
        "datasheet.tdp", "datasheet.memory_byte_per_s", "datasheet.link_byte_per_s", "datasheet.peak_flop_per_s.bf16",
        "datasheet.memory_byte", "datasheet.idle_w",
    ]  # fmt: skip


def test_a_precision_without_known_kernels_is_refused() -> None:
    own = {**OWN, "peak_flop_per_s": {"bf16": 1e15, "fp4": 4e15}}
    (said,) = wrong(own, layout={"precision": "fp4"})
    assert said.startswith("layout.precision: what kernels reach of a peak in fp4 on chips like h200-sxm-141gb is not")
    (said,) = wrong(own, layout={"precision": "fp8"})
    assert said == "layout.precision: Board X has no fp8; allowed: bf16, fp4"


def test_a_scenario_has_one_chip(tmp_path: Path, file: str) -> None:
    (said,) = wrong(OWN, blueprint={"based_on": "h100-sxm-80gb"})
    assert said == "datasheet: is stated, and [blueprint] is a chip too; state one"
    both = tmp_path / "both.toml"
    both.write_text(FILE + '[blueprint]\nbased_on = "h100-sxm-80gb"\n')
    with pytest.raises(InputError, match="is a blueprint and a datasheet at once"):
        chip_of(str(both))
    with pytest.raises(InputError, match=r"datasheet: is stated, and cluster.accelerator = .* is a chip too"):
        thirdwatt.estimate({**JOB, "datasheet": OWN, "cluster": {"accelerator": file}}, samples=1)


def test_unknown_keys_of_a_file_are_suggested(tmp_path: Path) -> None:
    other = tmp_path / "lik.toml"
    other.write_text(FILE.replace("like", "lik"))
    with pytest.raises(InputError, match="lik: unknown key; did you mean like"):
        chip_of(str(other))


def test_the_datasheet_of_the_documentation_is_one(tmp_path: Path) -> None:
    shown = re.search(r"<!-- datasheet -->\n```toml\n(.*?)```", (ROOT / "docs/chips.md").read_text(), re.DOTALL)
    assert shown is not None
    (tmp_path / "board.toml").write_text(shown[1])
    named = thirdwatt.estimate(
        {**JOB, "cluster": {"accelerator": str(tmp_path / "board.toml"), "count": 64}}, samples=1
    )
    assert named.scenario.chip == "Board X"
    documented = (ROOT / "docs/chips.md").read_text().split("## A datasheet file")[1].split("\n## ")[0]
    assert all(field in documented for field in FIELDS), "every field is told of"
