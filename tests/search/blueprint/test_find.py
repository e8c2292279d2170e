"""Finding: on spaces that can be looked at whole nothing better is there; limits hold of everything that is kept."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.search.blueprint.made import WEIGHTS, documents, looked_at, space, taken
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.find import Counts, Pool, find
from thirdwatt.search.blueprint.price import COST, EDGE, HEAT, POWER, RETICLE, Limits, Pricer, within
from thirdwatt.search.blueprint.question import Question, asked
from thirdwatt.search.blueprint.space import Space

SMALL = space(
    clock_hz=(0.6e9, 0.9e9, 1.2e9, 1.6e9),
    units=(64.0, 128.0, 192.0, 256.0),
    macs=(2048.0, 4096.0),
    register_byte=(131_072.0, 262_144.0),
    stacks=(4.0, 8.0),
    gated_share=(0.0, 0.5),
    memory=("hbm3e", "hbm4"),
    accumulators=("registers", "array"),
    precision=("bf16", "fp8"),
)
"""4,096 designs."""


@cache
def pricer(of: Space = SMALL) -> Pricer:
    return Pricer(of, documents(), "accelerators")


NONE = Limits()


def found(limits: Limits = NONE, slowest: float = 1.0, seed: int = 0) -> tuple[Pool, Counts]:
    return find(pricer(), taken(documents()), WEIGHTS, limits, slowest=slowest, seed=seed)


LIMITS = [
    (Limits(), 1.0),
    (Limits(), 3.0),
    (Limits(reticle_share=0.7), 2.0),
    (Limits(power_w=500), 3.0),
    (Limits(cost_usd=5_000), 2.0),
    (Limits(reticle_share=0.8, power_w=400, cost_usd=5_500), 4.0),
]


@pytest.mark.parametrize(("limits", "slowest"), LIMITS)
def test_nothing_better_is_in_a_space_that_is_looked_at_whole(limits: Limits, slowest: float) -> None:
    pool, _ = found(limits, slowest)
    whole = looked_at(pricer(), limits, slowest)
    assert len(whole.designs) > 0
    assert pool.factor.max() == pytest.approx(whole.factor.max(), rel=1e-12)
    best = whole.designs[np.argmax(whole.factor)]
    assert (pool.designs == best).all(axis=1).any()


@pytest.mark.parametrize(("limits", "slowest"), LIMITS)
def test_every_design_that_is_kept_is_within_the_limits(limits: Limits, slowest: float) -> None:
    pool, counts = found(limits, slowest)
    built, mixed = pricer().built(pool.designs), pricer().mixed(pool.designs)
    assert (built[RETICLE] <= limits.reticle_share).all()
    assert (built[POWER] <= limits.power_w).all()
    assert (built[COST] <= limits.cost_usd).all()
    assert (np.maximum(built[EDGE], built[HEAT]) <= 1).all()
    assert (pool.time_ratio <= slowest).all()
    assert mixed.fits.all()
    assert pool.cost_usd == pytest.approx(built[COST])
    assert counts.looked >= counts.buildable >= counts.priced >= counts.fitting == len(pool.designs)
    assert len(np.unique(pool.designs, axis=0)) == len(pool.designs)


@pytest.mark.parametrize(
    ("wide", "tight"),
    [
        ((Limits(), 2.0), (Limits(), 1.0)),
        ((Limits(), 2.0), (Limits(reticle_share=0.6), 2.0)),
        ((Limits(power_w=900), 2.0), (Limits(power_w=450), 2.0)),
        ((Limits(cost_usd=7_000), 2.0), (Limits(cost_usd=5_000), 2.0)),
    ],
)
def test_a_tighter_limit_never_finds_more(wide: tuple[Limits, float], tight: tuple[Limits, float]) -> None:
    more, less = (found(*each)[0].factor for each in (wide, tight))
    assert len(less) == 0 or less.max() <= more.max() * (1 + 1e-12)


def test_where_nothing_can_be_built_nothing_is_found() -> None:
    pool, counts = found(Limits(power_w=1))
    assert len(pool.designs) == len(pool.factor) == 0
    assert counts.looked > 0
    assert counts.buildable == counts.priced == counts.fitting == 0


def test_the_same_seed_is_the_same_answer_and_another_is_as_good() -> None:
    (one, first), (same, again), (other, _) = (found(seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.designs, same.designs)
    assert np.array_equal(one.factor, same.factor)
    assert first == again
    assert other.factor.max() == pytest.approx(one.factor.max(), rel=1e-12)


def test_progress_is_told_from_nothing_to_all() -> None:
    told: list[tuple[int, int]] = []
    find(
        pricer(), taken(documents()), WEIGHTS, Limits(), slowest=1.0, seed=0,
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    shares = [done / of for done, of in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


# --- the front ----------------------------------------------------------------------------------------------------


def test_nothing_beats_a_design_of_the_front_and_one_of_it_beats_any_other() -> None:
    pool, _ = found(slowest=3.0)
    front = pool.front()
    costs = np.stack([1 / pool.factor, pool.time_ratio, pool.cost_usd], axis=1)
    assert 1 < len(front) < len(costs)
    near = 1 + 1e-3  # as near as the front tells costs apart
    for place in front:
        better = (costs * near < costs[place]).all(axis=1)
        assert not better.any()
    for place in set(range(len(costs))) - set(front.tolist()):
        assert (costs[front] <= costs[place] * near).all(axis=1).any()
    assert pool.factor[front[0]] == pytest.approx(pool.factor.max(), rel=1e-3)


def test_within_narrow_limits_a_design_is_found_too() -> None:
    """Of designs spread over the space none draws so little; some can."""
    whole = space_of(asked(Question()))
    pricer = Pricer(whole, documents(), "accelerators")
    limits = Limits(power_w=55)
    spread = whole.drawn(60_000, np.random.default_rng(0))
    spread = spread[whole.buildable(spread)]
    assert not within(pricer.built(spread), limits).any()
    pool, counts = find(pricer, taken(documents()), WEIGHTS, limits, slowest=1e3, seed=0)
    assert counts.buildable > 0
    assert len(pool.designs) > 0
    assert (pricer.built(pool.designs)[POWER] <= 55).all()
