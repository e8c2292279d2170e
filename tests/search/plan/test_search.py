"""The search equals every combination estimated by itself."""

from __future__ import annotations

import numpy as np
import pytest

from tests.search.plan import made
from thirdwatt.search.plan.search import Limits, find

SLOW = pytest.mark.slow


def check(number: int) -> None:
    bench = made.random_bench(number)
    draw = np.random.default_rng(1_000 + number)
    goal = str(draw.choice(["energy", "cost", "carbon"]))
    factor = float(draw.uniform(1.05, 3.0))
    reaching, least = made.by_hand(bench, goal, factor)
    found = find(bench, goal, factor)
    assert found.reaching == len(reaching)
    assert found.most_unlimited is not None
    assert found.most_unlimited.ratios[goal] == pytest.approx(least, rel=1e-9)
    if reaching:
        first = found.shortest[0]
        assert first.days == pytest.approx(reaching[0][0])
        least_days = [ratio for days, ratio in reaching if days <= reaching[0][0] + 1e-12]
        assert first.ratios[goal] == pytest.approx(min(least_days), rel=1e-9)
    else:
        assert not found.shortest


@pytest.mark.parametrize("number", range(8))
def test_it_equals_brute_force(number: int) -> None:
    check(number)


@SLOW
@pytest.mark.parametrize("number", range(8, 200))
def test_it_equals_brute_force_on_many(number: int) -> None:
    check(number)


def test_limits_keep_out_what_costs_or_takes_more() -> None:
    bench = made.bench((made.CLOCK, made.COUNT, made.STALL))
    free = find(bench, "energy", 1.01)
    bound = find(bench, "energy", 1.01, Limits(time=1.0))
    assert any(point.ratios["time"] > 1 for point in free.shortest)
    assert all(point.ratios["time"] <= 1 + 1e-9 for point in bound.shortest)
    assert bound.within < free.within == free.able
    assert bound.most_unlimited == free.most_unlimited
    dear = find(bench, "energy", 1.01, Limits(cost=1.0))
    assert all(point.ratios["cost"] <= 1 + 1e-9 for point in dear.shortest)


def test_too_many_are_looked_at_by_their_work() -> None:
    levers = (made.CHIP, made.CLOCK, made.LESS, made.FEWER, made.SITE)
    bench = made.bench(levers)
    whole = find(bench, "energy", 2.0)
    some = find(bench, "energy", 2.0, most=40)
    assert some.looked <= 40 < whole.looked
    assert some.complete_to_days < np.inf
    if whole.shortest[0].days <= some.complete_to_days:
        assert some.shortest[0] == whole.shortest[0]
    else:
        assert not some.shortest


def test_the_front_is_beaten_by_nothing() -> None:
    bench = made.bench((made.CHIP, made.CLOCK, made.LESS, made.COUNT))
    found = find(bench, "energy", 3.0)
    points = [tuple(point.ratios[name] for name in ("energy", "cost", "time")) for point in found.front]
    assert len(points) > 2
    for one in points:
        assert not any(all(b < a * 0.98 for a, b in zip(one, other, strict=True)) for other in points)
    priced = bench.prices(np.array([point.combination for point in found.front], dtype=np.int8))
    assert priced.able.all()


def test_it_says_how_far_it_is() -> None:
    bench = made.bench((made.CHIP, made.CLOCK))
    seen: list[tuple[int, int]] = []
    find(bench, "energy", 2.0, progress=lambda done, whole: seen.append((done, whole)))
    assert seen[-1] == (9, 9)
