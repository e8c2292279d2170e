"""Ways to take new data in, priced by the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate
from thirdwatt.ledger.ledger import Total
from thirdwatt.search.retraining.news import News, of_text
from thirdwatt.search.retraining.options import Option, options, predictions, work

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e12},
    "cluster": {"count": 64},
    "storage": {"retention_years": 0},
}


def ways(document: Any, said: str = "10%", samples: int = 50) -> dict[str, Option]:
    ledger = estimate(document, samples=samples)
    tokens = ledger.of("token_count")
    news = of_text(said, None if tokens is None else tokens.value)
    predicted, _ = predictions(ledger, news)
    return {each.id: each for each in options(ledger, news, predicted)}


def energy(option: Option) -> Total:
    found = option.totals["energy_kwh"]
    assert found is not None
    return found


def test_what_each_processes() -> None:
    news = of_text("10%", 1e12)
    rows = table("updates").rows
    assert work(rows["skip"], news) == (0, 0, 0)
    assert work(rows["fine-tune"], news) == pytest.approx((0.1,) * 3)
    assert work(rows["continue"], news) == pytest.approx((0.1 / 0.95, 0.1 / 0.99, 0.1 / 0.75))
    assert work(rows["full"], news) == pytest.approx((1.1,) * 3)


def test_the_cost_of_the_union_run() -> None:
    """Ibrahim et al. 2024: two sets of one size and 5 % replay take 0.53 of training on both."""
    news = of_text("100%", 1e12)
    rows = table("updates").rows
    assert work(rows["continue"], news)[0] / work(rows["full"], news)[0] == pytest.approx(0.53, abs=0.005)


def test_prices_follow_the_work() -> None:
    found = ways(RUN)
    assert energy(found["skip"]) == Total(0, 0, 0)
    accelerators = energy(found["full"]).value
    assert energy(found["fine-tune"]).value / accelerators == pytest.approx(0.1 / 1.1, rel=0.02)
    assert energy(found["continue"]).value / accelerators == pytest.approx(0.1 / 0.95 / 1.1, rel=0.02)
    ratio = energy(found["lora"]).value / energy(found["fine-tune"]).value
    assert 0.6 < ratio < 0.9
    assert found["full"].of_full == Total(1, 1, 1)


def test_a_known_energy_is_scaled_not_repeated() -> None:
    found = ways({**RUN, "known": {"facility_energy_kwh": 1e6}})
    assert energy(found["full"]).value == pytest.approx(1.1e6)
    assert energy(found["fine-tune"]).value == pytest.approx(1e5)
    lora = energy(found["lora"]).value
    assert 0.6e5 < lora < 0.9e5


def test_a_known_throughput_is_that_of_the_present_method() -> None:
    found = ways({**RUN, "known": {"tokens_per_s_per_accelerator": 9e3}})
    hours = {name: each.totals["accelerator_hours"] for name, each in found.items()}
    assert hours["lora"] is not None
    assert hours["fine-tune"] is not None
    assert 0.6 < hours["lora"].value / hours["fine-tune"].value < 0.8


def test_known_hours_of_reinforcement_learning_hold_its_rollouts() -> None:
    """What fine-tuning takes is the same whether the hours are worked out or known."""
    run = {"workload": {"parameters": 7e9, "tokens": 1e9, "method": "rl"}, "cluster": {"count": 64}}
    hours = estimate(run, samples=1).totals["accelerator_hours"]
    assert hours is not None
    plain, known = ways(run), ways({**run, "known": {"accelerator_hours": hours.value}})
    for name in ("fine-tune", "lora", "continue"):
        told, same = (each[name].totals["accelerator_hours"] for each in (plain, known))
        assert told is not None
        assert same is not None
        assert same.value == pytest.approx(told.value, rel=0.05)


def test_a_warm_start_is_not_told_of_more_new_data_than_it_processes() -> None:
    few, many = ways(RUN, "50%"), ways(RUN, "100%")
    assert few["warm-start"].unknown == ""
    assert "more is new than it would process" in many["warm-start"].unknown
    assert many["warm-start"].totals["energy_kwh"] is None
    assert many["continue"].unknown == ""


def test_a_way_that_does_not_fit_is_said_not_to() -> None:
    small = {"workload": {"model": "llama-3.1-70b", "tokens": 1e8, "method": "sft", "adapter": "qlora"},
             "cluster": {"count": 1, "accelerator": "h100-sxm-80gb"}}  # fmt: skip
    found = ways(small)
    assert "1.2 TB on an accelerator of 85.9 GB" in found["fine-tune"].misfit
    assert [each.misfit for name, each in found.items() if name not in ("fine-tune", "lora")] == [""] * 5


def test_losses_are_told_where_there_is_evidence() -> None:
    found = ways(RUN)
    assert set(found["full"].loss) == {"besiroglu", "hoffmann", "muennighoff"}
    assert found["fine-tune"].loss == {}
    assert found["lora"].loss == {}
    for law, (value, low, high) in found["continue"].loss.items():
        full = found["full"].loss[law][0]
        assert low == full < value < high
        assert full < found["skip"].loss[law][0]


def test_more_work_than_tokens_is_known_of() -> None:
    """A run of which the hours alone are known."""
    found = ways({"known": {"accelerator_hours": 1e5}})
    full = found["full"].totals["accelerator_hours"]
    assert full is not None
    assert full.value == pytest.approx(1.1e5)
    assert found["lora"].unknown == "" or found["lora"].totals["energy_kwh"] is None


def test_what_a_law_refuses_has_a_price_all_the_same() -> None:
    ledger = estimate("deepseek-v3", samples=1)
    said, why = predictions(ledger, of_text("1%", 1.0))
    assert said == ()
    assert "experts" in why
    assert energy(ways("deepseek-v3", samples=1)["continue"]).value > 0


def test_data_beyond_every_law_are_refused() -> None:
    ledger = estimate({"workload": {"parameters": 7e9, "tokens": 5e13}}, samples=1)
    news = News((9.0,) * 3, (10.0,) * 3, "test", "stated")
    said, why = predictions(ledger, news)
    assert said == ()
    assert "5e+14 tokens are outside" in why


def test_nothing_new_has_no_price() -> None:
    ledger = estimate(RUN, samples=1)
    news = News((0.0, 0.0, 0.1), (1.0, 1.0, 1.1), "test", "measured")
    found = {each.id: each for each in options(ledger, news, ())}
    assert found["continue"].unknown == "there are no new tokens to train on"
    assert found["continue"].totals["energy_kwh"] is None


def test_known_tokens_follow_the_data_and_not_the_work_of_a_token() -> None:
    """Adapters take less for a token, and see as many."""
    plain, known = ways(RUN), ways({**RUN, "known": {"trained_token_count": 2e12}})
    for name in ("fine-tune", "lora", "qlora", "continue"):
        one, other = (each[name].totals["accelerator_hours"] for each in (plain, known))
        assert one is not None
        assert other is not None
        assert other.value == pytest.approx(2 * one.value, rel=0.01)


@pytest.mark.parametrize("model", ["llama-3.1-8b", "deepseek-v3"])
def test_known_hours_give_each_method_the_time_that_it_takes(model: str) -> None:
    """QLoRA unpacks its weights: its steps are slower than those of LoRA, known hours or not."""
    run = {"workload": {"model": model}}
    hours = estimate({**run, "known": {}}, samples=1).totals["accelerator_hours"]
    assert hours is not None
    plain, known = ways(run, samples=1), ways({**run, "known": {"accelerator_hours": hours.value}}, samples=1)
    for name in ("fine-tune", "lora", "qlora"):
        told, same = (each[name].totals["accelerator_hours"] for each in (plain, known))
        assert told is not None
        assert same is not None
        assert same.value == pytest.approx(told.value, rel=0.02)
    lora, qlora = (known[name].totals["accelerator_hours"] for name in ("lora", "qlora"))
    assert lora is not None
    assert qlora is not None
    assert qlora.value > lora.value


@pytest.mark.parametrize("known", [{}, {"accelerator_hours": 4e4}])
def test_measurements_are_of_the_machine_whatever_is_trained_on_it(known: dict[str, float]) -> None:
    """Fine-tuning of all weights does the work of training; so slow a machine is slow for both."""
    measured: dict[str, Any] = {
        **RUN,
        "layout": {"tensor": 1, "data": 64, "micro_batch": 1, "global_batch": 256},
        "calibration": [
            {"step_time_s": 13.0},
            {"step_time_s": 6.6, "set": {"layout.global_batch": 128}},
            {"step_time_s": 25.0, "set": {"layout.global_batch": 512}},
        ],
        "known": known,
    }
    found = ways(measured, samples=1)
    hours = {name: each.totals["accelerator_hours"] for name, each in found.items()}
    assert hours["fine-tune"] is not None
    assert hours["full"] is not None
    assert hours["fine-tune"].value / hours["full"].value == pytest.approx(0.1 / 1.1, rel=0.01)
