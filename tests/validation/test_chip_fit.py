"""The fit of silicon: reproducible, no further than points tell, spreads from chips left out, tables that hold it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from functools import cache
from math import exp, log, sqrt

import numpy as np
import pytest

from thirdwatt.facts import Figure, table
from thirdwatt.facts.table import content, sources
from thirdwatt.ledger.calibration import Fitted
from thirdwatt.ledger.samples import SCORE_AT_95
from thirdwatt.search.blueprint.known import known_by
from thirdwatt.validation import chip_fit
from thirdwatt.validation.chip_fit import (
    CELLS,
    COMMON,
    OWN,
    OWN_AREA,
    SOURCE,
    Apart,
    Moved,
    area_ratio_without,
    every_apart,
    fitted,
    left_out,
    main,
    moved,
    other_dies,
    own_ratios,
    predicted,
    same_die,
    spreads,
)
from thirdwatt.validation.chips import AREA, FIT_ON, POWER, points


@cache
def fit() -> tuple[dict[str, Fitted], dict[str, float]]:
    return fitted()


def test_the_source_of_a_fit_is_known() -> None:
    assert SOURCE in sources()


def test_every_constant_stays_within_two_and_a_half_spreads_of_its_prior() -> None:
    found, _ = fit()
    for quantity, cells in CELLS.items():
        for cell in cells:
            prior = cell.constant
            steps = log(found[quantity].values[cell.name] / prior.prior) / prior.sigma
            assert abs(steps) <= 2.5, cell.name
            assert found[quantity].sigmas[cell.name] <= prior.sigma * 1.001, cell.name


def test_points_are_nearer_after_the_fit() -> None:
    _, logs = fit()
    for quantity in (AREA, POWER):
        own = [each for each in points() if each.fitted and each.quantity == quantity]
        measured = np.array([each.measured.value for each in own])
        before, after = (abs(np.log(predicted(own, each) / measured)).mean() for each in ({}, logs))
        assert after < before


def test_what_points_tell_is_even_about_the_value_and_what_they_do_not_keeps_its_ends() -> None:
    prior = Figure(2, 1, 3, "assumed", "thirdwatt", "silicon/chip/board_idle_w")
    told = Moved(1.5, 0.1, told=True).of(prior)
    assert (told.value, told.kind, told.source) == (3, "modelled", SOURCE)
    assert told.high / told.value == pytest.approx(told.value / told.low) == pytest.approx(exp(0.1 * SCORE_AT_95))
    kept = Moved(1.5, 0.3, told=False).of(prior)
    assert (kept.low, kept.high, kept.kind) == (1.5, 4.5, "assumed")


def test_a_node_that_follows_is_as_unsure_as_it_was() -> None:
    changes = moved(fit()[0])
    for node in ("n3e", "n2"):
        prior = table("processes").rows[node].figures["switching_energy_ratio"]
        follows = changes[prior.stream].of(prior)
        assert follows.high / follows.low == pytest.approx(prior.high / prior.low)
    own = table("processes").rows["n4"].figures["switching_energy_ratio"]
    assert changes[own.stream].of(own).high / changes[own.stream].of(own).low < own.high / own.low


def apart(quantity: str, errors: list[float], sigma: float, known: float = 0.0) -> list[Apart]:
    return [
        Apart(f"chip {number}", quantity, (), np.array([error]), np.array([sigma]), np.array([known]), ())
        for number, error in enumerate(errors)
    ]


def test_spreads_are_what_constants_do_not_explain() -> None:
    found = spreads([*apart(POWER, [0.5, -0.5, 0.5, -0.5], 0.3), *apart(AREA, [0.1, -0.1, 0.1, -0.1], 0.2)])
    assert sqrt(found[COMMON] ** 2 + found[OWN] ** 2) == pytest.approx(0.4)
    assert found[COMMON] == pytest.approx(0.2)
    assert found[OWN_AREA] == pytest.approx(0.02)  # constants explain more: as closely as a model can be


def test_how_well_a_chip_was_measured_explains_its_error_too() -> None:
    found = spreads([*apart(POWER, [0.5, -0.5, 0.5, -0.5], 0.3, 0.2), *apart(AREA, [0.1], 0.0)])
    assert found[COMMON] ** 2 + found[OWN] ** 2 == pytest.approx(0.25 - 0.09 - 0.04)
    several = replace(
        apart(POWER, [0.5], 0.0)[0], errors=np.full(4, 0.5), sigmas=np.full(4, 0.3), known=np.full(4, 0.2)
    )
    assert several.unexplained == pytest.approx(0.25 - 0.09 - 0.01)  # constants are common to its points, meters not


def test_an_error_is_explained_by_the_side_that_would_lessen_it() -> None:
    """V100 comes out too high without it: its node may take less by more than it may take more; H100's the reverse."""
    for chip, node, side in (("v100-sxm-32gb", "12ffn", "low"), ("h100-sxm-80gb", "n4", "high")):
        (own,) = (each for each in left_out() if each.chip == chip and each.quantity == POWER)
        prior = table("processes").rows[node].figures["switching_energy_ratio"]
        wide = abs(log(getattr(prior, side) / prior.value)) / SCORE_AT_95
        assert wide > log(prior.high / prior.low) / (2 * SCORE_AT_95)  # more than if both sides were alike
        assert (own.errors.mean() > 0) == (side == "low")
        assert own.sigmas.mean() > 0.7 * wide


def test_the_spreads_of_boards_come_from_the_four_chips_and_those_of_dies_from_every_die_left_out() -> None:
    assert {each.chip for each in left_out()} == set(FIT_ON)
    assert all(point.fitted for each in left_out() for point in each.points)
    assert {each.quantity for each in other_dies()} == {AREA}
    dies = {each.chip for each in points() if each.quantity == AREA}
    assert {each.chip for each in every_apart() if each.quantity == AREA} == dies
    assert {each.chip for each in every_apart() if each.quantity == POWER} == set(FIT_ON)
    for name, sigma in spreads(every_apart()).items():
        figure = table("silicon").rows["chip"].figures[name]
        assert (figure.value, figure.kind, figure.source) == (1, "modelled", SOURCE)
        assert figure.high == pytest.approx(exp(SCORE_AT_95 * sigma), rel=5e-3)
        assert figure.low == pytest.approx(exp(-SCORE_AT_95 * sigma), rel=5e-3)


def test_an_interval_of_a_die_knows_nothing_of_that_die() -> None:
    """The worst die makes the ratio of dies wider for all others and not for itself; most lie inside all the same."""
    apart = [each for each in every_apart() if each.quantity == AREA]
    worst = max(apart, key=lambda each: abs(each.errors[0]))
    whole = table("silicon").rows["chip"].figures[OWN_AREA]
    assert area_ratio_without(worst.chip).high < whole.high
    assert whole.low == pytest.approx(1 / whole.high, rel=5e-3)


def test_a_chip_left_out_does_not_move_its_constants() -> None:
    (v100,) = (each for each in left_out() if each.chip == "v100-sxm-32gb" and each.quantity == POWER)
    prior = table("processes").rows["12ffn"].figures["switching_energy_ratio"]
    for leaves in v100.leaves:
        assert leaves["switching_energy_ratio"].value == pytest.approx(prior.value, rel=1e-6)


def test_points_in_another_order_give_the_same_fit() -> None:
    found, _ = fit()
    again, _ = fitted(reversed([each for each in points() if each.fitted]))
    for quantity, one in found.items():
        for name, value in one.values.items():
            assert again[quantity].values[name] == pytest.approx(value, rel=1e-4)


def test_a_point_measured_higher_moves_the_model_up() -> None:
    _, logs = fit()
    chosen = [each for each in points() if each.fitted]
    more = [
        replace(each, measured=replace(each.measured, value=each.measured.value * 1.2))
        if each.quantity == POWER
        else each
        for each in chosen
    ]
    own = [each for each in chosen if each.quantity == POWER]
    assert predicted(own, fitted(more)[1]).mean() > predicted(own, logs).mean()


@pytest.mark.slow
def test_the_tables_hold_what_the_fit_gives(tmp_path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    """``make fit-chips`` writes them anew, and twice writes the same."""
    monkeypatch.setattr(chip_fit, "TABLES", tmp_path)
    assert main(["--write"]) == 0
    first = {file.stem: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(first) == {"chips", "processes", "silicon"}
    for name, text in first.items():
        written, stands = (list(csv.reader(io.StringIO(each.decode()))) for each in (text, content(name)))
        assert written == stands, "make fit-chips writes it anew"
    assert main(["--write"]) == 0
    assert {file.stem: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert capsys.readouterr().out


def test_a_ratio_of_guesses_is_a_guess() -> None:
    """Of some chips every point at work has watts or a load that somebody guessed: their ratio says so everywhere."""
    ratios = own_ratios(fit()[1])
    work = [each for each in points() if each.quantity == POWER]
    kinds = {each.chip: {other.measured.kind for other in work if same_die(each.chip, other.chip)} for each in work}
    assert {chip for chip, ratio in ratios.items() if ratio.guessed} == {
        chip for chip, seen in kinds.items() if seen == {"assumed"}
    }
    for chip, ratio in ratios.items():
        figure = table("chips").rows[chip].figures["design_power_ratio@fitted"]
        assert figure.kind == ("assumed" if ratio.guessed else "modelled"), chip
        assert known_by(figure.kind, figure.source) == ("assumed" if ratio.guessed else "fitted"), chip


def test_what_a_fit_moved_nobody_published() -> None:
    """A value that is not the prior's is a guess as before, or modelled."""
    for name in ("chips", "processes", "silicon"):
        for row in table(name):
            for quantity, figure in row.figures.items():
                prior = row.figures.get(quantity.removesuffix("@fitted"))
                if prior is not None and prior.value != figure.value and quantity.endswith("@fitted"):
                    assert figure.kind in ("assumed", "modelled"), (row.id, quantity)


def test_a_ratio_of_one_point_is_of_little_confidence() -> None:
    for chip, ratio in own_ratios(fit()[1]).items():
        figure = table("chips").rows[chip].figures["design_power_ratio@fitted"]
        assert (figure.confidence == "low") == (ratio.guessed or ratio.points == 1), chip


def test_boards_with_one_die_have_one_ratio() -> None:
    """One point of a board may not make the same silicon look twice as good: it counts among those of its die."""
    assert same_die("h100-sxm-80gb", "h100-pcie-80gb")
    assert same_die("h100-sxm-80gb", "h200-sxm-141gb")
    assert not same_die("h100-sxm-80gb", "l40s")
    assert not same_die("b200-sxm-180gb", "gb300")  # fewer lanes of 64 bit
    assert not same_die("tpu-v4", "tpu-v3")
    ratios = own_ratios(fit()[1])
    for one, ratio in ratios.items():
        for other, another in ratios.items():
            assert (ratio == another) == same_die(one, other), (one, other)
