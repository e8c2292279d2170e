"""A cleaner grid: the vendor's own regions first, and one basis only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways
from thirdwatt.search.levers.region import LEVER, MOST

PRESETS = ("startup-lora-8xh100", "pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b", "gpt-4o", "sdxl")


@pytest.mark.parametrize("preset", PRESETS)
def test_carbon_falls_and_energy_stays(preset: str) -> None:
    run = today(preset)
    found = ways(LEVER, run)
    assert len(found) == MOST
    for way in found:
        assert 0.01 < ratio(run, way, "carbon_kg") < 0.2
        assert ratio(run, way) == pytest.approx(1)
        assert after(run, way).scenario.choices["basis"] == "life-cycle"


@pytest.mark.parametrize("region", ["gcp:us-central1", "aws:us-east-1", "azure:eastus"])
def test_a_vendor_s_regions_are_compared_on_one_basis(region: str) -> None:
    run = today("pretrain-7b-256xa100", {"site.region": region})
    cloud = region.partition(":")[0]
    for way in ways(LEVER, run):
        then = after(run, way)
        assert way.id.startswith(f"{cloud}:")
        assert "gov" not in way.id
        assert then.scenario.choices["basis"] == run.choice("basis")
        assert ratio(run, way, "grid_intensity_kg_per_kwh") <= 0.9


def test_a_rented_hall_is_left_and_an_own_one_built_alike() -> None:
    stated = {"site.pue": 1.3, "site.intensity_kg_per_kwh": 0.5, "site.electricity_usd_per_kwh": 0.2}
    for preset, kept in (("startup-lora-8xh100", False), ("llama-3.1-405b", True)):
        run = today(preset, stated)
        for way in ways(LEVER, run):
            given = after(run, way).scenario.given
            assert ("pue" in given) is kept
            assert not given.keys() & {"grid_intensity_kg_per_kwh", "electricity_usd_per_kwh"}


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("llama-3.1-405b", {"site.region": "no"}, "no region known"),
        ("startup-lora-8xh100", {"site.vendor": "lambda"}, "no region of lambda"),
        ("laptop-cpu", {}, "room"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))


@pytest.mark.parametrize(
    ("chip", "cloud"), [("tpu-v4", "gcp"), ("tpu-v5e", "gcp"), ("trainium1", "aws"), ("maia-100", "azure")]
)
def test_a_cloud_s_own_chip_stays_with_it(chip: str, cloud: str) -> None:
    """TPUs were to run on the grid of Norway, where their maker has no region."""
    run = today("llama-7b", {"cluster.accelerator": chip, "site.tenure": "own"})
    assert {way.id.partition(":")[0] for way in ways(LEVER, run)} == {cloud}


def test_a_vendor_whose_regions_go_by_another_name_has_some() -> None:
    run = today("startup-lora-8xh100", {"site.vendor": "oracle"})
    assert all(way.id.startswith("oci:") for way in ways(LEVER, run))
