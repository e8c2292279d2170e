"""What does not go together: degrees and accelerators, power and rating, region and intensity."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.quantity import Observation
from thirdwatt.scenario import InputError
from thirdwatt.scenario.parse import parse


def warned(document: dict[str, Any], code: str) -> list[str]:
    return [warning.text for warning in parse(document, book().names).warnings if warning.code == code]


def wrong(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as found:
        parse(document, book().names)
    return [str(mistake) for mistake in found.value.mistakes]


def spread(count: float | None = None, **layout: Any) -> dict[str, Any]:
    return {"layout": layout, "cluster": {} if count is None else {"count": count}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (spread(6, tensor=8), "layout: tensor is 8, which does not divide cluster.count of 6"),
        (spread(64, tensor=8, context=3), "layout: tensor x context is 24, which does not divide cluster.count of 64"),
        (spread(7.5, pipeline=2), "layout: pipeline is 2, which does not divide cluster.count of 7.5"),
        (
            spread(64, tensor=2, data=16),
            "layout: tensor x data is 32, cluster.count is 64; state pipeline and context too, or another count",
        ),
        (
            spread(64, tensor=8, pipeline=2, context=1, data=3),
            "layout: tensor x pipeline x context x data is 48, cluster.count is 64; state degrees that make it up",
        ),
        (
            spread(64, pipeline=4, expert=24),
            "layout.expert: 24 does not divide data x context x tensor of 16; experts are spread inside data, context "
            "and tensor",
        ),
        (
            spread(data=4, context=2, expert=3),
            "layout.expert: 3 does not divide data x context x tensor of 8; experts are spread inside data, context "
            "and tensor",
        ),
        (
            spread(tensor=1.5),
            "layout.tensor: 1.5: input should be a valid integer, got a number with a fractional part",
        ),
    ],
)
def test_a_layout_makes_up_the_accelerators(document: dict[str, Any], said: str) -> None:
    assert wrong(document) == [said]


@pytest.mark.parametrize(
    "document",
    [
        spread(64, tensor=8),
        spread(64, tensor=8, pipeline=2, context=2),
        spread(64, data=64),
        spread(64, tensor=8, context=2, data=4, expert=8),
        spread(64, tensor=8, expert=8),
        spread(64, zero_stage=3, micro_batch=5, virtual_stages=7),
        spread(tensor=8, pipeline=3, data=5),
        spread(expert=7),
        {"layout": "auto", "cluster": {"count": 7}},
    ],
)
def test_a_layout_that_may_be_is_let_be(document: dict[str, Any]) -> None:
    parse(document, book().names)


def test_power_above_the_rating_is_said() -> None:
    """An H100 is rated for 700 W."""
    (said,) = warned({"known": {"accelerator_power_w": 1275}}, "power_above_tdp")
    assert said == (
        "accelerator_power_w of 1275 is above the 700 W that h100-sxm-80gb is rated for; "
        "give that of one accelerator, without its share of the server"
    )
    assert not warned({"known": {"accelerator_power_w": 769}}, "power_above_tdp")
    assert warned({"known": {"accelerator_power_w": 771}}, "power_above_tdp")
    assert not warned({"known": {"accelerator_power_w": 1275, "accelerator_tdp_w": 1200}}, "power_above_tdp")
    assert not warned({"cluster": {"accelerator": "b300"}, "known": {"accelerator_power_w": 1200}}, "power_above_tdp")


def test_observed_power_above_the_rating_is_said_too() -> None:
    seen = Observation("accelerator_power_w", 900.0, 900.0, 900.0, "W", "measured", "run 1", "rate")
    found = parse({}, book().names, observations=[seen])
    assert "power_above_tdp" in {warning.code for warning in found.warnings}


def test_half_an_accelerator_is_said() -> None:
    (said,) = warned({"cluster": {"count": 7.5}}, "fractional_count")
    assert said == "accelerator_count of 7.5 is no whole number of accelerators"
    assert warned({"known": {"accelerator_count": 7.5}}, "fractional_count")
    assert not warned({"cluster": {"count": {"value": 8, "low": 7.5, "high": 9}}}, "fractional_count")
    assert not warned({"cluster": {"instance": "aws:p5.48xlarge"}}, "fractional_count")


def test_a_stated_intensity_beside_a_region_is_said() -> None:
    both = {"site": {"region": "fr", "intensity_kg_per_kwh": 0.3}}
    (said,) = warned(both, "stated_intensity")
    assert said == "carbon is at the stated 0.3 kg/kWh; fr gives only price, water and what else is not stated"
    assert warned({"site": {"region": "fr"}, "known": {"grid_intensity_kg_per_kwh": 0.3}}, "stated_intensity")
    assert not warned({"site": {"region": "fr"}}, "stated_intensity")
    assert not warned({"site": {"intensity_kg_per_kwh": 0.3}}, "stated_intensity")


def test_an_unknown_stack_is_said() -> None:
    assert warned({"software": {"stack": "homemade"}}, "unknown_stack")
    assert not warned({"software": {"stack": "Megatron Core"}}, "unknown_stack")
