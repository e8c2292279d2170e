"""Retraining: what being stale costs, how often to train again, and what continuing saves.

A model that is not trained again falls behind: its staleness costs so many USD an hour, and more the older it is. Two
shapes. *Power*: the rate is ``drift_cost_usd_per_h`` when ``drift_time_h`` has passed, and grows as time to the
``drift_exponent_ratio``; 1 is linear. *Saturating*: the rate tends to ``drift_cost_usd_per_h`` with the time constant
``drift_time_h``. A policy pays for retraining K once an interval and for the staleness in between; its cost is a rate,
the mean over an interval, and the best interval is that at which the staleness of the moment costs as much as the
policy does on average [1]_. Another currency, kWh or kg, may stand for USD throughout.

How often is told as a rate, of which 0 says never: with a drift that saturates, retraining does not pay from a cost on
that :func:`never_retrain_cost_usd` gives. The best interval T of a saturating drift with the time constant τ solves
1 - (1 + x)·exp(-x) = K/(C·τ), x = T/τ, which is -1 - W(-(1 - K/(C·τ))/e) on the lower branch of Lambert's W [2]_; it is
found in a fixed number of Newton steps from an upper bound [3]_.

All arguments broadcast to (V, S). Costs of retraining are above 0, exponents above 0 and up to 10. Drift is taken to be
steady: where it comes in bursts, what watches it can do better than any interval [4]_. Continuing is taken to reach
what training from scratch on everything reaches [5]_, which was shown for decoders of 0.4 and 10 billion parameters and
two stages of some 300 billion tokens; :func:`update_count` is for where it does not quite.

References
----------
.. [1] Harris 1913, How many parts to make at once, Factory 10(2) (the square root); Ross 1996, Stochastic Processes,
   2nd edition, section 3.6 (reward a cycle over time a cycle).
.. [2] Corless et al. 1996, On the Lambert W function, Advances in Computational Mathematics 5.
.. [3] Chatzigeorgiou 2013, Bounds on the Lambert function and their application to the outage analysis of user
   cooperation, IEEE Communications Letters 17(8), theorem 1.
.. [4] Mahadevan & Mathioudakis 2024, Cost-aware retraining for machine learning, arXiv:2310.04216.
.. [5] Ibrahim et al. 2024, Simple and scalable strategies to continually pre-train large language models,
   arXiv:2403.08763.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from thirdwatt.quantity import Num

_STEPS = 4
"""Newton steps: from the bound of [3]_ three reach what rounding leaves."""


# --- what one retraining costs ------------------------------------------------------------------------------------


@quantity
def update_count(quality_tolerance_ratio: Num, update_gap_ratio: Num) -> Num:
    """Updates that may follow a training from scratch before another: as many as their gaps, above 0 each, stay within
    the tolerance, both in points of quality.
    """
    return np.floor(np.nextafter(quality_tolerance_ratio / update_gap_ratio, np.inf))


@quantity
def retrain_cost_usd(full_retrain_cost_usd: Num, update_cost_usd: Num, update_count: Num) -> Num:
    """Mean cost of a retraining where m updates follow each training from scratch: (K_full + m·K_update)/(m + 1)."""
    return (full_retrain_cost_usd + update_count * update_cost_usd) / (update_count + 1)


# --- what an interval costs ---------------------------------------------------------------------------------------


@quantity(given=("drift_exponent_ratio",))
def drift_usd_per_h__power(
    drift_cost_usd_per_h: Num, drift_time_h: Num, drift_exponent_ratio: Num, stale_time_h: Num
) -> Num:
    """What staleness costs so long after training, power: C·(t/τ)^g."""
    return drift_cost_usd_per_h * (stale_time_h / drift_time_h) ** drift_exponent_ratio


@quantity
def drift_usd_per_h(drift_cost_usd_per_h: Num, drift_time_h: Num, stale_time_h: Num) -> Num:
    """What staleness costs so long after training, saturating: C·(1 - exp(-t/τ))."""
    return -drift_cost_usd_per_h * np.expm1(-stale_time_h / drift_time_h)


@quantity(given=("drift_exponent_ratio",))
def stale_usd_per_h__power(
    drift_cost_usd_per_h: Num, drift_time_h: Num, drift_exponent_ratio: Num, retrain_interval_h: Num
) -> Num:
    """Mean cost of staleness over an interval T, power: C·(T/τ)^g/(g + 1)."""
    reached = drift_cost_usd_per_h * (retrain_interval_h / drift_time_h) ** drift_exponent_ratio
    return reached / (drift_exponent_ratio + 1)


@quantity
def stale_usd_per_h(drift_cost_usd_per_h: Num, drift_time_h: Num, retrain_interval_h: Num) -> Num:
    """Mean cost of staleness over an interval T, saturating: C·(1 - (1 - exp(-x))/x), x = T/τ."""
    waited = retrain_interval_h / drift_time_h
    return drift_cost_usd_per_h * (1 + np.expm1(-waited) / waited)


@quantity
def retraining_usd_per_h(retrain_cost_usd: Num, retrain_interval_h: Num) -> Num:
    """Mean cost of retraining once an interval: K/T."""
    return retrain_cost_usd / retrain_interval_h


@quantity
def retrain_count_per_year(h_per_year: Num, retrain_interval_h: Num) -> Num:
    """Trainings in a year of one an interval T: what a year of updates takes, to what one of them does."""
    return h_per_year / retrain_interval_h


@quantity
def policy_usd_per_h(retraining_usd_per_h: Num, stale_usd_per_h: Num) -> Num:
    """Cost of an interval: of retraining and of staleness in between."""
    return retraining_usd_per_h + stale_usd_per_h


# --- the best interval --------------------------------------------------------------------------------------------


@quantity
def never_retrain_cost_usd(drift_cost_usd_per_h: Num, drift_time_h: Num) -> Num:
    """Cost of a retraining from which on none pays where drift saturates: C·τ, all that it can ever save."""
    return drift_cost_usd_per_h * drift_time_h


@quantity(given=("drift_exponent_ratio",))
def best_retrain_count_per_h__power(
    retrain_cost_usd: Num, drift_cost_usd_per_h: Num, drift_time_h: Num, drift_exponent_ratio: Num
) -> Num:
    """Retrainings an hour that cost least, power: 1/T, T = τ·[K·(g + 1)/(g·C·τ)]^(1/(g + 1)) [1]_; T = sqrt(2·K·τ/C)
    where drift is linear.
    """
    drifted = drift_exponent_ratio * drift_cost_usd_per_h * drift_time_h
    above = drift_exponent_ratio + 1
    return (drifted / (retrain_cost_usd * above)) ** (1 / above) / drift_time_h


@quantity
def best_retrain_count_per_h(retrain_cost_usd: Num, never_retrain_cost_usd: Num, drift_time_h: Num) -> Num:
    """Retrainings an hour that cost least, saturating [2]_; 0, never, where one costs all that it can save or more."""
    pays = np.less(retrain_cost_usd, never_retrain_cost_usd)
    share = np.where(pays, retrain_cost_usd, 0) / np.where(pays, never_retrain_cost_usd, 1)
    waited = _root(-np.log1p(-share), lambda x: x - np.log1p(x), lambda x: x / (1 + x))
    return np.where(pays, 1 / np.where(pays, waited * drift_time_h, 1), 0)


@quantity(given=("drift_exponent_ratio",))
def best_policy_usd_per_h__power(
    retrain_cost_usd: Num, drift_cost_usd_per_h: Num, drift_time_h: Num, drift_exponent_ratio: Num
) -> Num:
    """Least cost of retraining and staleness, power: [C·(K·(g + 1)/(g·τ))^g]^(1/(g + 1)); sqrt(2·K·C/τ) if linear."""
    spread = retrain_cost_usd * (drift_exponent_ratio + 1) / (drift_exponent_ratio * drift_time_h)
    root = 1 / (drift_exponent_ratio + 1)
    return drift_cost_usd_per_h**root * spread ** (drift_exponent_ratio * root)


@quantity
def best_policy_usd_per_h(drift_cost_usd_per_h: Num, drift_time_h: Num, best_retrain_count_per_h: Num) -> Num:
    """Least cost of retraining and staleness, saturating: what staleness costs when the best interval ends."""
    retrains = np.greater(best_retrain_count_per_h, 0)
    waited = 1 / np.where(retrains, best_retrain_count_per_h * drift_time_h, 1)
    return drift_cost_usd_per_h * np.where(retrains, -np.expm1(-waited), 1)


# --- on an event, not on a date -----------------------------------------------------------------------------------


@quantity(given=("drift_exponent_ratio",))
def event_retrain_count_per_h__power(
    retrain_cost_usd: Num, drift_cost_usd_per_h: Num, drift_time_h: Num, drift_exponent_ratio: Num
) -> Num:
    """Retrainings an hour of who retrains when staleness has cost as much as that does [4]_, power:
    1/T, T = τ·[K·(g + 1)/(C·τ)]^(1/(g + 1)), the best interval where drift is linear.
    """
    drifted = drift_cost_usd_per_h * drift_time_h
    above = drift_exponent_ratio + 1
    return (drifted / (retrain_cost_usd * above)) ** (1 / above) / drift_time_h


@quantity
def event_retrain_count_per_h(retrain_cost_usd: Num, drift_cost_usd_per_h: Num, drift_time_h: Num) -> Num:
    """Retrainings an hour of who retrains when staleness has cost as much as that does [4]_, saturating:
    1/T, x - 1 + exp(-x) = K/(C·τ), x = T/τ.
    """
    drifts = np.greater(drift_cost_usd_per_h, 0)
    level = retrain_cost_usd / np.where(drifts, drift_cost_usd_per_h * drift_time_h, 1)
    waited = _root(level, lambda x: x + np.expm1(-x), lambda x: -np.expm1(-x))
    return np.where(drifts, 1 / (waited * drift_time_h), 0)


@quantity
def event_policy_usd_per_h(retrain_cost_usd: Num, event_retrain_count_per_h: Num, monitor_usd_per_h: Num) -> Num:
    """Cost of retraining on that event: each cycle pays K twice, once as staleness, and somebody has to watch."""
    return 2 * retrain_cost_usd * event_retrain_count_per_h + monitor_usd_per_h


# --- from scratch or on from there --------------------------------------------------------------------------------


@quantity
def scratch_token_count(initial_token_count: Num, new_token_count: Num, retrain_count: Num) -> Num:
    """Tokens of n trainings from scratch, each on all there is, while so many come before each:
    n·D0 + d·n·(n + 1)/2.
    """
    return retrain_count * initial_token_count + new_token_count * retrain_count * (retrain_count + 1) / 2


@quantity
def continued_token_count(new_token_count: Num, retrain_count: Num, replay_share: Num) -> Num:
    """Tokens of n continuations, each on what is new and on old ones that are a share of what it sees [5]_:
    n·d/(1 - share).
    """
    return retrain_count * new_token_count / (1 - replay_share)


@quantity
def continued_to_scratch_ratio(continued_token_count: Num, scratch_token_count: Num) -> Num:
    """Arithmetic of continuing to that of training from scratch each time, for one model."""
    return continued_token_count / scratch_token_count


@quantity
def union_cost_ratio(first_token_count: Num, second_token_count: Num, replay_share: Num) -> Num:
    """Arithmetic of going on to a second dataset, all of it and replay, to that of training on both from scratch [5]_:
    D2/((1 - share)·(D1 + D2)).
    """
    return second_token_count / ((1 - replay_share) * (first_token_count + second_token_count))


def _root(level: Num, of: Callable[[Num], Num], slope: Callable[[Num], Num]) -> Num:
    """Where a convex function that starts as x²/2 reaches a level: Newton's steps from level + sqrt(2·level), which is
    above it for both functions here, so that every step comes nearer from above.
    """
    above = np.greater(level, 0)
    wanted = np.where(above, level, 1)
    found = wanted + np.sqrt(2 * wanted)
    for _ in range(_STEPS):
        found = found - (of(found) - wanted) / slope(found)
    return np.where(above, found, 0)
