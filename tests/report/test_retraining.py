"""Whether to train again, on a page and in words."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import pytest

from tests.search.retraining.histories import made
from thirdwatt.ledger import estimate
from thirdwatt.report.retraining import counted, document, open_days, text
from thirdwatt.report.retraining_page import NAME_HEIGHT, NAME_WIDTH, apart, page
from thirdwatt.search.retraining.answer import ASSUMED, Answer, Wanted, answered
from thirdwatt.search.retraining.history import shown
from thirdwatt.search.retraining.mix import Mixing
from thirdwatt.search.retraining.news import News, of_text
from thirdwatt.search.retraining.policy import Drift, Value
from thirdwatt.search.sizes import frontier


@cache
def answer(source: str, *, stale: bool = False, past: bool = False, mixing: Mixing | None = None) -> Answer:
    drift, value = (Drift(0.5, 30.0), Value(2e4)) if stale or past else (None, None)
    history = shown(made(Drift(0.6, 30.0), rows=40, every=90, noise=0.1)) if past else None
    return answered(estimate(source, samples=20), Wanted(ASSUMED, drift, value, 30.0, 1.0, history, mixing))


def test_numbers_as_people_say_them() -> None:
    assert [counted(each) for each in (8.03e9, 15e12, 2.5e6, 12.0)] == ["8.03 B", "15 T", "2.5 M", "12"]


@pytest.mark.parametrize(
    ("source", "more", "charts"),
    [
        ("gpt-3-175b", {"past": True}, 3),
        ("llama-3.1-8b", {"stale": True}, 3),
        ("llama-3.1-8b", {}, 2),
        ("deepseek-v3", {}, 1),
        ("gpt-4o", {"stale": True}, 2),
    ],
)
def test_the_page_is_whole(source: str, more: dict[str, Any], charts: int) -> None:
    said = page(answer(source, **more))
    assert said.count('class="chart"') == charts
    assert said.count("The table behind it") == charts
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|\bnan\b|\binf\b", said)
    assert len(said) < 1_000_000
    for each in answer(source, **more).options:
        assert each.evidence.split("(")[0].strip() in said
    assert ("taken to leave missing, assumed" in said) == (not answer(source, **more).refused)
    assert ("No loss is predicted" in said) == bool(answer(source, **more).refused)
    assert ("Policies on your own history" in said) == bool(more.get("past"))


@pytest.mark.parametrize("source", ["gpt-3-175b", "deepseek-v3", "gpt-4o", "startup-lora-8xh100", "laptop-cpu"])
@pytest.mark.parametrize("width", [40, 80, 100])
def test_words_keep_to_the_columns_there_are(source: str, width: int) -> None:
    said = text(answer(source, past=True), width)
    assert max(map(len, said.splitlines())) <= width
    assert "nan" not in said
    assert not re.search(r"\binf\b", said)


@pytest.mark.parametrize("source", ["gpt-4o", "grok-3", "llama-3.1-8b"])
def test_columns_never_touch(source: str) -> None:
    """Each row has a cell for each column of its head, however large the numbers are."""
    lines = text(answer(source), 120).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("way"))
    columns = len(re.split(r"\s{2,}", lines[head]))
    full = next(line for line in lines[head:] if "full retrain" in line)
    assert len(re.split(r"\s{2,}", full.strip())) == columns


def test_why_a_way_has_no_price_is_said_once() -> None:
    told = answered(estimate("llama-3.1-8b", samples=1), Wanted(News((0.0,) * 3, (1.0,) * 3, "test", "measured")))
    said = " ".join(text(told, 100).split())
    assert said.count("there are no new tokens to train on") == 1
    assert "fine-tune, LoRA, QLoRA, continue, replay: not known" in said
    refused = " ".join(text(answer("deepseek-v3"), 100).split())
    assert refused.count("routes tokens to experts") == 1


def test_no_name_on_the_frontier_lies_over_a_point() -> None:
    found = frontier(estimate("gpt-3-175b", samples=1), "besiroglu")
    assert found is not None
    named = apart(found, found.models)
    assert named
    for each in named:
        for other in found.models:
            right = 0 < math.log10(other.energy_kwh / each.energy_kwh) < NAME_WIDTH
            assert not (right and abs(other.loss - each.loss) < NAME_HEIGHT), (each.id, other.id)


def test_the_page_tells_how_often_and_the_notes() -> None:
    known = estimate("gpt-3-175b", {"known.facility_energy_kwh": 1e6}, samples=20)
    said = page(answered(known, Wanted(ASSUMED, Drift(0.5, 30.0), Value(2e4), 30.0, 1.0)))
    assert "How often, by each way" in said
    assert "of it watching" in said
    assert "its parts are scaled" in said


def test_the_advised_way_is_marked_without_colour() -> None:
    marked = [line for line in text(answer("llama-3.1-8b"), 100).splitlines() if line.startswith("> ")]
    assert len(marked) == 1
    assert "keep as it is" in marked[0]


def test_what_is_told_and_what_is_written_agree() -> None:
    told = answer("gpt-3-175b", past=True)
    found = document(told)
    assert found["advice"]["option"] == told.advice.option
    assert [each["total_per_d"] for each in found["policies"]] == [each.cost.total for each in told.policies.values()]
    assert len(found["history"]["policies"]) == len(told.replay.policies if told.replay else ())
    totals = {each["id"]: each["totals"]["energy_kwh"]["value"] for each in found["options"]}
    assert totals["skip"] == 0 < totals["lora"] < totals["full"]


def test_each_law_says_how_far_beyond_its_fit_it_is() -> None:
    said = " ".join(text(answer("llama-3.1-8b"), 100).split())
    for each in answer("llama-3.1-8b").predicted:
        assert each.beyond
        assert re.search(rf"extrapolated: .*{re.escape(each.beyond)} of [^;]*{each.law.label}", said)
    inside = {"workload": {"parameters": 1e9, "tokens": 2e10}, "cluster": {"count": 8}}
    assert "extrapolated" not in text(answered(estimate(inside, samples=1), Wanted(ASSUMED)), 100)


def test_the_interval_has_its_own_and_it_is_told_alike() -> None:
    told = answer("llama-3.1-8b", stale=True)
    low, high = told.policies["continue"].open.every_d
    assert low is not None
    assert high is not None
    assert low < high
    cell = open_days(told.policies["continue"])
    assert cell in text(told, 100)
    assert page(told).count(cell) >= 2
    found = document(told)["policies"][0]
    assert (found["every_low_d"], found["every_high_d"]) == (low, high)
    assert found["total_low_per_d"] < found["total_per_d"] < found["total_high_per_d"]
    alone = answered(estimate("llama-3.1-8b", samples=1), Wanted(ASSUMED, Drift(0.5, 30.0), Value(2e4)))
    assert open_days(alone.policies["continue"]) == ""


def test_a_mix_is_told_with_its_budget() -> None:
    told = answer("llama-3.1-8b", stale=True, mixing=Mixing(updates=4, tolerated=0.02))
    said = "all of them 0.04 (0 to 0.12), more than the 0.02 that may be missing."
    assert said in " ".join(text(told, 100).split())
    assert said in page(told)
    assert "4 updates, 1 full" in text(told, 100)
    assert "4 updates, 1 full" in page(told)
    within = answer("llama-3.1-8b", mixing=Mixing(tolerated=0.05))
    assert "within the 0.05 that may be missing" in " ".join(text(within, 100).split())
    assert "within the 0.05" in page(within)


def test_nats_are_not_told_of_what_no_law_is_of() -> None:
    said = " ".join(text(answer("clip-vit-l-14", mixing=Mixing(updates=3)), 100).split())
    assert "state --gap for this one" in said
    points = " ".join(text(answer("clip-vit-l-14", mixing=Mixing(updates=3, gap=0.1)), 100).split())
    assert "Each leaves 0.1 points missing (stated), all of them 0.3: what you have to tolerate." in points


def test_a_way_of_which_nothing_is_known_says_so() -> None:
    bare = answered(estimate({"workload": {"model": "llama-3.1-8b", "method": "sft"}}, samples=1), Wanted(ASSUMED))
    lines = text(bare, 100).splitlines()
    assert next(line for line in lines if line.strip().startswith("full retrain")).endswith("not known")


def test_costs_on_a_history_have_a_unit_and_say_what_is_from_scratch() -> None:
    told = answer("gpt-3-175b", past=True)
    assert re.search(r"^policy +cost, USD", text(told, 100), re.MULTILINE)
    assert "from scratch but where updates are said" in " ".join(text(told, 100).split())
    assert '<th scope="col">cost, USD</th>' in page(told)


def test_the_long_table_stands_last_and_may_be_cut() -> None:
    said = page(answer("llama-3.1-8b", stale=True))
    titles = ("How often, by each way", "What scaling laws say", "Loss against energy")
    assert sorted(titles, key=said.index) == list(titles)
    assert 'class="wide long" tabindex="0" role="region" aria-label="Loss against energy, table"' in said
    assert 'class="wide" tabindex="0" role="region" aria-label="What each way takes, table"' in said


def test_a_number_keeps_its_unit_on_the_page() -> None:
    told = answered(estimate("llama-3.1-8b", samples=20), Wanted(of_text("5%", 15e12)))
    assert re.search(r"<td>\d+(\.\d+)?\N{NO-BREAK SPACE}MWh</td>", page(told))
