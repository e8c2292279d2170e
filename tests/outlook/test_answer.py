"""Paths, what binds, what a gain buys, sites, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.outlook.answer import NOT_READ, Outlook, outlook
from thirdwatt.outlook.assumptions import SCOPES, SECTIONS, assumptions
from thirdwatt.outlook.paths import BY, CAPS, DEMAND, GAINED, LAST, PERCENTILES, Gain, Walk, fan_of
from thirdwatt.outlook.site import Campus
from thirdwatt.scenario import InputError

MEDIAN = PERCENTILES.index(50)
FEW = 400


def told(scope: str = "world", document: Any = None, **more: Any) -> Outlook:
    return outlook(scope, document, **{"samples": FEW, **more})


def mistakes(**more: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        told(**more)
    return [str(each) for each in error.value.mistakes]


@pytest.fixture(scope="module")
def world() -> Outlook:
    return outlook(samples=4000)


def test_percentiles_are_numpys() -> None:
    draws = np.random.default_rng(0).lognormal(size=997)
    assert fan_of(draws.copy()) == pytest.approx(np.percentile(draws, PERCENTILES))


def test_fans_open_upwards(world: Outlook) -> None:
    for name, fan in world.fans.items():
        assert np.isfinite(fan).all(), name
        assert (np.diff(fan, axis=1) >= 0).all(), name


def test_data_centres_by_the_record_of_forecasts(world: Outlook) -> None:
    """485 TWh and 12.6 % a year: 880 in 2030; the record of forecasts makes 430 to 1,800 of it."""
    fan = world.at(DEMAND, 2030) / 1e9
    assert fan[MEDIAN] == pytest.approx(880, rel=0.04)
    assert fan[1] == pytest.approx(430, rel=0.06)
    assert fan[5] == pytest.approx(1800, rel=0.06)


def test_demand_may_fall(world: Outlook) -> None:
    """Nothing here takes growth for granted: one path in ten has less in 2030 than there was."""
    assert world.at(DEMAND, 2030)[1] < 485e9
    assert world.at("data_centre_growth_kwh_per_year", 2030)[1] < 0


def test_what_binds_adds_up_and_binds_ever_more(world: Outlook) -> None:
    for each in world.binding:
        assert tuple(each) == CAPS
        assert sum(each.values()) == pytest.approx(1)
    free = [each["nothing"] for each in world.binding]
    assert free == sorted(free, reverse=True)


def test_runs_stay_within_what_others_found_feasible(world: Outlook) -> None:
    """2e29 FLOP and 4 to 16 GW are told of 2030: both lie inside the fan, above its middle."""
    flop, power = world.at("frontier_flop", 2030), world.at("frontier_power_kw", 2030)
    assert flop[MEDIAN] < 2e29 < flop[-1]
    assert power[MEDIAN] < 4e6 < power[-1]


def test_a_seed_is_a_seed() -> None:
    one, two, other = (told(seed=seed) for seed in (0, 0, 1))
    assert all(np.array_equal(one.fans[name], two.fans[name]) for name in one.fans)
    assert not np.array_equal(one.fans[DEMAND], other.fans[DEMAND])


def test_paths_do_not_depend_on_how_far_they_go() -> None:
    short, long = told(until=2030), told(until=LAST)
    for name, fan in short.fans.items():
        assert np.array_equal(fan, long.fans[name][: len(short.years)]), name


def test_with_and_without_a_gain_the_draws_are_the_same() -> None:
    walk = Walk(assumptions(), Gain(3.0, 2029), 2030, FEW, 0)
    for year, values in walk:
        with_it, without = values[GAINED + "frontier_energy_kwh"], values["frontier_energy_kwh"]
        if year < 2029:
            assert np.array_equal(with_it, without)
        else:
            ratio = with_it / without
            assert ratio.min() >= 1 / 3 - 1e-12
            assert ratio.max() <= 1 + 1e-12
            assert (values[GAINED + "frontier_flop"] >= values["frontier_flop"] * (1 - 1e-12)).all()


SCARCE = {"caps": {"chip_count": {"value": 2e6, "low": 1e6, "high": 4e6}}}
"""A world in which chips bind almost every run."""


@settings(max_examples=10, deadline=None)
@given(st.floats(1.1, 50.0))
def test_a_gain_by_a_chip_frees_chips_and_one_by_draw_does_not(gain: float) -> None:
    """Per path: what draws less runs no larger for want of chips; what does more does, up to the gain, no further."""
    told_by = {}
    for by in BY:
        walk = Walk(assumptions("frontier", SCARCE), Gain(gain, 2030, by), 2030, 200, 0)
        values = [values for _, values in walk][-1]
        bound = values["binding_cap_code"] == CAPS.index("chips")
        told_by[by] = values[GAINED + "frontier_flop"] / values["frontier_flop"]
        energy = values[GAINED + "frontier_energy_kwh"] / values["frontier_energy_kwh"]
        assert energy == pytest.approx(told_by[by] / gain)
        assert (told_by[by] <= gain * (1 + 1e-12)).all()
        assert bound.mean() > 0.9
        if by == "draw":
            assert told_by[by][bound] == pytest.approx(1)
        else:
            assert (told_by[by][bound] > 1).all()
    assert (told_by["chip"] >= told_by["draw"] * (1 - 1e-12)).all()
    assert np.array_equal(told_by["chip"], told_by["method"])


def test_what_the_guide_says_that_three_times_buys(world: Outlook) -> None:
    """Outgrown within a year by runs and in about five by AI; half of the energy of a run for 1.4 times its work."""
    third = world.third
    months = {name: fan[MEDIAN] for name, fan in third.banked[0].months.items()}
    assert months["run energy"] == pytest.approx(10, abs=0.5)
    assert months["AI"] == pytest.approx(60, abs=8)
    assert third.run_energy[MEDIAN] == pytest.approx(0.5, abs=0.08)
    assert third.run_flop[MEDIAN] == pytest.approx(1.4, abs=0.3)


@pytest.mark.parametrize("by", BY)
def test_more_of_a_gain_never_gives_less(by: str) -> None:
    """More work, less energy a run, more saved and more months, whatever it comes by."""
    found = [told(efficiency_gain=gain, gain_by=by).third for gain in (1.5, 3.0, 10.0, 100.0)]
    for one, two in pairwise(found):
        assert (two.run_energy <= one.run_energy * (1 + 1e-9)).all()
        assert (two.run_flop >= one.run_flop * (1 - 1e-9)).all()
        for less, more in zip(one.banked[:-1], two.banked[:-1], strict=True):
            assert less.energy_kwh is not None
            assert more.energy_kwh is not None
            assert (more.energy_kwh > less.energy_kwh).all()
            assert all((more.months[name] >= less.months[name]).all() for name in less.months)


def test_where_nothing_but_chips_bind_a_gain_is_work_and_not_saving() -> None:
    third = {by: told("frontier", SCARCE, gain_by=by, until=2030).third for by in BY}
    assert third["chip"].run_flop[MEDIAN] == pytest.approx(3, rel=0.01)
    assert third["chip"].run_energy[MEDIAN] == pytest.approx(1, rel=0.01)
    assert third["draw"].run_flop[MEDIAN] == pytest.approx(1)
    assert third["draw"].run_energy[MEDIAN] == pytest.approx(1 / 3)
    assert third["chip"].binding["chips"] <= third["draw"].binding["chips"]


def test_a_method_waits_for_no_servers() -> None:
    """In its first year a chip is in a fifth of the servers, and a method everywhere."""
    fixed = {"split": {"server_life_count": 5.0, "adoption_count": 1.0}}
    saved = {}
    for by in BY:
        energy = told("world", fixed, gain_by=by, when=2026, until=2026).third.banked[0].energy_kwh
        assert energy is not None
        saved[by] = energy
    assert saved["method"] == pytest.approx(5 * saved["chip"])
    assert saved["draw"] == pytest.approx(saved["chip"])


@settings(max_examples=10, deadline=None)
@given(st.floats(1.1, 50.0), st.floats(0.0, 1.0))
def test_savings_shrink_with_the_rebound(gain: float, rebound: float) -> None:
    third = told(efficiency_gain=gain, rebound=rebound, until=2030, samples=100).third
    assert rebound in [each.rebound for each in third.banked]
    sums = [each.energy_kwh for each in third.banked if each.energy_kwh is not None]
    assert len(sums) == len(third.banked)
    assert all((two <= one * (1 + 1e-12)).all() for one, two in pairwise(sums))
    assert (sums[-1] == 0).all()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SECTIONS["caps"]), st.floats(0.1, 0.95))
def test_less_of_a_cap_never_gives_a_run_or_a_place_more(cap: str, factor: float) -> None:
    """Path by path; a higher part of tokens a parameter leaves less compute, all else more of it."""
    figures = {**table("outlook").rows["caps"].figures, **table("outlook").rows["fleet"].figures}
    figure = figures[cap]

    def walked(times: float) -> list[dict[str, np.ndarray]]:
        stated = {end: getattr(figure, end) * times for end in ("low", "value", "high")}
        walk = Walk(assumptions("us", {"caps": {cap: stated}}), Gain(3.0, 2028), 2033, 200, 0)
        return [
            {name: values[name].copy() for name in ("frontier_flop", "frontier_power_kw", DEMAND)} for _, values in walk
        ]

    years = zip(range(2026, 2034), walked(1.0), walked(factor), strict=True)
    for year, more, less in years:
        if cap == "token_to_parameter_ratio" or (cap in ("supply_growth_factor", "chip_growth_factor") and year < 2030):
            more, less = less, more
        for name in ("frontier_flop", DEMAND):
            assert (less[name] <= more[name] * (1 + 1e-9)).all(), (cap, name)


def test_what_is_saved_is_the_gain_times_what_it_reached() -> None:
    """By hand: a fifth of the servers has a gain of 3 after a year, none when it comes: a tenth over that year."""
    fixed = {"split": {"server_life_count": 5.0}}
    third = told("world", fixed, when=2026, until=2026).third
    saved = third.banked[0].energy_kwh
    assert saved is not None
    ai = told("world", fixed, when=2026, until=2026).at("ai_kwh_per_year", 2026)
    assert saved == pytest.approx(ai * (1 - 1 / 3) / 10)


def test_a_gain_is_months_of_growth(world: Outlook) -> None:
    months = world.third.banked[0].months
    assert 8 < months["compute"][MEDIAN] < 9
    assert 9 < months["run energy"][MEDIAN] < 12
    assert 36 < months["AI"][MEDIAN] < 96


def test_what_does_not_grow_never_makes_up_for_a_gain() -> None:
    """Not in no time: with demand that falls, or with FLOP per joule growing faster than compute."""
    falling = {"growth": {"demand_growth_factor": 0.7, "forecast_spread_ratio": 0.0}}
    first, *_, last = told("world", falling, until=2030).third.banked
    assert np.isinf(first.months["AI"]).all()
    assert (last.months["AI"] == 0).all()
    ahead = {"growth": {"efficiency_growth_factor": 9.0}}
    assert np.isinf(told("frontier", ahead, until=2030).third.banked[0].months["run energy"]).all()
    flat = told("world", {"growth": {"demand_growth_factor": 0.9}}).third.banked[0].months["AI"]
    assert np.isfinite(flat[0])
    assert np.isinf(flat[-1])
    assert not np.isnan(flat).any()


def test_percentiles_with_paths_that_never_come() -> None:
    never = np.array([1.0, 2.0, *[np.inf] * 19])
    assert fan_of(never).tolist() == [2.0, *[np.inf] * 6]
    assert not np.isnan(fan_of(np.full(30, np.inf))).any()


def test_where_the_claim_held_and_where_not(world: Outlook) -> None:
    assert [(era.first, era.last, round(era.grew, 2)) for era in world.eras] == [(2010, 2018, 1.06), (2018, 2025, 2.37)]


def test_what_companies_told(world: Outlook) -> None:
    """Google's electricity grew 4.5 times from 2010 to 2018, while all data centres took 6 % more."""
    told_by = {each.name: dict(each.told) for each in world.companies}
    assert told_by.keys() == {"Google", "Microsoft", "Meta"}
    assert told_by["Google"][2018] / told_by["Google"][2010] == pytest.approx(4.5, rel=0.01)
    assert told_by["Microsoft"][2024] / told_by["Microsoft"][2020] == pytest.approx(2.77, rel=0.01)
    assert not told("us", until=2026).companies


@pytest.mark.parametrize("company", ["google", "meta"])
def test_data_centres_are_part_of_a_company(company: str) -> None:
    rows = table("demand").rows
    for row in table("demand"):
        whole = rows.get(f"{company}/electricity/{row.text['year']}")
        if row.text["scope"] == company and DEMAND in row.figures and whole is not None:
            assert row.figures[DEMAND].value < whole.figures["company_kwh_per_year"].value


def test_what_others_quote_is_told_as_quoted(world: Outlook) -> None:
    """Of the agency's cases as issued in 2026 only the base case was read where it stands."""
    quoted = {each.case for each in world.foreseen if each.source == "iea-key-questions-2026" and each.second_hand}
    assert quoted == {"headwinds", "high-efficiency", "lift-off"}
    for row in table("demand"):
        for figure in row.figures.values():
            assert not figure.note.startswith(NOT_READ) or figure.confidence == "low", row.id


def test_forecasts_of_others_lie_among_the_paths(world: Outlook) -> None:
    found = {each.id: each for each in world.foreseen}
    assert found["world/data-centre/2030/iea-energy-ai-2025-base"].below == pytest.approx(0.55, abs=0.05)
    assert found["world/data-centre/2030/andrae-2015-expected"].below > 0.95


@pytest.mark.parametrize("scope", SCOPES[1:])
def test_data_centres_never_take_more_than_grids_can_have_for_them(scope: str) -> None:
    """Without a bound one path in ten had data centres of the United States above all generation by 2040."""
    found = told(scope, until=LAST)
    assert found.at("data_centre_generation_share", LAST)[-1] < 0.6
    wild = told(scope, {"growth": {"demand_growth_factor": 5.0}}, until=2035)
    assert wild.at("data_centre_generation_share", 2035)[-1] < 0.6
    assert wild.supply_bound[-1] == 1
    assert told(scope, {"caps": {"data_centre_cap_share": 0.0001}}, until=2026).supply_bound == (1.0,)


def test_what_generation_bounds_is_told(world: Outlook) -> None:
    assert len(world.supply_bound) == len(world.years)
    assert world.supply_bound[0] == 0 < world.supply_bound[-1] < 0.05


def test_a_run_draws_no_more_than_its_chips() -> None:
    """Where chips bind, a run lasts as long as it may; before, it drew more at once than there are chips."""
    few = {"caps": {"chip_count": {"value": 1e6, "low": 1e6, "high": 1e6}, "run_cap_h": 6570.0}}
    found = told("frontier", few, until=2030)
    assert found.binding[-1]["chips"] > 0.9
    assert found.at("frontier_run_h", 2030)[MEDIAN] == pytest.approx(6570)


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope(scope: str) -> None:
    found = told(scope, until=2028)
    assert (DEMAND in found.fans) == (scope != "frontier")
    assert ("added_low_carbon_kwh_per_year" in found.fans) == (scope != "frontier")
    assert ("data_centre_growth_share" in found.fans) == (scope != "frontier")
    assert (found.third.banked[0].energy_kwh is None) == (scope == "frontier")


# --- supply -------------------------------------------------------------------------------------------------------


def low_carbon(scope: str, year: int) -> float:
    return table("demand").rows[f"{scope}/low-carbon/{year}"].figures["low_carbon_kwh_per_year"].value


@pytest.mark.parametrize("scope", ["us", "eu", "china"])
def test_what_is_added_is_a_mean_of_three_years_and_ranges_as_they_did(scope: str) -> None:
    added = [low_carbon(scope, year) - low_carbon(scope, year - 1) for year in (2023, 2024, 2025)]
    told = table("outlook").rows[scope].figures["base_added_low_carbon_kwh_per_year"]
    assert (told.low, told.value, told.high) == pytest.approx((min(added), sum(added) / 3, max(added)), rel=0.01)


def test_low_carbon_is_part_of_what_is_generated() -> None:
    rows = table("demand").rows
    told = [(row.text["scope"], int(row.text["year"])) for row in table("demand") if "/low-carbon/" in row.id]
    assert {scope for scope, _ in told} == {"world", "us", "eu", "china"}
    for scope, year in told:
        if (whole := rows.get(f"{scope}/generation/{year}")) is not None:
            assert 0 < low_carbon(scope, year) < whole.figures["generation_kwh_per_year"].value


def test_growth_of_data_centres_beside_what_is_added() -> None:
    """China adds ten times what its data centres grow by; the United States hardly as much."""
    us, china = (told(scope, samples=2000).at("data_centre_growth_share", 2030)[MEDIAN] for scope in ("us", "china"))
    assert china < 0.15
    assert us > 0.5


# --- files --------------------------------------------------------------------------------------------------------


def test_load_and_overhead_scale_electricity() -> None:
    plain = told(until=2027).at(DEMAND, 2027)
    more = told("world", {"split": {"fleet_load_share": 0.55}}, until=2027).at(DEMAND, 2027)
    assert more == pytest.approx(plain * 0.55 / 0.48)


def test_load_and_overhead_by_year() -> None:
    """A PUE of 1.38 that falls to 1.2 by 2030: a straight line between, level before and after."""
    course = {"split": {"fleet_pue_ratio": {"2028": 1.38, "2030": 1.2}}}
    for year, pue in ((2026, 1.38), (2028, 1.38), (2029, 1.29), (2030, 1.2), (2032, 1.2)):
        same = told("world", {"split": {"fleet_pue_ratio": pue}}, until=2032).at(DEMAND, year)
        assert told("world", course, until=2032).at(DEMAND, year) == pytest.approx(same), year
    figure = told("world", course, until=2026).assumed.inputs["fleet_pue_ratio"]
    assert (figure.kind, figure.low, figure.value, figure.high) == ("stated", 1.2, 1.2, 1.38)
    assert figure.note == "by year: 2028 1.38, 2030 1.2"


@pytest.mark.parametrize(
    ("course", "said"),
    [
        ({"26": 1.3}, "fleet_pue_ratio.26: is no year"),
        ({"2026": 0.9}, "fleet_pue_ratio.2026: is outside what is possible"),
        ({"2026": "low"}, "fleet_pue_ratio.2026: is no number"),
        ({"2026": {"value": 1.3}}, "a value of one year has no range"),
    ],
)
def test_a_course_that_is_wrong_is_said(course: dict[str, Any], said: str) -> None:
    assert any(said in each for each in mistakes(document={"split": {"fleet_pue_ratio": course}}))


def test_the_guide_names_every_field() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "outlook.md").read_text(encoding="utf-8")
    assert not [field for fields in SECTIONS.values() for field in fields if f"`{field}`" not in guide]


def test_a_better_regime_takes_less_energy() -> None:
    slow, fast = (told("frontier", {"growth": {"efficiency": each}}) for each in ("slow", "fast"))
    energy = [each.at("frontier_energy_kwh", 2030)[MEDIAN] for each in (slow, fast)]
    assert energy[1] < energy[0]
    assert fast.assumed.regime == "fast"


def test_a_file_states_the_rebound_of_runs_alone_too() -> None:
    third = told("frontier", {"split": {"rebound_share": 0.4}}, until=2026).third
    assert [each.rebound for each in third.banked] == [0, 0.3, 0.4, 0.6, 1]


def test_a_tight_grid_binds() -> None:
    tight = told("frontier", {"caps": {"grid_power_kw": {"value": 2e5, "low": 1e5, "high": 4e5, "source": "mine"}}})
    assert tight.binding[4]["grids"] > 0.9
    assert tight.assumed.frontier["grid_power_kw"].source == "mine"


def test_every_field_of_a_file_is_a_figure_of_the_table() -> None:
    known = {name for row in table("outlook") for name in row.figures} | {"trend_growth_factor"}
    assert {field for fields in SECTIONS.values() for field in fields} <= known


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_ends_of_shares_give_numbers(share: float) -> None:
    split = dict.fromkeys(("base_ai_share", "inference_share", "rebound_share"), share)
    found = told("world", {"split": split}, until=2028)
    assert all(np.isfinite(fan).all() for fan in found.fans.values())


def test_nothing_is_divided_by_nothing() -> None:
    assert "outside what is possible" in mistakes(document={"split": {"fleet_load_share": 0.0}})[0]


def test_everything_wrong_with_a_file_is_said_at_once() -> None:
    wrong = {
        "growth": {"efficiency": "magic", "run_growth": 1.2, "ai_growth_factor": "much"},
        "caps": {"run_cap_h": 1e6, "site_count": {"value": 2, "low": 3}},
        "split": {"rebound_share": 1.5, "inference_share": {"value": 0.5, "kind": "felt"}, "fleet_pue_ratio": True},
        "hopes": {},
    }
    found = mistakes(document=wrong)
    assert len(found) == 9
    for said in (
        "there is no regime 'magic'", "did you mean run_growth_factor?", "growth.ai_growth_factor: is no number",
        "growth without bounds is no outlook", "low 3 <= value 2", "rebound_share: is outside what is possible",
        "no kind of figure: 'felt'", "fleet_pue_ratio: is no number", "hopes: is no section",
    ):  # fmt: skip
        assert any(said in each for each in found), said


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("supply", "base_intensity_kg_per_kwh", 458), ("supply", "base_generation_kwh_per_year", 31_772),
        ("growth", "base_data_centre_kwh_per_year", 485), ("growth", "base_flop_per_j", 0.45),
        ("caps", "grid_power_kw", 5), ("caps", "run_cap_h", 9),
    ],
)  # fmt: skip
def test_figures_in_another_unit_are_told_from_their_size(section: str, field: str, value: float) -> None:
    (found,) = mistakes(document={section: {field: value}})
    assert "is far from the" in found


def test_a_small_place_may_be_stated() -> None:
    ireland = {"growth": {"base_data_centre_kwh_per_year": 7e9}, "supply": {"base_generation_kwh_per_year": 32e9}}
    assert told("eu", ireland, until=2026).at(DEMAND, 2026)[MEDIAN] == pytest.approx(7.6e9, rel=0.2)


def test_everything_wrong_is_said_at_once_wherever_it_stands() -> None:
    found = mistakes(
        scope="mars", document={"hopes": {}}, until=2050, rebound=3.0, site_mw=0.0, region="atlantis", samples=3
    )
    assert len(found) == 7
    for said in ("2050", "rebound", "3 paths", "'mars'", "hopes", "atlantis", "is no site"):
        assert any(said in each for each in found), said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"until": 2041}, "no forecast was held to account for more"),
        ({"until": 2025}, "2026 to 2040"),
        ({"efficiency_gain": 1.0}, "1 is no gain"),
        ({"when": 2039, "until": 2035}, "not among the years"),
        ({"gain_by": "magic"}, "a gain comes by no 'magic'"),
        ({"rebound": 1.2}, "no part of what is saved"),
        ({"samples": 1}, "none to take percentiles of"),
        ({"scope": "mars"}, "there is no 'mars'"),
        ({"site_mw": 0.0}, "is no site"),
        ({"site_mw": 5e6}, "is no site"),
        ({"site_mw": 5.0, "region": "atlantis"}, "no grid 'atlantis'"),
        ({"region": "us"}, "add --site-mw"),
    ],
)
def test_what_cannot_be_told_is_refused(more: dict[str, Any], said: str) -> None:
    assert any(said in each for each in mistakes(**more))


# --- from Python --------------------------------------------------------------------------------------------------


def test_the_package_answers_as_other_verbs_do(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "Mine"\n[split]\nfleet_load_share = 0.55\n')
    found = thirdwatt.outlook("us", path, {"split.rebound_share": 0.5}, until=2027, samples=FEW)
    assert (found.assumed.name, found.assumed.scope) == ("Mine", "us")
    assert found.assumed.stated.keys() == {"fleet_load_share", "rebound_share"}
    same = told("us", {"name": "Mine", "split": {"fleet_load_share": 0.55, "rebound_share": 0.5}}, until=2027)
    assert np.array_equal(found.at(DEMAND, 2027), same.at(DEMAND, 2027))


@pytest.mark.parametrize("before", ["", "import thirdwatt.outlook.answer; ", "from thirdwatt import outlook; "])
def test_the_verb_stands_whatever_was_imported_before(before: str) -> None:
    """Importing a module of the package binds the package to the name of the verb."""
    script = f"import thirdwatt; {before}print(thirdwatt.outlook('frontier', until=2026, samples=100).years)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "(2026,)\n"


def test_the_name_alone_loads_no_numpy() -> None:
    script = "import sys, thirdwatt; thirdwatt.outlook; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_is_changed_leaves_the_document_as_it_was() -> None:
    document = {"split": {"fleet_load_share": 0.55}}
    thirdwatt.outlook("world", document, {"split.fleet_load_share": 0.5}, until=2026, samples=100)
    assert document == {"split": {"fleet_load_share": 0.55}}


def test_a_file_that_is_no_table_is_said(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("[1]")
    assert "holds no table" in mistakes(document=path)[0]


# --- sites --------------------------------------------------------------------------------------------------------


def test_a_site_of_its_nation() -> None:
    site = told(site_mw=500.0, region="aws:us-east-1").site
    assert site is not None
    assert (site.place, site.national) == ("us", True)
    assert site.energy_kwh[1] == pytest.approx(500e3 * 0.7 * 8760)
    assert site.share[1] == pytest.approx(3.066e9 / 4.51979e12)
    assert list(site.too_small[:5]) == sorted(site.too_small[:5])


def test_a_site_of_its_state() -> None:
    site = told(site_mw=500.0, region="us-oh", until=2026).site
    assert site is not None
    assert site.local is not None
    assert (site.local.name, site.local.year) == ("Ohio, United States", 2023)
    assert site.local.share[1] == pytest.approx(3.066 / 133.223)


def test_a_province_that_is_not_at_hand_is_not_guessed() -> None:
    site = told(site_mw=500.0, region="ca-on", until=2026).site
    assert site is not None
    assert (site.local, site.within) == (None, "Ontario, Canada")
    assert (site.place, site.national) == ("ca", True)


@pytest.mark.parametrize(
    ("region", "place", "national"),
    [("de", "de", True), ("cn", "cn", True), ("aws:eu-west-1", "ie", True), ("eu", "eu", False), (None, "world", False),
     ("technology:wind-onshore", "world", False), ("eh", "world", False)],
)  # fmt: skip
def test_a_site_anywhere_knows_its_nation_or_that_it_does_not(region: str | None, place: str, national: bool) -> None:
    site = told("frontier", site_mw=50.0, region=region, until=2026).site
    assert site is not None
    assert (site.place, site.national) == (place, national)


def test_every_grid_has_a_nation_or_says_that_it_has_none() -> None:
    """Territories alone are without a figure; a state has its own."""
    grids = table("grids")
    unknown = set()
    for grid in grids:
        campus = Campus(10.0, grid.id)
        found = campus.result()
        assert found.generation_kwh > 0
        if found.nation and not found.national:
            unknown.add(found.nation)
        if grid.text["kind"] == "us-state":
            assert found.local is not None
            assert found.local.generation_kwh < found.generation_kwh
    assert len(unknown) < 20
    assert unknown.isdisjoint(row.name for row in grids if row.text.get("parent") == "eu")


def generated(scopes: list[str]) -> float:
    """What places generated together, each in the newest year up to 2023 that is told of it."""
    newest: dict[str, tuple[int, float]] = {}
    for row in table("demand"):
        scope, year = row.text["scope"], int(row.text["year"])
        if scope in scopes and "generation_kwh_per_year" in row.figures and year <= 2023:
            kwh = row.figures["generation_kwh_per_year"].value
            newest[scope] = max(newest.get(scope, (0, 0.0)), (year, kwh))
    return sum(kwh for _, kwh in newest.values())


def test_parts_add_up_to_wholes() -> None:
    """States to the nation (which counts small solar too), members to the union, nations to the world."""
    grids, rows = table("grids"), table("demand").rows
    countries = [row.id for row in grids if row.text["kind"] == "country"]
    whole = {
        name: rows[f"{name}/generation/2023"].figures["generation_kwh_per_year"].value for name in ("us", "eu", "world")
    }
    states = generated([row.id for row in grids if row.text["kind"] == "us-state"])
    assert states == pytest.approx(whole["us"], rel=0.03)
    assert generated([row.id for row in grids if row.text.get("parent") == "eu"]) == pytest.approx(
        whole["eu"], rel=0.02
    )
    assert generated([*countries, "china"]) == pytest.approx(whole["world"], rel=0.02)
