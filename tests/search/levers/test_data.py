"""Levers of the data: none applies before its waste is stated or observed."""

from __future__ import annotations

import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways

BASE = "pretrain-7b-256xa100"


@pytest.mark.parametrize(
    ("name", "how"),
    [("dedup", "data scan"), ("packing", "data scan"), ("quality-filter", "known.filter_quality_ratio"),
     ("tokenise-once", "data scan"), ("stalls", "known.data_stall_ratio")],
)  # fmt: skip
@pytest.mark.parametrize("base", [BASE, "startup-lora-8xh100", "gpt-4o", "resnet-50"])
def test_a_waste_that_is_not_known_is_not_promised(name: str, how: str, base: str) -> None:
    assert how in reason(name, today(base))


# --- copies -------------------------------------------------------------------------------------------------------


def test_copies_taken_out() -> None:
    now = today(BASE, unique_token_share=0.87)
    (way,) = ways("dedup", now)
    value, low, high = way.scales["kept_token_share"]
    assert (value, low) == (0.87, 0.87)
    assert ratio(now, way) == pytest.approx(0.87, abs=0.01)
    assert 0.99 < high <= 1  # a few copies teach nearly as much, by the law


def test_what_copies_taught_is_told_by_the_law() -> None:
    """Of tokens seen ten times over most is worth little: R* = 15.4, U(1 + R*(1 - exp(-9/R*))) = 7.8 of 10."""
    now = today(BASE, unique_token_share=0.1)
    high = ways("dedup", now)[0].scales["kept_token_share"][2]
    assert high == pytest.approx(0.78, abs=0.01)
    before, then = (ledger.of("effective_token_count") for ledger in (now.ledger, after(now, ways("dedup", now)[0])))
    assert before is not None
    assert then is not None
    assert before.value / then.value == pytest.approx(high / 0.1, rel=1e-6)


def test_passes_make_copies_worth_less() -> None:
    once, often = (ways("dedup", today(BASE, unique_token_share=0.5, workload__epochs=passes))[0] for passes in (1, 8))
    assert often.scales["kept_token_share"][2] < once.scales["kept_token_share"][2]


def test_copies_that_are_out_already() -> None:
    assert "already" in reason("dedup", today(BASE, unique_token_share=0.87, kept_token_share=0.87))
    assert "already" in reason("dedup", today(BASE, unique_token_share=0.9985))
    (way,) = ways("dedup", today(BASE, unique_token_share=0.8, kept_token_share=0.9))
    assert way.scales["kept_token_share"][0] == pytest.approx(0.8 / 0.9)


def test_exact_and_near_copies_are_told_apart_where_a_scan_does() -> None:
    """Of 100 tokens 90 are no exact copies and 72 resemble no others: 10 go by the one, a fifth of the rest then."""
    now = today(BASE, exact_unique_token_share=0.9, unique_token_share=0.72)
    (exact,), (near,) = ways("exact-dedup", now), ways("dedup", now)
    assert "exact copies out, 10.0%" in exact.words
    assert "near copies out, 20.0%" in near.words
    assert exact.scales["kept_token_share"][0] * near.scales["kept_token_share"][0] == pytest.approx(0.72)
    assert ratio(now, exact) == pytest.approx(0.9, abs=0.01)


def test_where_exact_and_near_copies_are_not_told_apart_they_go_together() -> None:
    now = today(BASE, unique_token_share=0.72)
    assert "exact copies is not known" in reason("exact-dedup", now)
    assert ways("dedup", now)[0].scales["kept_token_share"][0] == 0.72
    assert "no exact copies" in reason("dedup", today(BASE, exact_unique_token_share=0.9, unique_token_share=0.9))
    assert "out already" in reason("exact-dedup", today(BASE, exact_unique_token_share=0.9, kept_token_share=0.9))
    (near,) = ways("dedup", today(BASE, exact_unique_token_share=0.9, unique_token_share=0.72, kept_token_share=0.8))
    assert near.scales["kept_token_share"][0] == pytest.approx(0.72 / 0.8)


# --- padding ------------------------------------------------------------------------------------------------------


def test_packing_as_in_the_second_phase_of_bert() -> None:
    """Half padding: packed it took half of the time (Krell et al. 2021)."""
    now = today("bert-large", padding_share=0.5)
    assert ratio(now, ways("packing", now)[0]) == pytest.approx(0.5, abs=0.02)
    assert ratio(now, ways("packing", now)[0], "wall_time_h") == pytest.approx(0.5, abs=0.02)


def test_packed_already() -> None:
    assert "already" in reason("packing", today(BASE, padding_share=0.01))


# --- better tokens ------------------------------------------------------------------------------------------------


def test_a_measured_factor_saves_its_reciprocal() -> None:
    now = today(BASE, filter_quality_ratio={"value": 1.5, "low": 1.2, "high": 2.0})
    (way,) = ways("quality-filter", now)
    assert way.scales["token_count"] == pytest.approx((1 / 1.5, 1 / 2.0, 1 / 1.2))
    assert ratio(now, way) == pytest.approx(1 / 1.5, abs=0.01)
    assert "no gain" in reason("quality-filter", today(BASE, filter_quality_ratio=0.9))


def test_what_tokens_of_today_are_worth_is_not_what_a_filter_would_give() -> None:
    """One name stood for both, so that a run on good data was promised as much again."""
    assert "is not known" in reason("quality-filter", today(BASE, token_quality_ratio=1.5))


# --- around the run -----------------------------------------------------------------------------------------------


def test_tokens_made_once() -> None:
    now = today(BASE, tokenise_pass_count=4, tokenise_cpu_s_per_token=3e-6)
    way = ways("tokenise-once", now)[0]
    assert ratio(now, way) < 1
    then, before = after(now, way).of("tokenise_core_hours"), now.ledger.of("tokenise_core_hours")
    assert then is not None
    assert before is not None
    assert then.value == pytest.approx(before.value / 4)
    assert "known.tokenise_pass_count" in reason("tokenise-once", today(BASE, tokenise_cpu_s_per_token=3e-6))


def test_waits_that_end() -> None:
    """Productive time is 1/(1 + waits) of what it was; waiting draws less than working does."""
    now = today(BASE, data_stall_ratio=1.0)
    way = ways("stalls", now)[0]
    assert ratio(now, way, "wall_time_h") == pytest.approx(0.5, abs=0.03)
    assert 0.5 < ratio(now, way) < 0.8
    assert "keeps up" in reason("stalls", today(BASE, data_stall_ratio=0.005))
    assert "known.goodput" in reason("stalls", today(BASE, data_stall_ratio=0.2, goodput=0.7))


def test_compressed_text_is_kept_for_less() -> None:
    now = today(BASE)
    way = ways("storage-format", now)[0]
    then, before = after(now, way).of("dataset_byte"), now.ledger.of("dataset_byte")
    assert then is not None
    assert before is not None
    assert then.value == pytest.approx(before.value * 2.2 / 4.5)
    assert 0.9 < ratio(now, way) < 1


@pytest.mark.parametrize(
    ("base", "known", "said"),
    [("vit-l-16", {}, "no text"), ("whisper-large-v2", {}, "30 seconds of sound"), ("laptop-cpu", {}, "one character"),
     (BASE, {"byte_per_token": 2.0}, "compressed"),
     (BASE, {"dataset_byte": 4e12}, "data scan"), ("t5-11b", {"byte_per_token": 2.0}, "compressed")],
)  # fmt: skip
def test_where_no_format_is_better(base: str, known: dict[str, float], said: str) -> None:
    assert said in reason("storage-format", today(base, **known))
