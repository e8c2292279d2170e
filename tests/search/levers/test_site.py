"""A better site: by the kind of hall, or by the vendor's regions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways
from thirdwatt.search.levers.site import LEVER


@pytest.mark.parametrize(
    ("preset", "change", "facility"),
    [
        ("startup-lora-8xh100", {"site.tenure": "own"}, "hyperscale"),
        ("startup-lora-8xh100", {"site.tenure": "colo"}, "hyperscale"),
        ("gpt-4o", {}, "hyperscale"),
        ("bloom-176b", {}, "liquid"),
    ],
)
def test_the_best_of_its_kind_saves_its_overhead(preset: str, change: dict[str, Any], facility: str) -> None:
    run = today(preset, change)
    (way,) = ways(LEVER, run)
    assert after(run, way).scenario.choices["facility"] == facility
    assert ratio(run, way) == pytest.approx(ratio(run, way, "pue"))
    assert 0.6 < ratio(run, way) < 0.95


def test_a_vendor_s_regions_of_low_pue_are_no_dirtier() -> None:
    run = today("pretrain-7b-256xa100", {"site.region": "aws:ap-south-1"})
    found = ways(LEVER, run)
    assert found
    for way in found:
        assert ratio(run, way, "pue") < 0.9
        assert ratio(run, way, "carbon_kg") < 1


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("llama-3.1-405b", {}, "best sites of its kind"),
        ("startup-lora-8xh100", {}, "best sites of its kind"),
        ("startup-lora-8xh100", {"site.region": "aws:us-east-1"}, "no region of aws"),
        ("startup-lora-8xh100", {"site.region": "aws:us-east-1", "site.pue": 1.4}, "leave both out"),
        ("laptop-cpu", {}, "room"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
