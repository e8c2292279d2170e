"""A newer accelerator: later, better, known, as well linked and to be had."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import after, lever, ratio, reason, today, ways
from thirdwatt.facts import Row, table
from thirdwatt.search.levers.newer_accelerator import BETTER, LEVER, MOST, flop_per_j
from thirdwatt.search.plan.offered import Offered, incompatible

OLD = ("pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b", "startup-lora-8xh100", "sdxl")


def rate(chip: Row, precision: str) -> float:
    """Arithmetic for a joule of a chip that tells it."""
    found = flop_per_j(chip, precision)
    assert found is not None
    return found


@pytest.mark.parametrize("preset", OLD)
def test_all_take_less_energy_and_are_newer(preset: str) -> None:
    run = today(preset)
    chips = table("accelerators").rows
    present, precision = chips[run.choice("accelerator")], run.choice("precision")
    found = ways(LEVER, run)
    assert 1 <= len(found) <= MOST
    for way in found:
        chip = chips[way.id]
        assert chip.text["released"] > present.text["released"]
        assert rate(chip, precision) >= BETTER * rate(present, precision)
        assert chip.figures["accelerator_tdp_w"].kind == "published"
        assert 0.15 < ratio(run, way) < 1


def test_families_are_told_before_sisters() -> None:
    families = [table("accelerators").rows[way.id].text["generation"] for way in ways(LEVER, today("gpt-3-175b"))]
    assert len(set(families)) == len(families)


def test_a_chip_saves_less_than_its_peak_for_a_joule_says() -> None:
    run = today("pretrain-7b-256xa100")
    chips = table("accelerators").rows
    now = rate(chips["a100-sxm-80gb"], "bf16")
    for way in ways(LEVER, run):
        promised = now / rate(chips[way.id], "bf16")
        assert promised < ratio(run, way, "accelerators_energy_kwh") < 1


def test_what_holds_of_the_old_machine_alone_is_taken_out() -> None:
    change = {
        "cluster": {"instance": "aws:p5.48xlarge", "power_cap_w": 600},
        "site.rent_usd_per_h": 3.0,
        "known.accelerator_load_ratio": 0.7,
    }
    run = today("startup-lora-8xh100", change)
    for way in ways(LEVER, run):
        then = after(run, way).scenario
        assert not then.given.keys() & {"power_cap_w", "rent_usd_per_accelerator_h", "accelerator_load_ratio"}
        assert then.given["accelerator_count"].value == 8
        assert "instance" not in then.choices


def test_it_says_why_not() -> None:
    run = today("pretrain-7b-256xa100", {"cluster.accelerator": "gb300", "software.year": None})
    assert "no later chip" in reason(LEVER, run)


def test_fewer_of_them_may_be_taken_too() -> None:
    run = today("pretrain-7b-256xa100")
    assert all("cluster.count" not in way.sets for way in ways(LEVER, run))


@pytest.mark.parametrize("chip", ["rtx-3090", "cpu-laptop", "rtx-2080-ti"])
def test_what_takes_a_hall_is_not_put_into_a_room(chip: str) -> None:
    """A laptop was to give way to eight accelerators of 750 W."""
    found = LEVER.ways(today("laptop-cpu", {"cluster.accelerator": chip}))
    if isinstance(found, str):
        assert "no later chip" in found
    else:
        hosts = [table("hosts").rows[table("accelerators").rows[way.id].text["host"]] for way in found]
        assert all(host.text.get("facility") == "room" for host in hosts)


def test_a_chip_whose_clock_is_its_maker_s_runs_at_it() -> None:
    run = today("pretrain-7b-256xa100")
    sets = {way.id: way.sets for way in ways(LEVER, run)}
    assert sets["tpu-v4"]["cluster.clock"] == 1
    assert "cluster.clock" not in sets["b300"]
    both = Offered(LEVER, ways(LEVER, run)), Offered(lever("clock"), ways("clock", run))
    tpu = list(sets).index("tpu-v4")
    assert incompatible(both[0], tpu, both[1], 0)
    assert not incompatible(both[0], list(sets).index("b300"), both[1], 0)
