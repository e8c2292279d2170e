"""Levers of the lifecycle: adapters, intervals, storage, hardware."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import a_year, after, ratio, reason, today, ways

BASE = "pretrain-7b-256xa100"
FULL = {"workload__adapter": "none"}
DRIFT = {"drift_cost_usd_per_h": 2000.0, "drift_time_h": 4380.0}


def test_adapters_take_two_thirds_of_the_work() -> None:
    """No gradient of the base: 4 of 6 (Schulman et al. 2025 name two thirds)."""
    now = today("startup-lora-8xh100", **FULL)
    plain, quantised = ways("lora", now)
    assert ratio(now, plain, "training_flop") == pytest.approx(2 / 3, abs=0.04)
    assert ratio(now, plain) < 1
    one, other = (after(now, way).of("memory_used_ratio") for way in (plain, quantised))
    assert one is not None
    assert other is not None
    assert other.value < one.value


@pytest.mark.parametrize(("base", "said"), [(BASE, "fine-tuning"), ("startup-lora-8xh100", "already")])
def test_where_adapters_are_none(base: str, said: str) -> None:
    assert said in reason("lora", today(base))


# --- intervals ----------------------------------------------------------------------------------------------------


def test_the_interval_that_costs_least() -> None:
    """Linear drift: T = sqrt(2·K·τ/C), here 2·1e6·4380/2000 under the root."""
    now = a_year(today(BASE, **DRIFT, drift_exponent_ratio=1.0, retrain_cost_usd=1e6, retrain_interval_h=168.0))
    (way,) = ways("retraining-interval", now)
    assert way.sets["known.retrain_interval_h"]["value"] == pytest.approx((2 * 1e6 * 4380 / 2000) ** 0.5)


def test_the_cost_is_that_of_the_run() -> None:
    now = a_year(today(BASE, **DRIFT, drift_exponent_ratio=1.0, retrain_interval_h=168.0))
    interval = ways("retraining-interval", now)[0].sets["known.retrain_interval_h"]
    cost = now.ledger.totals["cost_usd"]
    assert cost is not None
    assert interval["value"] == pytest.approx((2 * cost.value * 4380 / 2000) ** 0.5)
    assert interval["low"] < interval["value"] < interval["high"]


@pytest.mark.parametrize(
    ("known", "said"),
    [({}, "thirdwatt retrain"),
     ({**DRIFT, "drift_exponent_ratio": 1.0, "retrain_interval_h": 8760.0}, "more energy"),
     ({"drift_cost_usd_per_h": 1.0, "drift_time_h": 10.0, "retrain_interval_h": 720.0}, "never")],
)  # fmt: skip
def test_where_the_interval_stays(known: dict[str, float], said: str) -> None:
    assert said in reason("retraining-interval", a_year(today(BASE, **known)))
    assert "year of updates" in reason("retraining-interval", today(BASE, **known))


# --- storage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [{}, {"storage__copies": 3}, {"storage_copies": 3}])
def test_coded_in_place_of_copied(known: dict[str, float]) -> None:
    now = today(BASE, **known)
    (way,) = ways("storage-copies", now)
    then, before = after(now, way).of("archive_tb"), now.ledger.of("archive_tb")
    assert then is not None
    assert before is not None
    assert then.value == pytest.approx(before.value * 1.4 / 3)
    assert ratio(now, way) < 1


def test_where_no_code_is_better() -> None:
    assert "already" in reason("storage-copies", today(BASE, storage__erasure="6+3"))
    assert "no more" in reason("storage-copies", today(BASE, storage__copies=1))
    assert "drive" in reason("storage-copies", today("laptop-cpu"))


@pytest.mark.parametrize("known", [{}, {"storage__kept_checkpoints": 12}, {"kept_checkpoint_count": 12}])
def test_fewer_checkpoints(known: dict[str, float]) -> None:
    now = today(BASE, **known)
    (way,) = ways("kept-checkpoints", now)
    left = after(now, way).of("kept_checkpoint_count")
    assert left is not None
    assert left.value == 3
    assert ratio(now, way) < 1
    assert "few enough" in reason("kept-checkpoints", today("startup-lora-8xh100"))


def test_colder_media() -> None:
    now = today(BASE, storage__media="ssd")
    disks, tape = ways("storage-tier", now)
    assert ratio(now, disks) < 1
    assert ratio(now, tape) < 1
    assert [way.id for way in ways("storage-tier", today(BASE))] == ["tape"]
    assert "drive" in reason("storage-tier", today("laptop-cpu"))
    assert "tape" in reason("storage-tier", today(BASE, backup_copies=0))


# --- hardware -----------------------------------------------------------------------------------------------------


def test_machines_kept_longer_take_no_less_energy() -> None:
    now = today("llama-3.1-405b")
    six, seven = ways("hardware-lifetime", now)
    assert ratio(now, six) == 1
    assert 5 / 6 <= ratio(now, six, "embodied_kg") < 0.9
    assert ratio(now, seven, "embodied_kg") < ratio(now, six, "embodied_kg")
    assert ratio(now, seven, "cost_usd") < 1
    assert "rented" in reason("hardware-lifetime", today(BASE))
    assert "already" in reason("hardware-lifetime", today("llama-3.1-405b", it_life_year=8))


# --- adapters -----------------------------------------------------------------------------------------------------


def test_adapters_say_what_they_set() -> None:
    """Weights in 4 bit were said to take fewer accelerators, and took as many."""
    now = today("startup-lora-8xh100", workload__adapter="none")
    wide, narrow = ways("lora", now)
    for way in (wide, narrow):
        assert way.sets.keys() == {"workload.adapter"}
        assert "fewer accelerators" not in way.words
    assert ratio(now, narrow, "memory_byte") < ratio(now, wide, "memory_byte") < 1
