"""What a search for a blueprint found, in words, as data and as a file."""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.calling import call
from tests.report.chips import NAMES, answered
from tests.report.test_language import said as forbidden
from thirdwatt.cli.options import dumped
from thirdwatt.ledger import Total, estimate
from thirdwatt.report.chip_document import front_rows, search_document
from thirdwatt.report.chip_file import chip_file
from thirdwatt.report.chips import bounds, headline, part_rows, text
from thirdwatt.report.schemas import schema
from thirdwatt.scenario.read import chip_of


@pytest.mark.parametrize("width", [100, 80])
def test_the_answer_is_as_it_was(width: int, snapshot: SnapshotAssertion) -> None:
    assert text(answered(), width) == snapshot


@pytest.mark.parametrize("name", ["nothing", "slow", "short"])
def test_other_answers_are_as_they_were(name: str, snapshot: SnapshotAssertion) -> None:
    assert text(answered(name), 100) == snapshot


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_it_keeps_to_its_columns_and_words(name: str, width: int) -> None:
    found = text(answered(name), width, ("--weight", "gpt-3-175b=0"), "a chip.toml")
    assert max(map(len, found.splitlines())) <= width
    assert not forbidden(found)
    assert not re.search(r"TOPS|FLOP/s/W|\bnan\b|\binf\b|None", found)


def test_a_factor_is_said_with_what_it_is_at_the_server() -> None:
    said = headline(answered())
    at = {name: f"{each.value:.3g}" for name, each in answered().boundaries.items()}
    assert said.startswith(f"{at['accelerators']} (90 %: ")
    assert f"at IT, servers and network and at the facility it is {at['it']} (" in said
    assert "hosts, network and cooling do not shrink with the chip" in said
    assert re.search(r"3 or more in \d+ % of draws", said)


def test_another_boundary_says_what_it_is_at_the_chip() -> None:
    said = headline(answered("short"))
    at = {name: f"{each.value:.3g}" for name, each in answered("short").boundaries.items()}
    assert said.startswith(
        f"{at['facility']} times less energy at the facility; at the accelerators it is {at['accelerators']}, "
    )
    assert "draws" not in said


def test_parts_multiply_to_the_factor() -> None:
    answer = answered()
    assert answer.factor is not None
    assert math.prod(each.in_order for each in answer.parts) == pytest.approx(answer.factor.value)
    assert part_rows(answer)[-1][2:4] == (f"{answer.factor.value:.2f}", f"{answer.factor.value:.2f}")


def test_what_falls_short_says_so() -> None:
    said = text(answered("short"), 100)
    assert "short of 50 times" in said
    assert "Speculative: training in fp4" in said
    assert "short of" not in text(answered(), 100)


def test_limits_that_nothing_keeps_are_named() -> None:
    assert "10 W a board: allow more" in text(answered("nothing"), 100)
    assert "takes at most 0.1 of the baseline's hours" in " ".join(text(answered("slow"), 100).split())


def test_cmos_is_held_against_the_design_in_its_own_precision() -> None:
    design = answered().best
    assert design is not None
    found = bounds(design)
    assert found.flop_per_j == design.built["accelerator_peak_flop_per_s"] / design.built["accelerator_tdp_w"]
    assert found.cmos * found.flop_per_j == pytest.approx(4.7e15)
    assert found.cmos_low < found.cmos < found.cmos_high
    assert 1e4 < found.landauer < 1e7


# --- as data ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_data_keep_to_their_schema(name: str) -> None:
    import json

    found = json.loads(dumped(search_document(answered(name))))
    jsonschema.validate(found, schema("chip-search"))
    assert (found["best"] is None) == (name in ("nothing", "slow"))


def test_the_front_is_a_sheet_of_designs() -> None:
    head, *rows = front_rows(answered())
    assert len(rows) == len(answered().front) > 1
    assert all(len(row) == len(head) for row in rows)
    factors = [float(str(row[0])) for row in rows]
    assert factors == sorted(factors, reverse=True)
    assert len(front_rows(answered("nothing"))) == 1


# --- as a file ----------------------------------------------------------------------------------------------------


def test_a_file_is_the_design_to_the_last_digit(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    answer = answered()
    assert answer.best is not None
    written = chip_file(answer)
    assert re.sub(r"facts \w+", "facts", written) == snapshot
    assert tomllib.loads(written)["blueprint"] == answer.best.section
    assert chip_file(answer) == written
    assert not re.search(r"20\d\d-\d\d-\d\d", written)


def test_estimate_of_the_file_gives_the_numbers_of_the_answer(tmp_path: Path) -> None:
    answer = answered()
    file = tmp_path / "chip.toml"
    file.write_text(chip_file(answer))
    for document, trained in zip(answer.documents, answer.trained, strict=True):
        alike: dict[str, Any] = {name: each for name, each in document.items() if name != "blueprint"}
        alike["cluster"] = {**document["cluster"], "accelerator": str(file)}
        ledger = estimate(alike, samples=answer.question.samples, seed=answer.question.seed)
        energy, tokens = ledger.of("accelerators_energy_kwh"), ledger.of("trained_token_count")
        assert energy is not None
        assert tokens is not None
        assert _per(energy, tokens.value) == pytest.approx(_three(trained.after_j_per_token), rel=1e-12)
    assert chip_of(str(file))["cluster"] == {"accelerator": answer.question.baseline}


def test_the_commands_in_a_file_price_the_layouts_of_the_answer(tmp_path: Path) -> None:
    answer = answered()
    file = tmp_path / "chip.toml"
    file.write_text(chip_file(answer))
    commands = re.findall(r"^#   thirdwatt (estimate .*)$", file.read_text(), re.MULTILINE)
    for command, document in zip(commands, answer.documents, strict=True):
        asked = [each.replace("FILE", str(file)) for each in command.split()]
        done = call(os.environ, *asked, "--samples", "1", "--json")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)["scenario"]
        layout = {name: each["value"] if isinstance(each, dict) else each for name, each in told["layout"].items()}
        assert layout == document["layout"]
        assert told["cluster"]["count"]["value"] == document["cluster"]["count"]
        assert told["blueprint"]["units"]["value"] == document["blueprint"]["units"]


def test_without_a_design_there_is_no_file() -> None:
    with pytest.raises(ValueError, match="no design"):
        chip_file(answered("nothing"))


def _three(total: Total) -> tuple[float, float, float]:
    return total.value, total.low, total.high


def _per(energy: Total, tokens: float) -> tuple[float, ...]:
    return tuple(each * 3.6e6 / tokens for each in _three(energy))
