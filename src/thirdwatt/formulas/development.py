"""Development: the runs before and beside the final one, and what failures take of it by size.

Everything is told in units of the final run: a ratio of 1 is as much work again. Runs that were given up and ablations
are stated; a search is counted by how it searches; where nothing is stated, the spread of published projects stands in.
The same ratio holds for energy, money, carbon and water: development is taken to run on the same machines, at the same
place and as well used as the final run. Projects that published their share lie between 1.5 and 10 times the final run,
and those who publish are no random sample.

``search_code`` is 0 none, 1 grid, 2 random, 3 successive halving, 4 hyperparameters transferred from small models, 5 a
ladder of small runs with a fitted law. Halving trains n configurations in log_eta(n) + 1 rungs of equal work, each of
which costs as much as the one trial that goes on to the end [2]_.

Failures are those of :mod:`thirdwatt.formulas.goodput`. Young's interval is a first order; Daly's [1]_ is good to a
fraction of a percent while writing a checkpoint takes less than twice the time between failures, and is that time
itself beyond. Intervals are computing time between two checkpoints. All arguments broadcast to (V, S).

References
----------
.. [1] Daly 2006, A higher order estimate of the optimum checkpoint interval, FGCS 22(3), equations 20 and 37.
.. [2] Jamieson and Talwalkar 2016, Non-stochastic Best Arm Identification and Hyperparameter Optimization,
   arXiv:1502.07943; Li et al. 2018, Hyperband, arXiv:1603.06560 (rates other than 2).
.. [3] Yang et al. 2022, Tensor Programs V, arXiv:2203.03466 (transfer of hyperparameters).
.. [4] Tissue et al. 2024, Scaling Law with Learning Rate Annealing, arXiv:2408.11029 (a ladder beside a grid).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- search -------------------------------------------------------------------------------------------------------


@quantity
def full_search_ratio(search_trial_count: Num, search_run_work_share: Num) -> Num:
    """Work of training every trial to its end, to the final run's: a grid, or as many random trials."""
    return search_trial_count * search_run_work_share


@quantity
def halving_search_ratio(search_trial_count: Num, search_run_work_share: Num, halving_factor: Num) -> Num:
    """Work of successive halving [2]_: R·(log_eta(n) + 1), R being one trial trained to its end."""
    rungs = np.log(np.maximum(search_trial_count, 1)) / np.log(halving_factor) + 1
    return search_run_work_share * rungs


@quantity
def search_ratio(
    full_search_ratio: Num,
    halving_search_ratio: Num,
    transfer_search_ratio: Num,
    ladder_to_grid_share: Num,
    search_code: Code,
) -> Num:
    """Work of the hyperparameter search, to the final run's [2]_ [3]_ [4]_."""
    return pick(
        search_code,
        0.0,
        full_search_ratio,
        full_search_ratio,
        halving_search_ratio,
        transfer_search_ratio,
        ladder_to_grid_share * full_search_ratio,
    )


# --- everything before and beside the final run -------------------------------------------------------------------


@quantity(given=("development_multiplier_ratio",))
def development_ratio__multiplier(development_multiplier_ratio: Num) -> Num:
    """What a stated multiplier leaves beside the final run: m - 1."""
    return development_multiplier_ratio - 1


@quantity(given=("failed_run_ratio", "ablation_ratio"))
def development_ratio__parts(failed_run_ratio: Num, ablation_ratio: Num, search_ratio: Num) -> Num:
    """Runs that were given up, ablations and the search, to the final run's work."""
    return failed_run_ratio + ablation_ratio + search_ratio


@quantity
def development_ratio(typical_development_ratio: Num) -> Num:
    """Everything before and beside the final run, to the final run: as it was in projects that published it."""
    return typical_development_ratio


@quantity
def development_multiplier_ratio(development_ratio: Num) -> Num:
    """The whole project to its final run: 1 + the ratio of development."""
    return 1 + development_ratio


# --- failures by size ---------------------------------------------------------------------------------------------


@quantity
def failure_count(wall_time_h: Num, time_between_failures_h: Num) -> Num:
    """Failures to be expected during the final run."""
    return wall_time_h / time_between_failures_h


@quantity
def accelerator_hours_per_failure(failure_per_accelerator_per_h: Num) -> Num:
    """Accelerator hours that pass between two failures, whatever the size of the job."""
    return 1 / failure_per_accelerator_per_h


@quantity
def daly_interval_h(checkpoint_time_s: Num, time_between_failures_h: Num, s_per_h: Num) -> Num:
    """Daly's interval [1]_: sqrt(2dM)·[1 + sqrt(d/2M)/3 + (d/2M)/9] - d for d < 2M, else M."""
    write, between = checkpoint_time_s / s_per_h, time_between_failures_h
    third = np.sqrt(write / (2 * between)) / (1 + 2)
    higher = np.sqrt(2 * write * between) * (1 + third + third**2) - write
    return np.where(write < 2 * between, higher, between)


@quantity
def failure_waste_ratio(checkpoint_ratio: Num, lost_to_failure_ratio: Num) -> Num:
    """Checkpoints, work redone and restarts, to productive time: d/W + W/2M + R/M, a first order."""
    return checkpoint_ratio + lost_to_failure_ratio


@quantity
def failure_waste_share(failure_waste_ratio: Num) -> Num:
    """The same as a share of all time: w/(1 + w)."""
    return failure_waste_ratio / (1 + failure_waste_ratio)


@quantity
def daly_waste_share(
    checkpoint_interval_h: Num, checkpoint_time_s: Num, restart_time_h: Num, time_between_failures_h: Num, s_per_h: Num
) -> Num:
    """Share of all time that failures take by the full model [1]_: 1 - (W/M)·exp(-R/M)/(exp((W + d)/M) - 1).

    Failures while writing and restarting count too, so that it holds where the first order does not: in jobs so large
    that little time passes between failures.
    """
    between = time_between_failures_h
    segment = (checkpoint_interval_h + checkpoint_time_s / s_per_h) / between
    least = np.where(segment > 0, segment, 1)
    computing = np.where(segment > 0, checkpoint_interval_h / between / -np.expm1(-least), 1)
    return 1 - computing * np.exp(-segment - restart_time_h / between)
