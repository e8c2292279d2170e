"""A chip's sheet: parts add up, figures are the ledger's, chips compare as their runs do."""

from __future__ import annotations

from pathlib import Path

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate
from thirdwatt.quantity import BOUNDARIES
from thirdwatt.scenario import InputError
from thirdwatt.search.blueprint.mix import Workload, document_of, laid_out
from thirdwatt.search.blueprint.sheet import Sheet, compare, sheet, training

CHIPS = ("a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm-180gb", "tpu-v4")
TINY = '[blueprint]\nbased_on = "h100-sxm-80gb"\nknown = {accelerator_memory_byte = 1e8}\n'
LARGE = '[blueprint]\nbased_on = "h100-sxm-80gb"\nunits = 160\n'


@pytest.fixture(scope="module", params=CHIPS)
def found(request: pytest.FixtureRequest) -> Sheet:
    return sheet(request.param, samples=40)


def test_parts_add_up(found: Sheet) -> None:
    sides = [found.product, None if found.training is None else found.training.joules]
    for side in sides:
        assert side is not None
        assert sum(each.value for each in side.parts.values()) == pytest.approx(side.whole.value, rel=1e-9, abs=0)
        assert all(each.value >= 0 for each in side.parts.values())
    assert sum(each.value for each in found.area.values()) == pytest.approx(found.figures["die_area_mm2"].value)


def test_products_are_the_board_at_full_clock(found: Sheet) -> None:
    share = table("silicon").rows["chip"].figures["kernel_share"].value
    rate = found.figures["accelerator_peak_flop_per_s"].value * share
    assert found.product is not None
    assert found.product.whole.value * rate == pytest.approx(found.figures["product_power_w"].value)
    assert ("links" in found.product.parts) == (found.id == "tpu-v4")  # links of others sleep meanwhile
    assert found.peaks[found.precision] == pytest.approx(found.figures["accelerator_peak_flop_per_s"].value)


def test_training_is_the_ledger_of_its_run(found: Sheet) -> None:
    run = found.training
    assert run is not None
    document = document_of(Workload(run.model, run.count), {"based_on": found.id}, found.id, "bf16", "facility")
    ledger = estimate(laid_out([document])[0], samples=1)
    flop = ledger.values["training_flop"][0]
    for name, quantity in (("accelerators", "accelerators_energy_kwh"), ("facility", "facility_energy_kwh")):
        assert run.boundaries[name].value == pytest.approx(ledger.values[quantity][0] * 3.6e6 / flop)
    assert run.joules.whole.value == run.boundaries["accelerators"].value


def test_a_sold_chip_is_held_against_what_is_published() -> None:
    found = sheet("h100-sxm-80gb", samples=1)
    area, idle = found.against
    assert (area.quantity, area.published.value) == ("die_area_mm2", 814)
    assert abs(area.error) < 0.1
    assert idle.model.value != idle.published.value  # what is published is kept from the model
    assert found.sold
    assert {each.kind for each in found.fields} >= {"datasheet", "derived", "fitted", "assumed"}


@pytest.mark.parametrize("like", ["", 'like = "h100"\n', 'like = "gaudi3"\n'])
def test_what_is_published_is_that_of_the_chip_and_not_of_what_it_is_used_like(tmp_path: Path, like: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'{like}[blueprint]\nbased_on = "a100"\n')
    found, own = sheet(str(file), samples=1), sheet("a100", samples=1)
    assert found.sold
    assert [each.published for each in found.against] == [each.published for each in own.against] != []


def test_a_file_is_a_chip(tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_text(LARGE)
    found = sheet(str(file), samples=1)
    assert not found.sold
    assert found.id == "large.toml"
    assert found.against == ()
    assert "larger than can be exposed" in found.broken[0]
    kinds = {each.name: each.kind for each in found.fields}
    assert (kinds["compute_unit_count"], kinds["process"]) == ("stated", "datasheet")


def test_what_does_not_fit_says_so(tmp_path: Path) -> None:
    assert sheet("v100-sxm-16gb", workload="llama-3.1-8b", precision="fp16", samples=1).training is not None
    file = tmp_path / "tiny.toml"
    file.write_text(TINY)
    none = sheet(str(file), samples=1)
    assert none.training is None
    assert "llama-3.1-405b does not fit tiny.toml" in none.no_training


@pytest.mark.parametrize(
    ("chip", "precision", "workload", "said"),
    [
        ("h1000", None, "llama-3.1-405b", "is neither a chip nor a file"),
        ("gaudi3", "fp4", "llama-3.1-405b", "gaudi3 has no fp4; allowed: "),
        ("a100", "fp8", "llama-3.1-405b", "has no fp8; allowed: "),
        ("h100", None, "llama-5", "'llama-5' is no preset"),
        ("none.toml", None, "llama-3.1-405b", "does not exist"),
    ],
)
def test_mistakes_are_said(chip: str, precision: str | None, workload: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        sheet(chip, precision, workload, samples=1)
    assert said in str(error.value.mistakes[0])


def test_every_chip_that_cannot_be_built_is_named_before_any_is_priced(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.toml" for name in ("vast", "crowded", "both")]
    for file, said in zip(files, ("units = 400", "stacks = 30", "units = 1\n[datasheet]"), strict=True):
        file.write_text(f'[blueprint]\nbased_on = "h100-sxm-80gb"\n{said}\n')
    with pytest.raises(InputError) as error:
        compare(["h100-sxm-80gb", *map(str, files)], samples=1)
    vast, *crowded, both = map(str, error.value.mistakes)
    assert "vast cannot be built: a die is" in vast
    assert any("crowded cannot be built: memory takes" in each for each in crowded)
    assert "is a blueprint and a datasheet at once" in both


@pytest.mark.slow
def test_a_chip_beside_itself_is_one() -> None:
    first, second = compare(["h100-sxm-80gb", "h100-sxm-80gb"], samples=20).chips
    for name in BOUNDARIES:
        assert first.factors[name].value == second.factors[name].value == 1
        assert (second.factors[name].low, second.factors[name].high) == (1, 1)


@pytest.mark.slow
def test_chips_stand_beside_each_other_as_their_runs_do(tmp_path: Path) -> None:
    file = tmp_path / "tiny.toml"
    file.write_text(TINY)
    found = compare(["a100-sxm-80gb", str(file)], samples=20)
    assert found.left_out["deepseek-v3"] == "tiny.toml"
    assert "deepseek-v3" not in found.models
    whole = compare(["a100-sxm-80gb", "b200-sxm-180gb"], samples=20)
    assert whole.left_out == {}
    assert whole.chips[1].factors["accelerators"].value > 1.3


def test_a_run_that_does_not_fit_has_no_joules() -> None:
    document = document_of(Workload("deepseek-v3", 8), {"based_on": "h100-sxm-80gb"}, "h100-sxm-80gb", "bf16", "it")
    assert training(laid_out([document])[0], samples=1) is None


# --- of a datasheet -----------------------------------------------------------------------------------------------


def test_a_chip_without_a_blueprint_is_what_its_datasheet_says() -> None:
    found = sheet("gaudi3", samples=20)
    row = table("accelerators").rows["gaudi3"]
    assert (found.blueprint, found.product, found.area) == (None, None, {})
    assert found.sold
    assert found.figures["accelerator_tdp_w"].value == row.figures["accelerator_tdp_w"].value
    assert {each.name for each in found.fields} == set(row.figures)
    run = found.training
    assert run is not None
    assert run.joules.parts == {}
    assert list(run.boundaries) == list(BOUNDARIES)
    document = document_of(Workload(run.model, run.count), {}, "gaudi3", "bf16", "facility")
    del document["blueprint"]
    ledger = estimate(laid_out([document])[0], samples=1)
    flop = ledger.values["training_flop"][0]
    assert run.joules.whole.value == pytest.approx(ledger.values["accelerators_energy_kwh"][0] * 3.6e6 / flop)


def test_a_datasheet_stands_beside_a_blueprint(tmp_path: Path) -> None:
    file = tmp_path / "h100.toml"
    file.write_text('like = "h100-sxm-80gb"\n[datasheet]\nbased_on = "h100-sxm-80gb"\ntdp_w = 350\n')
    by_design, whole, half = compare(["h100-sxm-80gb", "gaudi3", str(file)], samples=20).chips
    assert by_design.factors["facility"].value == 1
    assert whole.sheet.blueprint is None
    assert half.sheet.figures["accelerator_tdp_w"].value == 350
    assert half.factors["accelerators"].value > 1, "half the watts for the same work"
