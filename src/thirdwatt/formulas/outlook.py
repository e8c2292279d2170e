"""The outlook: what the next years may bring, what bounds it, and what a gain in efficiency buys.

Years are variants and paths are samples. A year enters as the number of years ahead of a base, so that growth is a
factor a year raised to a count. Frontier runs: compute on a trend, its energy by the FLOP that a joule gets at the
facility, its power by how long a run lasts. A run has no more than the smallest of five caps: its length [1]_, the
power of the sites it may use, the power that a grid has for it, chips, and data [2]_. Where power is short a run may
last as long as a run may, no longer; where its length is capped, compute grows with the machines alone. A run draws
no more than all chips it may have: where they are short, it lasts longer.

Data centres: electricity by a factor a year, and a walk whose steps are as wide as published forecasts erred [3]_, up
to the part of generation that a place can have for them [6]_; AI is a part of it whose odds grow. A gain that fewer
joules do the same work with reaches the fleet as servers are replaced, or as a method is taken up; what it saves is
less the rebound [4]_, and as growth it is soon made up for: ln(gain)/ln(growth) years.

All arguments broadcast to (V, S). Growth beyond the caps is not told, nor is anything here a statement of one company.

References
----------
.. [1] Epoch AI 2025, The longest training run.
.. [2] Sevilla et al. 2024, Can AI scaling continue through 2030? Epoch AI.
.. [3] Masanet et al. 2020, Recalibrating global data center energy-use estimates, Science 367; the table ``demand``.
.. [4] Sorrell 2007, The rebound effect, UK Energy Research Centre.
.. [5] Hoffmann et al. 2022, Training compute-optimal large language models, arXiv:2203.15556.
.. [6] EPRI 2026, Data centers could consume up to 17 % of US electricity by 2030; CSO 2025, of Ireland.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- what the trend wants -----------------------------------------------------------------------------------------


@quantity
def trend_flop(
    trend_base_flop: Num,
    trend_growth_factor: Num,
    trend_ahead_count: Num,
    trend_spread_ratio: Num,
    trend_score_ratio: Num,
) -> Num:
    """Compute of a frontier run on its trend: C·g^n·exp(σ·z), σ the spread of the logarithm and z a score."""
    grown = trend_base_flop * trend_growth_factor**trend_ahead_count
    return grown * np.exp(trend_spread_ratio * trend_score_ratio)


@quantity
def achieved_flop_per_j(
    base_flop_per_j: Num, efficiency_growth_factor: Num, frontier_ahead_count: Num, chip_gain_factor: Num
) -> Num:
    """FLOP that a joule gets in a frontier run, at the facility; a gain is a step on top of its growth."""
    return base_flop_per_j * efficiency_growth_factor**frontier_ahead_count * chip_gain_factor


@quantity
def trend_run_h(base_run_h: Num, run_growth_factor: Num, frontier_ahead_count: Num) -> Num:
    """How long a frontier run would last if runs went on growing longer."""
    return base_run_h * run_growth_factor**frontier_ahead_count


# --- what bounds it -----------------------------------------------------------------------------------------------


@quantity
def time_cap_flop(trend_flop: Num, trend_run_h: Num, run_cap_h: Num) -> Num:
    """Compute on the trend of machines alone, once runs last as long as they may [1]_."""
    return trend_flop * np.minimum(1, run_cap_h / trend_run_h)


@quantity
def supply_factor(supply_growth_factor: Num, cap_ahead_count: Num) -> Num:
    """Power there is for a run, to that of the year the caps are of."""
    return supply_growth_factor**cap_ahead_count


@quantity
def site_cap_kw(site_power_kw: Num, site_count: Num, supply_factor: Num) -> Num:
    """Power of all sites that one run may use."""
    return site_power_kw * site_count * supply_factor


@quantity
def grid_cap_kw(grid_power_kw: Num, supply_factor: Num) -> Num:
    """Power that grids have for one run, spread over as many sites as it may be."""
    return grid_power_kw * supply_factor


@quantity
def most_flop_per_kw(achieved_flop_per_j: Num, run_cap_h: Num, w_per_kw: Num, s_per_h: Num) -> Num:
    """Compute that a kilowatt gets in the longest run there may be."""
    return achieved_flop_per_j * w_per_kw * s_per_h * run_cap_h


@quantity
def site_cap_flop(most_flop_per_kw: Num, site_cap_kw: Num) -> Num:
    """Compute that the power of its sites allows a run."""
    return most_flop_per_kw * site_cap_kw


@quantity
def grid_cap_flop(most_flop_per_kw: Num, grid_cap_kw: Num) -> Num:
    """Compute that the power of the grids allows a run."""
    return most_flop_per_kw * grid_cap_kw


@quantity
def chip_stock_flop(
    chip_count: Num,
    chip_growth_factor: Num,
    cap_ahead_count: Num,
    run_chip_share: Num,
    chip_flop_per_s: Num,
    chip_use_share: Num,
    run_cap_h: Num,
    s_per_h: Num,
) -> Num:
    """Compute that the chips there are allow a run without a gain [2]_."""
    chips = chip_count * run_chip_share * chip_growth_factor**cap_ahead_count
    return chips * chip_flop_per_s * chip_use_share * run_cap_h * s_per_h


@quantity
def chip_cap_flop(chip_stock_flop: Num, chip_speed_factor: Num) -> Num:
    """Compute that the chips there are allow a run, by what one does in a second with a gain to without.

    That is all of the gain where a chip draws what it drew before and does more, and 1 where it does the same and
    draws less.
    """
    return chip_stock_flop * chip_speed_factor


@quantity
def chip_cap_kw(chip_cap_flop: Num, most_flop_per_kw: Num) -> Num:
    """Power of all chips that one run may have, at work: what they compute in the longest run, by its FLOP per kW."""
    return chip_cap_flop / most_flop_per_kw


@quantity
def token_cap_flop(available_token_count: Num, token_to_parameter_ratio: Num, flop_per_mac: Num) -> Num:
    """Compute of a model of the size that suits all data there are: 6·N·D, N = D/ratio [5]_, a forward pass and a
    backward one of twice the work, of a multiplication and an addition a parameter.
    """
    return flop_per_mac * (1 + 2) * available_token_count**2 / token_to_parameter_ratio


@quantity
def frontier_flop(
    time_cap_flop: Num, site_cap_flop: Num, grid_cap_flop: Num, chip_cap_flop: Num, token_cap_flop: Num
) -> Num:
    """Compute of a frontier run: the least of what bounds it."""
    by_power = np.minimum(site_cap_flop, grid_cap_flop)
    return np.minimum(np.minimum(time_cap_flop, by_power), np.minimum(chip_cap_flop, token_cap_flop))


@quantity
def binding_cap_code(
    frontier_flop: Num,
    trend_flop: Num,
    time_cap_flop: Num,
    site_cap_flop: Num,
    grid_cap_flop: Num,
    chip_cap_flop: Num,
) -> Code:
    """What bounds a frontier run: 0 nothing, 1 its length, 2 sites, 3 grids, 2·2 chips, 2·2 + 1 data."""
    none = np.greater_equal(frontier_flop, trend_flop)
    length = np.greater_equal(frontier_flop, time_cap_flop)
    sites = np.greater_equal(frontier_flop, site_cap_flop)
    grids = np.greater_equal(frontier_flop, grid_cap_flop)
    chips = np.greater_equal(frontier_flop, chip_cap_flop)
    by_stuff = np.where(chips, 2 * 2, 2 * 2 + 1)
    by_power = np.where(sites, 2, np.where(grids, 1 + 2, by_stuff))
    found: Code = np.where(none, 0, np.where(length, 1, by_power))
    return found


# --- what a run takes ---------------------------------------------------------------------------------------------


@quantity
def frontier_energy_kwh(frontier_flop: Num, achieved_flop_per_j: Num, w_per_kw: Num, s_per_h: Num) -> Num:
    """Energy of a frontier run at the facility."""
    return frontier_flop / (achieved_flop_per_j * w_per_kw * s_per_h)


@quantity
def frontier_power_kw(
    frontier_energy_kwh: Num,
    trend_run_h: Num,
    run_cap_h: Num,
    site_cap_kw: Num,
    grid_cap_kw: Num,
    chip_cap_kw: Num,
) -> Num:
    """Mean power of a frontier run: its energy over how long runs last, no more than there is, of power or of chips."""
    wanted = frontier_energy_kwh / np.minimum(trend_run_h, run_cap_h)
    return np.minimum(np.minimum(wanted, chip_cap_kw), np.minimum(site_cap_kw, grid_cap_kw))


@quantity
def frontier_run_h(frontier_energy_kwh: Num, frontier_power_kw: Num) -> Num:
    """How long a frontier run lasts."""
    return frontier_energy_kwh / frontier_power_kw


@quantity
def frontier_cost_usd(
    frontier_flop: Num, base_usd_per_flop: Num, price_decline_factor: Num, frontier_ahead_count: Num
) -> Num:
    """Cost of the machines and the energy of a frontier run, in dollars of the base year."""
    return frontier_flop * base_usd_per_flop * price_decline_factor**frontier_ahead_count


@quantity
def coming_intensity_kg_per_kwh(
    base_intensity_kg_per_kwh: Num, intensity_growth_factor: Num, supply_ahead_count: Num
) -> Num:
    """Carbon intensity of electricity in a year to come."""
    return base_intensity_kg_per_kwh * intensity_growth_factor**supply_ahead_count


@quantity
def frontier_carbon_kg(frontier_energy_kwh: Num, coming_intensity_kg_per_kwh: Num) -> Num:
    """Carbon of a frontier run, location-based."""
    return frontier_energy_kwh * coming_intensity_kg_per_kwh


# --- data centres and AI ------------------------------------------------------------------------------------------


@quantity
def wanted_data_centre_kwh_per_year(
    base_data_centre_kwh_per_year: Num,
    demand_growth_factor: Num,
    demand_ahead_count: Num,
    forecast_spread_ratio: Num,
    demand_walk_ratio: Num,
    fleet_load_share: Num,
    base_load_share: Num,
    fleet_pue_ratio: Num,
    base_pue_ratio: Num,
) -> Num:
    """Electricity that data centres would take: E·g^n·exp(σ·w), w a score a year, summed [3]_; by load and PUE."""
    grown = base_data_centre_kwh_per_year * demand_growth_factor**demand_ahead_count
    run = fleet_load_share / base_load_share * fleet_pue_ratio / base_pue_ratio
    return grown * np.exp(forecast_spread_ratio * demand_walk_ratio) * run


@quantity
def data_centre_kwh_per_year(
    wanted_data_centre_kwh_per_year: Num, data_centre_cap_share: Num, generation_kwh_per_year: Num
) -> Num:
    """Electricity of data centres: what they would take, no more than their part of what is generated can be [6]_."""
    return np.minimum(wanted_data_centre_kwh_per_year, data_centre_cap_share * generation_kwh_per_year)


@quantity
def data_centre_capped_code(data_centre_kwh_per_year: Num, wanted_data_centre_kwh_per_year: Num) -> Code:
    """Whether what is generated bounds data centres: 1 where it does."""
    found: Code = np.where(np.less(data_centre_kwh_per_year, wanted_data_centre_kwh_per_year), 1, 0)
    return found


@quantity
def data_centre_it_kw(
    data_centre_kwh_per_year: Num, fleet_load_share: Num, fleet_pue_ratio: Num, h_per_year: Num
) -> Num:
    """Installed power of IT behind that electricity."""
    return data_centre_kwh_per_year / (fleet_load_share * fleet_pue_ratio * h_per_year)


@quantity
def ai_electricity_share(base_ai_share: Num, ai_growth_factor: Num, demand_ahead_count: Num) -> Num:
    """Part of data-centre electricity that is AI: its odds grow by a factor a year, so that it never is more."""
    grown = base_ai_share * ai_growth_factor**demand_ahead_count
    return grown / (1 - base_ai_share + grown)


@quantity
def ai_kwh_per_year(data_centre_kwh_per_year: Num, ai_electricity_share: Num) -> Num:
    """Electricity of AI."""
    return data_centre_kwh_per_year * ai_electricity_share


@quantity
def ai_inference_kwh_per_year(ai_kwh_per_year: Num, inference_share: Num) -> Num:
    """Electricity of using models."""
    return ai_kwh_per_year * inference_share


@quantity
def ai_training_kwh_per_year(ai_kwh_per_year: Num, ai_inference_kwh_per_year: Num) -> Num:
    """Electricity of making models, experiments included."""
    return ai_kwh_per_year - ai_inference_kwh_per_year


@quantity
def ai_carbon_kg_per_year(ai_kwh_per_year: Num, coming_intensity_kg_per_kwh: Num) -> Num:
    """Carbon of the electricity of AI, location-based."""
    return ai_kwh_per_year * coming_intensity_kg_per_kwh


@quantity
def generation_kwh_per_year(
    base_generation_kwh_per_year: Num, generation_growth_factor: Num, supply_ahead_count: Num
) -> Num:
    """Electricity that is generated."""
    return base_generation_kwh_per_year * generation_growth_factor**supply_ahead_count


@quantity
def added_low_carbon_kwh_per_year(
    base_added_low_carbon_kwh_per_year: Num, added_growth_factor: Num, supply_ahead_count: Num
) -> Num:
    """What is generated without carbon in a year beyond the year before."""
    return base_added_low_carbon_kwh_per_year * added_growth_factor**supply_ahead_count


@quantity
def data_centre_generation_share(data_centre_kwh_per_year: Num, generation_kwh_per_year: Num) -> Num:
    """Data centres' part of what is generated."""
    return data_centre_kwh_per_year / generation_kwh_per_year


@quantity
def ai_generation_share(ai_kwh_per_year: Num, generation_kwh_per_year: Num) -> Num:
    """AI's part of what is generated."""
    return ai_kwh_per_year / generation_kwh_per_year


# --- what a gain buys ---------------------------------------------------------------------------------------------


@quantity
def reached_share(since_gain_count: Num, server_life_count: Num) -> Num:
    """Part of the fleet that a gain has reached so many years after it came."""
    return np.minimum(1, np.maximum(0, since_gain_count) / server_life_count)


@quantity
def saved_kwh_per_year(ai_kwh_per_year: Num, reached_share: Num, fleet_gain_factor: Num) -> Num:
    """What a gain saves AI where nobody does more for it: E·reached·(1 - 1/gain)."""
    return ai_kwh_per_year * reached_share * (1 - 1 / fleet_gain_factor)


@quantity
def net_saved_kwh_per_year(saved_kwh_per_year: Num, rebound_share: Num) -> Num:
    """What is left of it after the rebound [4]_."""
    return saved_kwh_per_year * (1 - rebound_share)


@quantity
def avoided_carbon_kg_per_year(net_saved_kwh_per_year: Num, coming_intensity_kg_per_kwh: Num) -> Num:
    """Carbon that what is left avoids, by the mean of the grid."""
    return net_saved_kwh_per_year * coming_intensity_kg_per_kwh


@quantity
def banked_gain_factor(fleet_gain_factor: Num, rebound_share: Num) -> Num:
    """Gain after the rebound: 1/(1 - (1 - 1/gain)·(1 - R))."""
    return 1 / (1 - (1 - 1 / fleet_gain_factor) * (1 - rebound_share))


@quantity
def bought_growth_count(banked_gain_factor: Num, outgrown_factor: Num) -> Num:
    """Years of growth by a factor a year that a gain makes up for: ln(gain)/ln(growth).

    Of growth above 1 alone: what does not grow never makes up for a gain, and 0 stands for no answer there.
    """
    grows = np.greater(outgrown_factor, 1)
    return np.where(grows, np.log(banked_gain_factor) / np.log(np.where(grows, outgrown_factor, 2)), 0)


# --- one site -----------------------------------------------------------------------------------------------------


@quantity
def campus_kwh_per_year(campus_power_kw: Num, campus_load_share: Num, h_per_year: Num) -> Num:
    """Electricity of one site."""
    return campus_power_kw * campus_load_share * h_per_year


@quantity
def campus_generation_share(campus_kwh_per_year: Num, generation_kwh_per_year: Num) -> Num:
    """One site's part of what is generated around it."""
    return campus_kwh_per_year / generation_kwh_per_year
