"""Scenarios: what may be said, and everything that is wrong with one at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import changed, observations, presets, read, value_of


def scenario(document: dict[str, Any]) -> Scenario:
    return parse(document, book().names)


def wrong(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as found:
        scenario(document)
    return [str(mistake) for mistake in found.value.mistakes]


@pytest.mark.parametrize("name", presets())
def test_presets_are_sound(name: str) -> None:
    assert parse(read(name)[1], book().names, name=name).name == name


def test_every_mistake_is_named_at_once() -> None:
    said = wrong(
        {
            "boundary": "campus",
            "workload": {"modle": "x", "tokens": "many"},
            "cluster": {"accelerator": "h100-smx", "count": -3},
            "site": {"pue": 0.4, "region": "mars", "tenure": "mine"},
            "known": {"energy_kwh": 3, "mfuu": 0.3},
            "range": {"mfu": [0.5, 0.2]},
        }
    )
    for start in (
        "boundary: 'campus'",
        "workload.modle: unknown key; did you mean model?",
        "workload.tokens: 'many' is not a number",
        "cluster.accelerator: 'h100-smx' is in no row of accelerators; did you mean h100-sxm-80gb?",
        "cluster.count: -3 is below 0",
        "site.pue: 0.4 is below 1",
        "site.region: 'mars' is in no row",
        "site.tenure: 'mine'",
        "known.energy_kwh: an energy without its boundary; say which",
        "known.mfuu: no such quantity; did you mean mfu?",
        "range.mfu: 0.35 lies outside its own range",
    ):
        assert any(line.startswith(start) for line in said), (start, said)


def test_a_mistake_is_placed_by_its_path_and_not_by_its_source() -> None:
    (said,) = wrong({"site": {"pue": {"value": 0.5, "source": "arXiv:2302.13971"}}})
    assert said.startswith("site.pue: 0.5 is below 1")


def test_what_is_assumed_needs_a_range() -> None:
    stated = {"value": 512, "kind": "assumed", "source": "not published"}
    (said,) = wrong({"cluster": {"count": stated}})
    assert said == "cluster.count: is assumed and has no range; give low and high"
    found = scenario({"cluster": {"count": {**stated, "low": 256, "high": 1024}}})
    assert found.given["accelerator_count"].kind == "assumed"


def test_cooling_that_contradicts_the_pue_is_refused() -> None:
    """The essay's cooling of 30 to 40 % cannot be at its PUE of 1.1."""
    (said,) = wrong({"site": {"pue": 1.1, "cooling_share": 0.35}})
    assert "contradicts a PUE of 1.1, whose whole overhead is 9.1%" in said
    assert "at least 1.54" in said
    scenario({"site": {"pue": 1.7, "cooling_share": 0.35}})


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"storage": {"copies": 2, "erasure": "8+3"}}, "both stated"),
        ({"layout": {"precision": "fp4"}}, "h100-sxm-80gb has no fp4; allowed: bf16"),
        ({"cluster": {"instance": "aws:p5.48xlarge", "accelerator": "a100"}}, "is not in aws:p5.48xlarge"),
        ({"layout": {"tensor": 8, "pipeline": 2, "data": 3}, "cluster": {"count": 64}}, "is 48, cluster.count is 64"),
        ({"site": {"tenure": "rented"}, "cluster": {"accelerator": "cpu-laptop"}}, "no on-demand rent of cpu-laptop"),
        ({"known": {"mfu": {"value": 0.3, "low": 0.4}}}, "lies outside its own range"),
        ({"known": {"accelerator_hours": 0}}, "must be more than 0"),
        ({"known": {"mfu": float("nan")}}, "finite number"),
        ({"known": {"component_energy_kwh": 1}}, "has a value for each of accelerators, cpu_servers"),
        ({"range": {"boundary_carbon_kg": [1, 2]}}, "has a value for each of accelerators, accelerators+facility"),
        ({"known": {"s_per_h": 60}}, "is a definition"),
        ({"known": {"adapter_code": 1}}, "by name"),
        ({"site": {"cooling_share": 1}}, "cannot be the whole facility"),
    ],
)
def test_what_does_not_go_together(document: dict[str, Any], said: str) -> None:
    assert any(said in line for line in wrong(document)), wrong(document)


def test_aliases_are_named() -> None:
    found = scenario({"cluster": {"accelerator": "A100 80GB"}})
    assert found.choices["accelerator"] == "a100-sxm-80gb"
    assert "alias" in [warning.code for warning in found.warnings]


def test_a_range_alone_has_its_middle_as_value() -> None:
    figure = scenario({"range": {"accelerator_power_w": [560, 640]}}).given["accelerator_power_w"]
    assert (figure.low, figure.value, figure.high, figure.kind) == (560, 600, 640, "stated")
    both = {"known": {"accelerator_power_w": 610}, "range": {"accelerator_power_w": [560, 640]}}
    assert scenario(both).given["accelerator_power_w"].value == 610


def test_set() -> None:
    assert changed({"site": {"pue": 1.1}}, ["site.pue=1.2", "cluster.count=1e3", "workload.model=gpt-4o"]) == {
        "site": {"pue": 1.2},
        "cluster": {"count": 1000.0},
        "workload": {"model": "gpt-4o"},
    }
    with pytest.raises(InputError) as found:
        changed({"site": 3}, ["site.pue=1", "pue", "a..b=1"])
    assert len(found.value.mistakes) == 3
    assert value_of("[1, 2]") == [1, 2]


NASTY: dict[str, bytes] = {
    "binary.toml": b"\x00\x01\x02\xff",
    "nul.yaml": b"a: \x00",
    "latin.toml": "title = 'é'".encode("latin-1"),
    "list.json": b"[1, 2]",
    "number.yaml": b"3",
    "deep.json": b"[" * 5000,
    "deep.toml": b"a = " + b"[" * 3000,
    "twice.toml": b"[site]\npue = 1.1\npue = 1.2\n",
    "bomb.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "object.yaml": b"!!python/object/apply:os.system [true]",
    "huge.json": b'{"site": {"pue": 1e999}}',
    "integer.json": b'{"cluster": {"count": ' + b"9" * 5000 + b"}}",
    "nan.yaml": b"site: {pue: .nan}",
    "text.txt": b"hello",
    "date.toml": b"[site]\npue = 2020-01-01\n",
    "ledger.json": b'{"schema": "thirdwatt/estimate/1"}',
    "key.json": b'{"\\ud800": 1}',
    "large.toml": b"# " + b"x" * 1_000_001,
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_files_are_mistakes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(NASTY[name])
    with pytest.raises(InputError) as found:
        parse(read(str(path))[1], book().names)
    assert all(mistake.problem for mistake in found.value.mistakes)


def test_folders_and_absent_files_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read(str(tmp_path))
    with pytest.raises(InputError, match="did you mean gpt-4o"):
        read("gpt-4oo")


def test_a_byte_order_mark_and_an_empty_file_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbftitle = 'x'")
    assert read(str(path)) == ("bom", {"title": "x"})
    path.write_bytes(b"")
    assert read(str(path)) == ("bom", {})


def test_observations(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    row = {"quantity": "accelerator_power_w", "value": 500, "low": 490, "high": 510, "unit": "W", "source": "run 1"}
    path.write_text(json.dumps({"schema": "thirdwatt/observations/1", "observations": [row]}))
    (seen,) = observations(str(path))
    assert (seen.value, seen.kind, seen.scope) == (500, "measured", "rate")
    rows = [{**row, "unit": "kW"}, {**row, "value": "x"}, {**row, "kind": "guess"}, 3, {**row, "colour": 1}]
    path.write_text(json.dumps({"schema": "thirdwatt/observations/1", "observations": rows}))
    with pytest.raises(InputError) as found:
        observations(str(path))
    assert len(found.value.mistakes) == len(rows)
    path.write_text("{}")
    with pytest.raises(InputError, match="schema is None"):
        observations(str(path))


def test_a_stated_facility_outdoes_the_region_and_a_region_the_usual() -> None:
    import thirdwatt

    run = {"workload": {"flop": 1e21}, "cluster": {"count": 8}}
    usual = thirdwatt.estimate({**run, "site": {"region": "aws:us-east-1"}}, samples=1)
    stated = thirdwatt.estimate({**run, "site": {"region": "aws:us-east-1", "facility": "enterprise"}}, samples=1)
    assert usual.of("pue").value == 1.15  # type: ignore[union-attr]
    assert stated.of("pue").value == 1.54  # type: ignore[union-attr]


def test_a_basis_that_nobody_publishes_is_a_mistake() -> None:
    (said,) = wrong({"site": {"region": "fr", "basis": "direct"}})
    assert said.startswith("site.basis: no direct intensity of fr is published; leave site.basis out")


def test_a_figure_of_the_parent_stands_in_and_is_named() -> None:
    found = scenario({"site": {"region": "us-va", "basis": "life-cycle"}})
    assert "no life-cycle intensity of us-va is published; that of us stands in" in [w.text for w in found.warnings]
    assert scenario({"site": {"region": "us-va"}}).choices["basis"] == "direct"


def test_a_title_moves_no_cursor_and_turns_no_line() -> None:
    assert scenario({"title": "a\x1b[2Jb\u202ec\nd", "workload": {"flop": 1e20}}).title == "a [2Jb c d"


def test_what_is_stated_twice_is_said() -> None:
    twice = scenario({"workload": {"flop": 1e20}, "site": {"pue": 1.2}, "known": {"pue": 1.5}})
    assert twice.given["pue"].value == 1.5
    assert "known.pue = 1.5 replaces site.pue = 1.2" in {w.code: w.text for w in twice.warnings}["stated_twice"]


def test_what_an_instance_has_is_stated_once_too() -> None:
    found = scenario({"cluster": {"instance": "aws:p5.48xlarge"}, "known": {"accelerator_count": 16}})
    assert found.given["accelerator_count"].value == 16
    said = {warning.code: warning.text for warning in found.warnings}["stated_twice"]
    assert said == "known.accelerator_count = 16 replaces cluster.instance = 8; state it once"


def test_a_range_keeps_kind_and_source_of_what_it_widens() -> None:
    known = {"mfu": {"value": 0.4, "kind": "measured", "source": "my meter"}}
    figure = scenario({"workload": {"flop": 1e20}, "known": known, "range": {"mfu": [0.3, 0.5]}}).given["mfu"]
    assert (figure.value, figure.low, figure.high) == (0.4, 0.3, 0.5)
    assert (figure.kind, figure.source) == ("measured", "my meter")


def test_rents_of_another_time_are_said() -> None:
    old = {"workload": {"flop": 1e20}, "cluster": {"accelerator": "v100-sxm-32gb"}, "software": {"year": 2019}}
    assert "later_price" in {warning.code for warning in scenario({**old, "site": {"tenure": "rented"}}).warnings}
    paid = {"tenure": "rented", "rent_usd_per_h": 3.0}
    assert "later_price" not in {warning.code for warning in scenario({**old, "site": paid}).warnings}


def test_heads_of_two_widths_say_latent_attention() -> None:
    shape = {"layers": 61, "hidden": 7168, "heads": 128, "head_dim": 192, "head_dim_v": 128, "seq_len": 4096}
    found = parse({"workload": {"transformer": shape}}, book().names)
    assert found.given["kv_rank"].value == 512
    assert found.given["rope_head_width"].value == 64
    assert "latent_attention" in {warning.code for warning in found.warnings}
    stated = parse({"workload": {"transformer": {**shape, "kv_rank": 256}}}, book().names)
    assert stated.given["kv_rank"].value == 256
    assert "q_rank" not in stated.given


def test_a_scan_is_observed_among_all_that_it_found(tmp_path: Path) -> None:
    row = {"quantity": "padding_share", "value": 0.4, "low": 0.3, "high": 0.5, "unit": "1", "source": "scan 1"}
    path = tmp_path / "scan.json"
    path.write_text(json.dumps({"schema": "thirdwatt/scan/1", "rows": 3, "findings": [], "observations": [row]}))
    (seen,) = observations(str(path))
    assert (seen.quantity, seen.value, seen.low, seen.high, seen.kind) == ("padding_share", 0.4, 0.3, 0.5, "measured")
    path.write_text(json.dumps({"schema": "thirdwatt/scan/2", "observations": [row]}))
    with pytest.raises(InputError, match="thirdwatt/scan/1"):
        observations(str(path))
