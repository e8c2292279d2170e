"""A run on other chips: as many, or as many as it takes, with a layout there or the reason why there is none."""

from __future__ import annotations

from typing import Any

from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.chips import Chips
from thirdwatt.search.layout import Limits
from thirdwatt.search.market import LeftOut, offered, smallest
from thirdwatt.search.today import start

TUNE: dict[str, Any] = {"workload": {"model": "llama-3.1-70b", "method": "sft", "tokens": 1e8}}


def chips(source: Any, goal: str = "time", limits: Limits | None = None) -> Chips:
    return Chips(start(scenario_of(source), samples=1, seed=0), goal, limits or Limits())


def test_the_chip_of_today_stays_what_it_is() -> None:
    run = chips("llama-3.1-405b")
    found = run.on("h100-sxm-80gb", run.count)
    assert not isinstance(found, LeftOut)
    assert found["cluster"] == run.start.document["cluster"]
    assert found["layout"] == run.start.document["layout"]
    assert found["site"] == {**run.start.document["site"], "tenure": "own", "term": "on-demand"}


def test_another_chip_or_number_leaves_the_layout_open() -> None:
    run = chips("llama-3.1-405b")
    other, more = run.on("b200-sxm-180gb", run.count), run.on("h100-sxm-80gb", 2 * run.count)
    assert not isinstance(other, LeftOut)
    assert set(other["layout"]) == {"precision", "global_batch"}
    assert not isinstance(more, LeftOut)
    assert set(more["layout"]) == {"precision"}  # nobody states a batch, so it is what is usual of so many


def test_a_number_that_nobody_states_grows_with_its_batch() -> None:
    found = chips(TUNE).laid_out(("h100-sxm-80gb", "l4"))
    counts = {}
    for chip, document in found.items():
        assert not isinstance(document, LeftOut)
        ledger = estimate(document, samples=1)
        used, count = ledger.of("memory_used_ratio"), ledger.of("accelerator_count")
        assert used is not None
        assert count is not None
        assert used.value <= 1
        assert document["layout"]["global_batch"] % document["layout"]["data"] == 0
        counts[chip] = count.value
    assert 8 <= counts["h100-sxm-80gb"] < counts["l4"]


def test_a_number_that_is_stated_does_not_grow() -> None:
    few = chips({**TUNE, "cluster": {"accelerator": "h100-sxm-80gb", "count": 2}}).laid_out(("l4",))["l4"]
    assert isinstance(few, LeftOut)
    assert few.kind == "no_fit"
    assert "on 2 of them: does not fit into the memory" in few.reason


def test_chips_without_a_price_are_not_tried() -> None:
    able, left = chips("startup-lora-8xh100").priced(("trainium3", "l40s", "l40s"))
    assert able == ("l40s",)
    assert [(each.accelerator, each.kind) for each in left] == [("trainium3", "no_price")]


def test_an_average_is_nobodys_offer() -> None:
    today, none = offered("h100-sxm-80gb")
    assert "market-index" not in {each.vendor for each in today}
    assert {each.kind for each in none} == {"gone", "average"}
    assert not {(each.vendor, each.term) for each in today} & {(each.vendor, each.term) for each in none}
    assert smallest()["aws", "h200-sxm-141gb"] == 8
