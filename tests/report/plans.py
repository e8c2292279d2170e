"""Plans over levers of the tests' own, so that what they say does not change with every lever that is added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.change import Three
from thirdwatt.search.levers.lever import EQUAL_LOSS, SAME, UNKNOWN, Evidence, Lever, Today, Way
from thirdwatt.search.plan.answer import Plan, answered
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.combine import MOST
from thirdwatt.search.plan.goals import DEVELOPMENT, Counted
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, Offered, Refused
from thirdwatt.search.plan.search import Limits
from thirdwatt.search.today import start

RUN: Mapping[str, Any] = {
    "title": "A small run",
    "workload": {"parameters": 1e9, "tokens": 1e12},
    "cluster": {"accelerator": "a100-sxm-80gb", "count": 64},
    "site": {"region": "us", "pue": 1.4, "tenure": "own"},
}
"""A run that states enough for every account."""


def lever(
    name: str,
    *,
    sets: Mapping[str, Any] | None = None,
    scales: Mapping[str, Three] | None = None,
    days: Three = (4.0, 2.0, 8.0),
    risk: str = "low",
    quality: str = SAME,
    group: str = "data",
    excludes: frozenset[str] = frozenset(),
    needs: frozenset[str] = frozenset(),
    words: str = "",
) -> Lever:
    def ways(today: Today) -> Sequence[Way] | str:  # it is the same whatever the run is
        return [Way(words or f"have {name}", sets or {}, scales or {})]

    return Lever(
        id=name.replace(" ", "-"),
        title=name,
        group=group,
        changes=f"what {name} changes",
        effort_d=days,
        risk=risk,
        doubt=f"{name} may not hold",
        quality=quality,
        evidence=(Evidence(f"{name} was seen", "Tester 2026, Proceedings of Tests", "measured"),
                  Evidence(f"{name} follows", "Arithmetic", "reasoned")),
        ways=ways,
        excludes=excludes,
        needs=needs,
    )  # fmt: skip


HALF: Three = (0.5, 0.4, 0.65)
DEDUP = lever("fewer copies", scales={"token_count": HALF}, days=(4.0, 2.0, 10.0))
FILTER = lever("better text", scales={"token_count": (0.7, 0.6, 0.85)}, days=(15.0, 8.0, 30.0), risk="medium",
               quality=EQUAL_LOSS, group="model", excludes=frozenset({"less-text"}))  # fmt: skip
COOLING = lever("cooler halls", sets={"site.pue": 1.1}, days=(20.0, 10.0, 60.0), risk="high", group="machine",
                words="cool by water that is warm, in all of the halls that there are, and not by air")  # fmt: skip
LESS = lever("less text", scales={"token_count": (0.95, 0.9, 0.99)}, days=(5.0, 4.0, 6.0))
WORSE = lever("dearer halls", sets={"site.pue": 1.8}, group="place")
SLOWER = lever("leaner and slower", group="machine", days=(1.0, 0.5, 2.0), scales={
    "typical_mfu_share": (0.8, 0.78, 0.82), "accelerator_load_ratio": (0.3, 0.28, 0.32)})  # fmt: skip
ODD = lever("something odd", scales={"token_count": (0.8, 0.7, 0.9)}, quality=UNKNOWN, group="model")
ALL = (DEDUP, FILTER, COOLING, LESS, WORSE)
AWAY = (
    Refused(ODD, OFF, f"what it does to quality is not known: --allow {ODD.id}"),
    Refused(lever("padding"), NOT_NOW, "how much is padding is not known: thirdwatt data scan PATH", lacking=True),
    Refused(lever("no tapes"), NOT_NOW, "there are none"),
    Refused(lever("not this"), FORBIDDEN, "it is forbidden"),
)


@cache
def planned(
    factor: float = 3.0,
    *,
    goal: str = "energy",
    levers: tuple[Lever, ...] = ALL,
    refused: tuple[Refused, ...] = AWAY,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    cap_kwh: float | None = None,
    most: int = MOST,
    samples: int = 60,
    development: bool = False,
    source: str = "",
    region: str = "us",
) -> Plan:
    """The plan of a small run, or of a preset."""
    factors = (DEVELOPMENT,) if development else ()
    asked = scenario_of(source or {**RUN, "site": {**RUN["site"], "region": region}}, name="small-run")
    begun = start(asked, samples=samples, seed=0, also=factors)
    counted = Counted(begun.ledger.boundary, factors)
    today = Today(begun.ledger, begun.stated)
    on = []
    for each in levers:
        ways = each.ways(today)
        assert not isinstance(ways, str)
        on.append(Offered(each, tuple(ways)))
    return answered(Bench(begun, tuple(on), counted), refused, goal, factor, limits, most, cap_kwh)
