"""``thirdwatt retrain``."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from tests.cli.test_cli import document, run
from tests.search.retraining.histories import lines_of
from thirdwatt.report.schemas import schema
from thirdwatt.search.retraining.policy import Drift

BRIEF = ("retrain", "llama-3.1-8b", "--samples", "50")


@pytest.fixture
def history(tmp_path: Path) -> str:
    path = tmp_path / "history.csv"
    path.write_text("\n".join(lines_of(Drift(0.6, 30.0), rows=60, every=90, noise=0.1)) + "\n")
    return str(path)


def test_the_answer_comes_first_on_one_screen(snapshot: SnapshotAssertion) -> None:
    done = run(*BRIEF, "--new-tokens", "5%", "--drift", "0.5/30d", "--value", "2000/d", "--every", "30d")
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Llama 3.1 8B, pre-training and 5.0 % new tokens, 750 B: whether to train again"
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100
    assert done.stdout == snapshot


@pytest.mark.parametrize("columns", ["40", "72"])
def test_a_narrow_terminal_is_enough(columns: str, history: str) -> None:
    arguments = (*BRIEF, "--new-tokens", "5%", "--history", history, "--value", "2000/d")
    done = run(*arguments, columns=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


@pytest.mark.parametrize("source", ["llama-3.1-8b", "deepseek-v3", "gpt-4o", "startup-lora-8xh100", "laptop-cpu"])
def test_the_document_keeps_to_its_schema(source: str, history: str) -> None:
    arguments = ("--history", history, "--value", "2000 USD/d", "--every", "2w", "--monitor", "5")
    found = document("retrain", source, "--samples", "20", "--new-tokens", "5%", *arguments, "--json")
    jsonschema.validate(found, schema("retrain"))
    assert [each["id"] for each in found["options"]] == [
        "skip", "fine-tune", "lora", "qlora", "continue", "warm-start", "full",
    ]  # fmt: skip
    assert bool(found["laws"]) != bool(found["refused"])
    assert len(found["laws"]) != 1
    assert found["history"]["policies"]


def test_a_history_alone_shows_its_drift(history: str) -> None:
    said = " ".join(run(*BRIEF, "--history", history).stdout.split())
    assert "Your history shows a drift of" in said
    assert "--value 200/d" in said
    assert document(*BRIEF, "--history", history, "--json")["history"]["policies"] == []


def test_nothing_said_of_the_data_is_assumed() -> None:
    found = document(*BRIEF, "--json")
    assert found["new_data"]["kind"] == "assumed"
    assert found["new_data"]["share"] == {"value": 0.05, "low": 0.01, "high": 0.25}
    assert "these are assumed" in run(*BRIEF).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--new-tokens", "x", "--drift", "y", "--value", "z"), ("--new-tokens x", "--drift", "--value")),
        (("--data-diff", "a", "--new-tokens", "5%"), ("give one",)),
        (("--value", "5/d"), ("give --drift or --history",)),
        (("--drift", "0.5/30d"), ("--drift: says nothing", "give --value too")),
        (("--drift", "1e300/1e-300d", "--value", "1e300/d"), ("1e300 points", "a time of 1e-300 d", "worth 1e300")),
        (("--every", "30d", "--monitor", "3"), ("--every", "--monitor", "give --value too")),
        (("--history", "none.csv"), ("none.csv",)),
        (("--data-diff", "none.json"), ("none.json: cannot be read",)),
        (("--json", "--html", "x"), ("choose one",)),
        (("--monitor", "nan"), ("nan is no finite number",)),
        (("--set", "workload.law=nobody"), ("workload.law", "laws")),
    ],
)
def test_every_mistake_is_listed(arguments: tuple[str, ...], said: tuple[str, ...]) -> None:
    done = run("retrain", "llama-3.1-8b", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for each in said:
        assert each in done.stderr


def test_tokens_are_no_share_of_assumed_ones() -> None:
    done = run("retrain", "gpt-4o", "--new-tokens", "5e9")
    assert done.returncode == 2
    assert "a share of unknown tokens" in done.stderr
    assert run("retrain", "gpt-4o", "--new-tokens", "5%", "--samples", "1").stdout.splitlines()[0].endswith(
        "5.0 % new tokens: whether to train again"
    )  # fmt: skip


def test_nothing_lost_can_be_written(tmp_path: Path) -> None:
    """Where the best costs nothing there is no share of it."""
    flat = tmp_path / "flat.csv"
    flat.write_text("date,tokens,evaluation\n" + "".join(f"2026-01-{day:02},1e9,70\n" for day in range(1, 29, 3)))
    asked = ("--value", "5/d", "--every", "30d", "--json")
    found = document(*BRIEF, "--history", str(flat), *asked)
    jsonschema.validate(found, schema("retrain"))
    assert {each["regret"] for each in found["history"]["policies"]} == {None}
    assert {each["stated"]["over_best"] for each in found["policies"]} == {None}


def test_notes_of_the_ledger_are_told() -> None:
    known = (*BRIEF, "--set", "known.facility_energy_kwh=1e6")
    assert "note [scaled_to_known]" in run(*known).stdout
    assert "scaled_to_known" in [each["code"] for each in document(*known, "--json")["warnings"]]


def test_watching_has_its_price_told() -> None:
    stale = (*BRIEF, "--drift", "0.5/30d", "--value", "2000/d")
    assert "of it watching" in " ".join(run(*stale, "--monitor", "7").stdout.split())
    assert "On an event" not in run(*stale).stdout


def test_a_revision_flows_into_the_advice(tmp_path: Path) -> None:
    """From two revisions of a dataset to whether to train again: few new lines and many advise otherwise."""
    old, stamped, grown = (tmp_path / name for name in ("old.jsonl", "stamped.jsonl", "grown.jsonl"))
    pages = [f"page {number} tells of things that page {number * 7} does not, line {number}" for number in range(400)]
    more = [f"a story {number} that nobody had told before, of {number * 3} cats" for number in range(400)]
    old.write_text("".join(json.dumps({"text": page}) + "\n" for page in pages))
    stamped.write_text("".join(json.dumps({"text": page}) + "\n" for page in [*pages, more[0]]))
    grown.write_text("".join(json.dumps({"text": page}) + "\n" for page in [*pages, *more]))
    scenario = tmp_path / "run.toml"
    scenario.write_text("[workload]\nparameters = 7e9\ntokens = 1e12\n[cluster]\ncount = 64\n")
    advice = {}
    for revision in (stamped, grown):
        diff = tmp_path / f"{revision.stem}.json"
        diff.write_text(run("data", "diff", str(old), str(revision), "--json").stdout)
        found = document("retrain", str(scenario), "--data-diff", str(diff), "--samples", "20", "--json")
        assert found["new_data"]["kind"] in ("measured", "modelled")
        advice[revision.stem] = found
    few, many = advice["stamped"], advice["grown"]
    assert few["new_data"]["share"]["value"] < 0.01 < many["new_data"]["share"]["value"]
    assert few["advice"]["option"] == "skip"
    assert many["advice"]["option"] in ("continue", "warm-start")
    assert few["options"][4]["totals"]["energy_kwh"]["value"] < many["options"][4]["totals"]["energy_kwh"]["value"]
    seen = ("--observed", str(tmp_path / "grown.json"))
    observed = document("retrain", str(scenario), *seen, "--samples", "20", "--json")
    assert observed["new_data"]["share"]["value"] == pytest.approx(many["new_data"]["share"]["value"], rel=0.1)


def test_the_same_from_python() -> None:
    answer = thirdwatt.retrain("llama-3.1-8b", new_tokens="5%", samples=50)
    found = document(*BRIEF, "--new-tokens", "5%", "--json")
    assert list(answer.advice.because) == found["advice"]["because"]


def test_a_quantity_of_a_law_is_explained() -> None:
    found = run("explain", "gpt-3-175b", "isoloss_flop_ratio", "--samples", "1").stdout
    assert found.startswith("isoloss_flop_ratio = 0.60")
    assert "Besiroglu" in found
    assert "scaling_law.py" in found


def test_what_laws_alone_read_is_not_called_unread(tmp_path: Path) -> None:
    scenario = tmp_path / "run.toml"
    scenario.write_text("[workload]\nparameters = 13e9\ntokens = 260e9\n[known]\nserved_token_count = 2e12\n")
    said = run("retrain", str(scenario), "--samples", "20").stdout
    assert "Least to train and serve" in said
    assert "[unread]" not in said


def test_what_is_assumed_of_an_update_is_said_to_be() -> None:
    found = {each["id"]: each for each in document(*BRIEF, "--json")["options"]}
    assert found["continue"]["gap"]["kind"] == "assumed"
    assert found["full"]["gap"] is None
    assert "taken to leave missing, assumed" in " ".join(run(*BRIEF).stdout.split())


def test_a_law_is_not_explained_of_what_it_cannot_tell() -> None:
    done = run("explain", "deepseek-v3", "isoloss_flop_ratio", "--samples", "1")
    assert done.returncode == 4
    assert "routes tokens to experts" in done.stderr


def test_updates_are_mixed_with_full_retrains() -> None:
    stale = ("--drift", "0.5/30d", "--value", "9/d")
    found = document(*BRIEF, "--new-tokens", "5%", "--tolerated", "0.05", *stale, "--json")
    jsonschema.validate(found, schema("retrain"))
    assert found["mix"]["updates"] == 5
    assert found["mix"]["within"] is True
    assert found["mix"]["missing"]["high"] == pytest.approx(0.15)
    assert found["mix"]["policy"]["option"] == "mix"
    assert document(*BRIEF, "--json")["mix"] is None
    said = " ".join(run(*BRIEF, "--updates", "3", "--gap", "0.1").stdout.split())
    assert "With 3 updates between two full retrains a retraining takes" in said
    assert "Each leaves 0.1 points missing (stated), all of them 0.3" in said
    assert list(thirdwatt.retrain("llama-3.1-8b", updates=3, samples=1).advice.because)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--gap", "0.1"), "--gap: says nothing without updates"),
        (("--tolerated", "0.005"), "less than the 0.01 that one update leaves missing"),
        (("--updates", "0"), "--updates"),
        (("--updates", "3", "--gap", "nan"), "nan is no finite number"),
    ],
)
def test_a_mix_that_cannot_be_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = run(*BRIEF, *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_an_observed_comparison_says_what_went_too(tmp_path: Path) -> None:
    """A share of the new set says nothing of the old one: nearly all new would be twenty times as much."""
    old, new = (tmp_path / name for name in ("old.jsonl", "new.jsonl"))
    for file, word in ((old, "cats"), (new, "dogs")):
        lines = [f"page {each} tells of {each * 7} {word} that no other page has" for each in range(200)]
        file.write_text("".join(json.dumps({"text": line}) + "\n" for line in ["a page that stays", *lines]))
    diff = tmp_path / "diff.json"
    diff.write_text(run("data", "diff", str(old), str(new), "--json").stdout)
    asked = ("--data-diff", "--observed")
    stated, observed = (document(*BRIEF, name, str(diff), "--json")["new_data"] for name in asked)
    assert stated == observed
    assert observed["after_ratio"]["value"] == pytest.approx(1, abs=0.05)
    both = document(*BRIEF, "--observed", str(diff), "--new-tokens", "5%", "--json")
    assert both["new_data"]["source"] == "--new-tokens"
