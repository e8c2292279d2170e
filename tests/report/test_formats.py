"""The forms that others ask for: the right unit, nothing unknown said to be nothing, nothing hostile let through."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from tests.cli.test_cli import run
from tests.scenario.test_properties import documents, sound
from thirdwatt.facts import digest, table
from thirdwatt.ledger import Ledger
from thirdwatt.quantity import Observation
from thirdwatt.report.formats import FORMATS, written
from thirdwatt.report.formats.actions import effects
from thirdwatt.report.formats.markup import LONGEST, clean, latex, markdown
from thirdwatt.report.formats.model_card import KEY, difference, front_matter, merged
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.read import presets

SHOWN = ("gpt-4o", "startup-lora-8xh100", "palm-540b")
NEVER = re.compile(r"\b(green|eco|carbon neutral|climate positive|per prompt|efficiency of gpu utili[sz]ation)\b", re.I)
NO_NUMBER = re.compile(r"(?<![\w-])(nan|inf|none|null)(?![\w-])", re.I)
HOSTILE = "a|b <script> [x](y) $5 & 50% #1 {z} \\cmd_~^ \"q\" 'r': - *s*\n---\nlicense: mit\n\x00\x7f\u2028\u202e"


@pytest.fixture(scope="module")
def small() -> Ledger:
    return thirdwatt.estimate("startup-lora-8xh100", samples=100)


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


# --- what they look like ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("preset", SHOWN)
def test_formats_look_so(preset: str, name: str, snapshot: SnapshotAssertion) -> None:
    """Drawn with one sample: intervals differ in the last digit between versions of numpy."""
    said = written(thirdwatt.estimate(preset, samples=1), name)
    assert said.replace(digest(), "<facts>").replace(thirdwatt.__version__, "<version>") == snapshot


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_ledger_gives_the_same_bytes_and_says_where_it_comes_from(name: str) -> None:
    first, second = (written(thirdwatt.estimate("gpt-4o", samples=50, seed=7), name) for _ in range(2))
    assert first == second
    assert f"thirdwatt {thirdwatt.__version__}, facts {digest()}, seed 7, 50 samples" in " ".join(first.split())


@pytest.mark.parametrize(
    "preset",
    [pytest.param(each, marks=() if place % 4 == 0 else pytest.mark.slow) for place, each in enumerate(presets())],
)
def test_every_preset_in_every_format(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=6)
    for name in FORMATS:
        said = written(ledger, name)
        assert not NEVER.search(said), name
        assert said.endswith("\n")


@pytest.mark.parametrize("preset", [*SHOWN, "llama-3.1-405b", "laptop-cpu", "bert-base"])
def test_a_brief_is_a_page(preset: str) -> None:
    lines = written(thirdwatt.estimate(preset), "brief").splitlines()
    assert len(lines) <= 55
    assert max(map(len, lines)) <= 80


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InputError, match="did you mean methods"):
        written(thirdwatt.estimate("gpt-4o", samples=1), "method")


# --- traps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", SHOWN)
def test_a_model_card_is_in_grams(preset: str) -> None:
    ledger = thirdwatt.estimate(preset, samples=1)
    carbon = ledger.totals["carbon_kg"]
    assert carbon is not None
    unit = table("standards").rows["hugging-face-card"].figures["emissions_unit_kg"].value
    emissions = front(written(ledger, "model-card"))[KEY]["emissions"]
    assert isinstance(emissions, int | float)
    assert emissions == pytest.approx(1000 * carbon.value, rel=1e-5)
    assert emissions * unit == pytest.approx(carbon.value, rel=1e-5)


@pytest.mark.parametrize("name", ["sci", "sci-ai"])
def test_sci_knows_no_market(name: str) -> None:
    one, two = (
        written(thirdwatt.estimate("palm-540b", {"site.contracted_share": share}, samples=50), name)
        for share in (0.5, 1.0)
    )
    assert one == two
    plain = thirdwatt.estimate("palm-540b", samples=50)
    assert yaml.safe_load(one)["SCI"] == yaml.safe_load(written(plain, name))["SCI"]
    assert plain.totals["carbon_market_kg"] == plain.totals["carbon_kg"]


def test_sci_is_operation_and_making_over_the_unit(small: Ledger) -> None:
    found = yaml.safe_load(written(small, "sci"))
    carbon, embodied, tokens = small.of("carbon_kg"), small.of("embodied_kg"), small.of("trained_token_count")
    assert carbon is not None
    assert embodied is not None
    assert tokens is not None
    whole = (carbon.value + embodied.value) * 1000
    assert found["SCI"]["value"] == pytest.approx(whole / (tokens.value / 1000), rel=1e-3)
    assert found["SCI"]["low"] < found["SCI"]["value"] < found["SCI"]["high"]
    assert found["E"]["value"] * found["I"]["value"] == pytest.approx(found["O"]["value"], rel=1e-3)
    assert found["R"]["unit"] == "1,000 trained tokens"
    by_token = yaml.safe_load(written(small, "sci-ai"))["SCI"][1]
    assert by_token["value"] == pytest.approx(1000 * found["SCI"]["value"], rel=1e-3)


def test_sci_takes_in_the_facility_whatever_the_headline(small: Ledger) -> None:
    narrow = thirdwatt.estimate("startup-lora-8xh100", {"boundary": "accelerators"}, samples=100)
    one, two = (yaml.safe_load(written(ledger, "sci")) for ledger in (small, narrow))
    assert one["SCI"] == two["SCI"]
    assert two["boundary"] == "facility (the headline of this scenario is at accelerators)"


def test_tokens_that_are_only_assumed_are_no_unit() -> None:
    found = yaml.safe_load(written(thirdwatt.estimate("gpt-4o", samples=1), "sci"))
    assert found["R"] == {"value": 1, "unit": "training run", "basis": "as the run is"}


@pytest.mark.parametrize("name", ["methods", "latex", "brief"])
def test_an_unknown_cost_is_not_known(name: str) -> None:
    ledger = thirdwatt.estimate("palm-540b", samples=1)
    assert ledger.totals["cost_usd"] is None
    lines = [each for each in written(ledger, name).splitlines() if re.match(r"\s*[Cc]ost  ?|.*The cost is", each)]
    assert "not known" in lines[0]


def test_nobody_is_told_a_place_or_a_chip_that_nobody_stated() -> None:
    ledger = thirdwatt.estimate({"workload": {"flop": 1e21}}, samples=1)
    block = front_matter(ledger)[KEY]
    assert block["geographical_location"] == "not known"
    assert block["hardware_used"].endswith("(type and number assumed, not stated)")
    assert r"\answerNo{}" in written(ledger, "neurips")
    assert "Where it is trained: not known" in written(ledger, "brief")


@pytest.mark.parametrize(
    ("hours", "band"),
    [
        (24, "less than 1 month"),
        (1400, "1 to 3 months"),
        (3000, "3 to 6 months"),
        (8000, "more than 6 months"),
    ],
)
def test_bands_of_training_time(hours: float, band: str) -> None:
    said = written(thirdwatt.estimate("gpt-4o", {"known.wall_time_h": hours}, samples=1), "gpai")
    assert f"NCA, band: {band}\n" in said


@pytest.mark.parametrize("preset", [*SHOWN, "llama-3.1-405b"])
def test_a_method_of_energy_is_about_a_hundred_words(preset: str) -> None:
    said = written(thirdwatt.estimate(preset), "gpai")
    text = said.split("Measurement methodology (energy)\n")[1].split("\n\n")[0]
    assert 70 <= len(text.split()) <= 140


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "brief"])
def test_development_runs_are_said_to_be_left_out(name: str) -> None:
    said = " ".join(written(thirdwatt.estimate("gpt-4o", samples=1), name).split()).lower()
    assert "development runs" in said or "preliminary and failed runs are not included" in said


# --- hostile text -------------------------------------------------------------------------------------------------


def hostile() -> Ledger:
    return thirdwatt.estimate("startup-lora-8xh100", {"title": HOSTILE, "note": HOSTILE}, samples=1)


@pytest.mark.parametrize("name", FORMATS)
def test_titles_can_be_printed(name: str) -> None:
    said = written(hostile(), name)
    said.encode("utf-8")
    assert all(each.isprintable() or each == "\n" for each in said)
    assert "\n---\nlicense" not in said


def test_titles_stay_text_in_yaml() -> None:
    found = front(written(hostile(), "model-card"))
    assert list(found) == [KEY]
    assert clean(HOSTILE) in found[KEY]["source"]
    assert yaml.safe_load(written(hostile(), "sci"))["software"] == f"training run: {clean(HOSTILE)}"


def test_titles_stay_text_in_markdown() -> None:
    said = written(hostile(), "model-card").split("---\n")[2]
    assert "<script>" not in said
    assert "[x](y)" not in said
    assert markdown(clean(HOSTILE)) in said


def test_titles_stay_text_in_latex() -> None:
    said = written(hostile(), "latex")
    lines = [line for line in said.splitlines() if not line.startswith("%")]
    assert r"a\textbar{}b \textless{}script\textgreater{}" in said
    assert r"\cmd" not in "\n".join(lines)
    bare = re.sub(r"\\[{}$&#_%\\]", "", "\n".join(lines))
    assert bare.count("{") == bare.count("}")
    assert "%" not in bare
    rows = [line for line in bare.splitlines() if " & " in line]
    assert {line.count("&") for line in rows} == {4}


def test_long_titles_are_cut() -> None:
    assert len(clean("x" * 5000)) == LONGEST
    assert clean("a  b\n c") == "a b c"


def test_latex_sets_powers_and_indices() -> None:
    assert latex("1.3 x 10^25 FLOP, 50 % of 3 t CO2e") == (
        r"1.3 $\times 10^{25}$ FLOP, 50 \% of 3 t CO\textsubscript{2}e"
    )


@pytest.mark.parametrize("examples", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_no_scenario_breaks_a_format(examples: int) -> None:
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(breaks_no_format)()


@given(documents(), st.sampled_from([1, 6]))
def breaks_no_format(document: dict[str, Any], samples: int) -> None:
    scenario = sound(document)
    if scenario is None:
        assume(False)
        return
    try:
        ledger = thirdwatt.estimate(scenario, samples=samples)
    except (InputError, InsufficientError):
        assume(False)
    assume(ledger.totals["energy_kwh"] is not None)
    for name in FORMATS:
        said = written(ledger, name)
        assert not NEVER.search(said), name
        assert not NO_NUMBER.search(said), name
    assert set(front(written(ledger, "model-card"))) == {KEY}
    for name in ("sci", "sci-ai"):
        yaml.safe_load(written(ledger, name))


# --- actions ------------------------------------------------------------------------------------------------------


def test_an_action_is_the_ledger_evaluated_again(small: Ledger) -> None:
    (sweden,) = (each for each in effects(small) if "Sweden" in each.action.says)
    other = thirdwatt.estimate("startup-lora-8xh100", {"site.region": "se"}, samples=100)
    change = sweden.changes["carbon"]
    one, two = small.totals["carbon_kg"], other.totals["carbon_kg"]
    assert change is not None
    assert one is not None
    assert two is not None
    assert change.ratio.value == pytest.approx(two.value / one.value)
    assert sweden.changes["energy"] is not None
    assert sweden.changes["energy"].ratio.low == sweden.changes["energy"].ratio.high == 1


def says(ledger: Ledger) -> str:
    return " ".join(each.action.says for each in effects(ledger))


def test_no_action_promises_what_the_ledger_cannot_know() -> None:
    free = thirdwatt.estimate("llama-3.1-8b", samples=1)
    assert "8-bit" in says(free)
    assert "newer chips" in says(free)
    for path, value in {"known.mfu": 0.4, "known.wall_time_h": 900, "known.accelerator_power_w": 600}.items():
        fixed = says(thirdwatt.estimate("llama-3.1-8b", {path: value}, samples=1))
        assert "8-bit" not in fixed
        assert "newer chips" not in fixed
    already = thirdwatt.estimate("llama-3.1-8b", {"site.region": "se", "site.facility": "lumi"}, samples=1)
    assert "Sweden" not in says(already)
    assert "liquid" not in says(already)


def test_a_stated_intensity_does_not_hide_another_place() -> None:
    assert "Sweden" in says(thirdwatt.estimate("gpt-4o", samples=1))


def test_places_are_compared_on_one_basis() -> None:
    here = {"site.region": "aws:us-east-1"}
    ledger = thirdwatt.estimate("llama-3.1-8b", here, samples=1)
    assert ledger.scenario.choices["basis"] == "direct"
    (sweden,) = (each for each in effects(ledger) if "Sweden" in each.action.says)
    base = thirdwatt.estimate("llama-3.1-8b", {**here, "site.basis": "life-cycle"}, samples=1).totals["carbon_kg"]
    other = thirdwatt.estimate("llama-3.1-8b", {"site.region": "se"}, samples=1).totals["carbon_kg"]
    assert base is not None
    assert other is not None
    assert sweden.changes["carbon"] is not None
    assert sweden.changes["carbon"].ratio.value == pytest.approx(other.value / base.value)


def test_what_was_observed_stays_so_when_something_changes() -> None:
    seen = [Observation("accelerator_power_w", 500.0, 500.0, 500.0, "W", "measured", "meter")]
    ledger = thirdwatt.estimate("llama-3.1-8b", observed=seen, samples=1)
    (sweden,) = (each for each in effects(ledger) if "Sweden" in each.action.says)
    assert sweden.changes["energy"] is not None
    assert sweden.changes["energy"].ratio.value == 1


# --- existing cards -----------------------------------------------------------------------------------------------

CARDS = {
    "nothing": "",
    "no front matter": "# A model\n\ntext\n",
    "a rule is no front matter": "---\n\n# A model\n",
    "empty front matter": "---\n---\n# A model\n",
    "a template's braces": "---\n# see the guide\n{}\n---\n# A model\n",
    "comments alone": "---\n# see the guide\n---\n# A model\n",
    "other keys": "---\nlicense: mit   # a comment\ntags:\n- a\n\n- b\n---\n# A model\n",
    "a bare number": "---\nlicense: mit\nco2_eq_emissions: 1.2  # kg?\n# after\ntags: [a, b]\n---\n# A model\n",
    "no value": "---\nco2_eq_emissions:\nlicense: mit\n---\n",
    "a table": "---\na: 1\nco2_eq_emissions:\n  emissions: 5\n  source: x\n\n# of b\nb: 2\n---\nbody\n",
    "braces": "---\na: 1\nco2_eq_emissions: {emissions: 5,\n  source: x}\nb: 2\n---\nbody\n",
    "a block of text": "---\nco2_eq_emissions:\n  source: |\n    two\n    lines\n\nb: 2\n---\nbody\n",
    "text after": "---\na: |\n  two\n  lines\n---\nbody\n",
    "a quoted key": "---\n'co2_eq_emissions': 5\nb: 2\n---\nbody\n",
    "indented": "---\n  a: 1\n  co2_eq_emissions: 4\n  b: 2\n---\nbody\n",
    "windows": "---\r\na: 1\r\nco2_eq_emissions: 5\r\nb: 2\r\n---\r\nbody\r\nmore",
    "windows without front matter": "# A model\r\n",
    "byte order mark": "\ufeff---\na: 1\n---\nbody\n",
    "blank lines first": "\n\n---\na: 1\n---\nbody\n",
    "no end of line": "---\na: 1\n---",
    "dashes inside": '---\na: "---"\nb: 1\n--- \nbody\n---\n',
    "an environmental section": "---\na: 1\n---\n## Environmental impact\n\nours: 3 kg\n",
}


def parts(card: str) -> tuple[dict[str, Any], str]:
    """Front matter and body as the Hub finds them."""
    found = re.match(r"^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))", card.lstrip("\ufeff"))
    if found is None:
        return {}, card.lstrip("\ufeff")
    return yaml.safe_load(found[2] + "\n") or {}, card.lstrip("\ufeff")[found.end() :]


@pytest.mark.parametrize("name", CARDS)
def test_a_card_keeps_everything_but_the_key(name: str, small: Ledger) -> None:
    old = CARDS[name]
    new = merged(old, small)
    assert merged(new, small) == new
    before, body = parts(old)
    after, kept = parts(new)
    if name == "empty front matter":  # the Hub sees none in it
        before, body = {}, "# A model\n"
    assert kept.removeprefix("\r\n" if "windows" in name else "\n") == body.removeprefix("\n")
    assert after.pop(KEY) == front_matter(small)[KEY]
    before.pop(KEY, None)
    assert after == before
    assert new.startswith("\ufeff") == old.startswith("\ufeff")
    if "\r\n" in old:
        assert "\n" not in new.replace("\r\n", "")
    comments = re.findall(r"# (?:see the guide|a comment|after|of b)", old)
    assert all(comment in new for comment in comments)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("---\na: [1\n---\n", "is not valid YAML"),
        ("---\n- a\n---\n", "is no table of keys"),
        ("---\njust text\n---\n", "is no table of keys"),
        ("---\n{a: 1, b: 2}\n---\n", "is written in braces"),
        ("---\nco2_eq_emissions: 1\nco2_eq_emissions: 2\n---\n", "stands in it twice"),
        ("---\nco2_eq_emissions: &x {emissions: 1}\nb: *x\n---\n", "is not valid YAML"),
        ("---\n? co2_eq_emissions\n: 5\nb: 1\n---\n", "front matter of the card"),
        ("---\na: !!python/object:os.system x\nb: " + "[" * 5000 + "\n---\n", "is not valid YAML"),
    ],
)
def test_a_card_that_cannot_be_merged_is_refused(card: str, said: str, small: Ledger) -> None:
    with pytest.raises(InputError, match=said):
        merged(card, small)


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from([KEY, "license", "tags", "model-index", "x y"]), VALUES, min_size=1),
    st.sampled_from([None, False]),
    st.sampled_from(["", "\n# comment\n", "body\n---\nmore"]),
)
def test_any_front_matter_is_kept(keys: dict[str, Any], flow: bool | None, body: str) -> None:
    ledger = thirdwatt.estimate("startup-lora-8xh100", samples=1)
    text = yaml.safe_dump(keys, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    assume(not text.startswith("{"))
    new = merged(f"---\n{text}---\n{body}", ledger)
    after, kept = parts(new)
    assert kept == body
    assert after.pop(KEY) == front_matter(ledger)[KEY]
    before = yaml.safe_load(text)
    before.pop(KEY, None)
    assert after == before
    assert merged(new, ledger) == new


def test_the_hub_reads_it(small: Ledger) -> None:
    hub = pytest.importorskip("huggingface_hub")
    for text in (
        written(small, "model-card"),
        *(merged(card, small) for card in CARDS.values() if card[:1] != "\ufeff"),
    ):
        found = hub.ModelCard(text).data.to_dict()
        assert found[KEY] == front_matter(small)[KEY]
    assert hub.ModelCardData(**front_matter(small)).to_dict() == front_matter(small)


@pytest.mark.parametrize("name", CARDS)
def test_a_difference_is_a_patch(name: str, small: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(CARDS[name].encode())
    new = merged(CARDS[name], small)
    patch = difference(CARDS[name], new, "README.md")
    assert patch.startswith("--- a/README.md\n+++ b/README.md\n@@")
    try:
        done = subprocess.run(
            ["patch", "--binary", "-p1"], input=patch.encode(), cwd=tmp_path, capture_output=True, timeout=30
        )
    except FileNotFoundError:
        pytest.skip("patch is not installed")
    assert done.returncode == 0, done.stdout
    assert path.read_bytes() == new.encode()
    assert difference(new, new, "README.md") == ""


# --- the command --------------------------------------------------------------------------------------------------

CARD = ("estimate", "startup-lora-8xh100", "--samples", "1", "--format", "model-card", "--card")


def test_a_card_is_shown_and_then_written(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(CARDS["windows"].encode())
    path.chmod(0o640)
    shown = run(*CARD, str(path))
    assert shown.returncode == 0
    assert "+co2_eq_emissions:" in shown.stdout
    assert path.read_bytes() == CARDS["windows"].encode()
    done = run(*CARD, str(path), "--write")
    assert done.returncode == 0
    assert done.stderr == f"{path} is written\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["README.md"]
    again = run(*CARD, str(path), "--write")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_cards_that_cannot_be_written_stay_as_they_are(tmp_path: Path) -> None:
    path, link = tmp_path / "README.md", tmp_path / "link.md"
    path.write_text(CARDS["other keys"])
    link.symlink_to(path)
    broken = tmp_path / "broken.md"
    broken.write_text("---\na: [1\n---\n")
    binary = tmp_path / "binary.md"
    binary.write_bytes(b"\xff\xfe\x00")
    for name, said in (
        (link, "is a link; name the file it leads to"),
        (broken, "is not valid YAML"),
        (binary, "is not UTF-8 text"),
        (tmp_path, "cannot be read"),
        (tmp_path / "absent.md", "cannot be read"),
    ):
        done = run(*CARD, str(name), "--write")
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stdout == ""
    assert path.read_text() == CARDS["other keys"]
    assert link.is_symlink()
    assert {each.name for each in tmp_path.iterdir()} == {"README.md", "link.md", "broken.md", "binary.md"}


def test_a_read_only_card_is_named(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# A model\n")
    path.chmod(0o444)
    done = run(*CARD, str(path), "--write")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert path.read_text() == "# A model\n"


def test_a_failure_on_the_way_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thirdwatt.cli import files

    path = tmp_path / "README.md"
    path.write_text("old")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left on device; nothing was changed"):
        files.rewrite(str(path), "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "brieff"), "is not one of"),
        (("--format", "brief", "--json"), "choose one of"),
        (("--format", "brief", "--card", "README.md"), "--card FILE goes with --format model-card"),
        (("--format", "model-card", "--write"), "--write with --card"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...], said: str) -> None:
    done = run("estimate", "gpt-4o", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_table_has_no_format() -> None:
    done = run("estimate", "--table", "rows.csv", "--format", "brief")
    assert done.returncode == 2
    assert "--table gives" in done.stderr


@pytest.mark.parametrize("name", FORMATS)
def test_the_command_prints_a_format(name: str) -> None:
    done = run("estimate", "gpt-4o", "--samples", "1", "--format", name)
    assert done.returncode == 0
    assert done.stdout == written(thirdwatt.estimate("gpt-4o", samples=1), name)
