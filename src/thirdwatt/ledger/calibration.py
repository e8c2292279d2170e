"""Calibration: constants of the book moved towards what was measured, and no further than it tells.

Measured quantities of several scenarios are compared with what the book gives for them. Constants are the leaves of
those scenarios that come from named cells of the fact tables; each has a prior, a value and how far it may be from it.
The fit minimises the squares of the errors in logarithms, large ones counted less, plus those of the departures from
the priors: a constant that no measurement touches stays where its prior is.

References
----------
.. [1] Tarantola 2005, Inverse Problem Theory, chapter 3 (least squares with priors).
.. [2] Holland and Welsch 1977, Robust regression using iteratively reweighted least squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import solve
from thirdwatt.ledger.graph import Program, program
from thirdwatt.ledger.leaves import figures, informed
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario import Scenario

STEP = 1e-4
"""Change of a logarithm for its derivative."""
ROUNDS, ENOUGH = 80, 1e-5
"""Most rounds of the fit, and the change of the objective at which it stops."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A leaf that measurements may move.

    Attributes
    ----------
    name
        What it is called in reports.
    streams
        Streams of the figures that hold it: the leaf in every scenario that reads one of these moves with it.
    prior, sigma
        Value before any measurement, and the standard deviation of its logarithm.
    current
        Value in the tables.
    ceiling
        Most that it can be.
    """

    name: str
    streams: tuple[str, ...]
    prior: float
    sigma: float
    current: float
    ceiling: float = np.inf

    @property
    def offset(self) -> float:
        """Logarithm of the prior over the value in the tables."""
        return float(np.log(self.prior / self.current))


@dataclass(frozen=True, slots=True)
class _Group:
    """Scenarios that take the same way through the book; arrays are (V, 1)."""

    members: NDArray[np.intp]
    plan: Program
    leaves: Mapping[str, NDArray[Any]]
    streams: Mapping[str, Sequence[str]]


class Batch:
    """One quantity of many scenarios, by their leaves, as a function of constants."""

    def __init__(self, leaves: Sequence[Mapping[str, Figure]], target: str) -> None:
        self.size = len(leaves)
        self.target = target
        found: dict[Program, list[int]] = {}
        for number, own in enumerate(leaves):
            found.setdefault(program(book(), informed(own), (target,)), []).append(number)
        self._groups = [self._group(plan, members, leaves) for plan, members in found.items()]

    @classmethod
    def of(cls, scenarios: Sequence[Scenario], target: str) -> Batch:
        """The quantity of scenarios."""
        return cls([figures(scenario) for scenario in scenarios], target)

    @staticmethod
    def _group(plan: Program, members: Sequence[int], leaves: Sequence[Mapping[str, Figure]]) -> _Group:
        names = plan.plan.leaves
        columns = {name: [leaves[number][name] for number in members] for name in names}
        return _Group(
            members=np.array(members, dtype=np.intp),
            plan=plan,
            leaves={name: _column(name, [figure.value for figure in column]) for name, column in columns.items()},
            streams={name: [figure.stream for figure in column] for name, column in columns.items()},
        )

    def touched(self, constant: Constant) -> NDArray[np.bool_]:
        """Which scenarios read a constant, shape (n,)."""
        reads = np.zeros(self.size, dtype=bool)
        for group in self._groups:
            for streams in group.streams.values():
                reads[group.members] |= [stream in constant.streams for stream in streams]
        return reads

    def predict(self, logs: Mapping[str, float], only: NDArray[np.bool_] | None = None) -> Array:
        """The target of every scenario, shape (n,), with leaves of some streams times exp(log).

        Parameters
        ----------
        only
            Scenarios wanted; the others come out as NaN where no wanted one shares their way.
        """
        values = np.full(self.size, np.nan)
        for group in self._groups:
            if only is not None and not only[group.members].any():
                continue
            moved = self._moved(group, logs)

            def read(name: str, group: _Group = group, moved: Mapping[str, Any] = moved) -> NDArray[Any]:
                return moved[name] if name in moved else group.leaves[name]

            result, _ = solve(group.plan, read)
            values[group.members] = np.broadcast_to(result[self.target], (len(group.members), 1))[:, 0]
        return values

    @staticmethod
    def _moved(group: _Group, logs: Mapping[str, float]) -> dict[str, NDArray[Any]]:
        moved = {}
        for name, streams in group.streams.items():
            factors = np.array([[logs.get(stream, 0.0)] for stream in streams])
            if factors.any():
                moved[name] = group.leaves[name] * np.exp(factors)
        return moved


def _column(name: str, values: Sequence[float]) -> NDArray[Any]:
    return np.array(values, dtype=np.intp if name.endswith("_code") else np.float64)[:, None]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Constants after the fit.

    Attributes
    ----------
    values
        Value of each constant.
    sigmas
        Standard deviation of its logarithm that remains.
    errors
        Logarithms of predicted over measured, shape (n,).
    covariance
        Of the logarithms of the constants in the order of ``values``, shape (c, c); ``None`` where fits are joined.
    """

    values: Mapping[str, float]
    sigmas: Mapping[str, float]
    errors: Array
    covariance: Array | None = None

    def correlation(self, one: str, other: str) -> float:
        """How what is left unknown of two constants goes together: -1 where only their product is known."""
        if self.covariance is None:
            raise ValueError("several fits have no covariance in common")
        names = list(self.values)
        return float(self.covariance[names.index(one), names.index(other)] / (self.sigmas[one] * self.sigmas[other]))


def calibrate(
    batch: Batch,
    measured: Array,
    constants: Sequence[Constant],
    noise: Array,
    held: Mapping[str, float] | None = None,
    mildness: float = 1.5,
) -> Fitted:
    """Move constants towards measurements [1]_, large errors reweighted [2]_.

    Parameters
    ----------
    measured
        What was measured of each scenario, shape (n,).
    noise
        Standard deviation of the logarithm of each measurement about the book, shape (n,).
    held
        Logarithms of factors on other streams, which do not move.
    mildness
        Errors beyond so many deviations count less and less.
    """
    priors = np.array([constant.offset for constant in constants])
    sigmas = np.array([constant.sigma for constant in constants])
    most = np.array([np.log(constant.ceiling / constant.current) for constant in constants])
    touched = [batch.touched(constant) for constant in constants]
    target = np.log(measured)

    def errors(point: Array, only: NDArray[np.bool_] | None = None) -> Array:
        moved = {stream: log for constant, log in zip(constants, point, strict=True) for stream in constant.streams}
        logs = {**(held or {}), **moved}
        with np.errstate(all="ignore"):
            return np.log(batch.predict(logs, only)) - target

    def objective(point: Array) -> float:
        scaled = errors(point) / noise / mildness
        robust = 2 * mildness**2 * (np.sqrt(1 + scaled**2) - 1)
        return float(robust.sum() + (((point - priors) / sigmas) ** 2).sum())

    point, damping = np.minimum(priors, most), 1e-3
    now = objective(point)
    curvature = np.diag(1 / sigmas**2)
    for _ in range(ROUNDS):
        error = errors(point)
        weight = 1 / np.sqrt(1 + (error / noise / mildness) ** 2) / noise**2
        slopes = np.zeros((batch.size, len(constants)))
        for number, reads in enumerate(touched):
            if reads.any():
                nudged = point.copy()
                nudged[number] += STEP
                slopes[reads, number] = (errors(nudged, reads)[reads] - error[reads]) / STEP
        curvature = slopes.T @ (weight[:, None] * slopes) + np.diag(1 / sigmas**2)
        downhill = -(slopes.T @ (weight * error)) - (point - priors) / sigmas**2
        while True:
            move = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), downhill)
            tried = np.minimum(point + np.clip(move, -0.5, 0.5), most)
            after = objective(tried)
            if after <= now or damping > 1e6:
                break
            damping *= 4
        if damping > 1e6:
            break
        gained, point, now, damping = now - after, tried, after, damping / 4
        if gained < ENOUGH * max(now, 1):
            break
    covariance = np.linalg.inv(curvature)
    remaining = np.sqrt(np.diag(covariance))
    return Fitted(
        values={each.name: each.current * float(np.exp(log)) for each, log in zip(constants, point, strict=True)},
        sigmas={each.name: float(sigma) for each, sigma in zip(constants, remaining, strict=True)},
        errors=errors(point),
        covariance=covariance.astype(np.float64),
    )
