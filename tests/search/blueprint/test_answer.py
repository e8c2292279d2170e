"""Answers: a whole search of a small mix, held against ledgers of what it found."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest

import thirdwatt
from thirdwatt.ledger import estimate
from thirdwatt.ledger.document import copied
from thirdwatt.quantity import BOUNDARIES, J_PER_KWH
from thirdwatt.scenario import InputError
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.answer import HANGS_ON, Answer, Design, search
from thirdwatt.search.blueprint.mix import MIXES, Document, document_of, laid_out, weighted
from thirdwatt.search.blueprint.parts import GROUPS
from thirdwatt.search.blueprint.price import COST, EDGE, HEAT, POWER, RETICLE, Limits
from thirdwatt.search.blueprint.question import Question, asked

pytestmark = pytest.mark.slow

NAMES = [each.model for each in MIXES["today"]]
SMALL = Question(weights=dict.fromkeys(NAMES, 0) | {"vit-l-16": 1, "dit-xl-2": 3}, samples=400)


ASKED: dict[str, Answer] = {}


def answer(question: Question = SMALL) -> Answer:
    """The answer to a question, searched for once."""
    said = repr(question)
    if said not in ASKED:
        ASKED[said] = search(question)
    return ASKED[said]


def best() -> Design:
    found = answer().best
    assert found is not None
    return found


def before(question: Question = SMALL) -> list[Document]:
    wanted = asked(question)
    based = {"based_on": wanted.baseline}
    return laid_out(
        [
            document_of(each, based, wanted.baseline, wanted.baseline_precision, wanted.boundary)
            for each in weighted(wanted.mix, wanted.weights)
        ]
    )


def drawn(documents: list[Document] | tuple[Document, ...], boundary: str) -> np.ndarray:
    """Energy of each workload by draw, shape (W, 1 + S)."""
    found = [estimate(copied(each), samples=SMALL.samples, seed=SMALL.seed) for each in documents]
    return np.stack([np.asarray(ledger.samples(BOUNDARY_QUANTITY[boundary])) for ledger in found])


def ratio(boundary: str) -> np.ndarray:
    """Draws of the factor by ledgers of its workloads, the centre first."""
    weights = np.array([each.workload.weight for each in answer().trained])
    logs = np.log(drawn(before(), boundary) / drawn(answer().documents, boundary))
    draws: np.ndarray = np.exp(weights @ logs / weights.sum())
    return draws


# --- the factor ---------------------------------------------------------------------------------------------------


def test_the_factor_is_that_of_ledgers_of_its_workloads() -> None:
    found = answer().factor
    assert found is not None
    draws = ratio("accelerators")
    assert found.value == pytest.approx(draws[0], rel=1e-9)
    assert found.low == pytest.approx(np.quantile(draws[1:], 0.05), rel=1e-9)
    assert found.high == pytest.approx(np.quantile(draws[1:], 0.95), rel=1e-9)
    assert best().factor == pytest.approx(found.value, rel=1e-9)


def test_the_probability_is_the_share_of_draws_that_reach_what_is_asked() -> None:
    assert answer().probability == (ratio("accelerators")[1:] >= SMALL.factor).mean()
    assert answer(replace(SMALL, factor=1e-3)).probability == 1
    assert answer(replace(SMALL, factor=1e3)).probability == 0


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_every_boundary_is_told_of_the_same_design(boundary: str) -> None:
    assert answer().boundaries[boundary].value == pytest.approx(ratio(boundary)[0], rel=1e-9)


def test_at_the_server_it_is_less() -> None:
    """Hosts and network do not shrink with the chip."""
    told = answer().boundaries
    assert 1 < told["it"].value < told["accelerators"].value
    assert 1 < told["facility"].value < told["accelerators"].value


def test_workloads_multiply_to_the_factor() -> None:
    found = answer()
    assert found.factor is not None
    whole = sum(each.workload.weight for each in found.trained)
    assert prod(each.factor.value ** (each.workload.weight / whole) for each in found.trained) == pytest.approx(
        found.factor.value, rel=1e-9
    )
    for each in found.trained:
        assert each.before_j_per_token.value / each.after_j_per_token.value == pytest.approx(
            each.factor.value, rel=1e-9
        )
        assert each.factor.low < each.factor.value < each.factor.high


def test_a_joule_for_a_token_is_that_of_its_ledger() -> None:
    first, document = answer().trained[0], answer().documents[0]
    ledger = estimate(copied(document), samples=1)
    joules = ledger.values["accelerators_energy_kwh"].item() * J_PER_KWH
    assert first.after_j_per_token.value == pytest.approx(
        joules / ledger.values["trained_token_count"].item(), rel=1e-9
    )


# --- where it comes from ------------------------------------------------------------------------------------------


def test_parts_multiply_to_the_factor() -> None:
    found = answer()
    assert found.factor is not None
    assert tuple(each.group for each in found.parts) == GROUPS
    for name in ("in_order", "any_order"):
        assert prod(getattr(each, name) for each in found.parts) == pytest.approx(found.factor.value, rel=1e-9)
    orders = [prod(getattr(each, name) for each in found.parts) for name in ("prior_in_order", "prior_any_order")]
    assert orders[0] == pytest.approx(orders[1], rel=1e-9)


def test_assumptions_are_told_the_weightiest_first() -> None:
    found = answer().assumptions
    assert len(found) == HANGS_ON
    shares = [each.share for each in found]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    for each in found:
        assert each.low < each.high
        assert each.source
        assert each.kind
    assert len({each.stream for each in found}) == HANGS_ON


# --- designs ------------------------------------------------------------------------------------------------------


def test_what_is_found_can_be_built() -> None:
    for each in (best(), *answer().front):
        assert max(each.built[RETICLE], each.built[EDGE], each.built[HEAT]) <= 1
        assert each.time_ratio <= SMALL.slowest * (1 + 1e-9)
        assert each.built[COST] == pytest.approx(each.cost_usd)


def test_nothing_beats_a_design_of_the_front() -> None:
    costs = np.array([[1 / each.factor, each.time_ratio, each.cost_usd] for each in answer().front])
    assert len(costs) > 10
    for place in range(len(costs)):
        assert not (costs * (1 + 1e-3) < costs[place]).all(axis=1).any()


def test_the_front_begins_with_the_answer() -> None:
    assert answer().front[0] == best()


@pytest.mark.parametrize("slowest", [0.4, 0.45])
def test_layouts_of_its_own_take_no_more_hours_than_allowed(slowest: float) -> None:
    """The layout of the least energy for a design may be slower than that of the baseline."""
    found = answer(replace(SMALL, weights=dict.fromkeys(NAMES, 0) | {"llama-3.1-405b": 1}, slowest=slowest))
    assert found.best is not None
    assert found.best.time_ratio <= slowest * (1 + 1e-9)
    assert all(each.hours_ratio <= slowest * (1 + 1e-9) for each in found.trained)


def test_the_best_is_better_than_what_is_on_sale() -> None:
    shipping = answer().shipping
    assert best().factor > max(shipping.values())
    assert shipping[SMALL.baseline] >= 1 - 1e-9
    values = list(shipping.values())
    assert values == sorted(values, reverse=True)


def test_what_is_speculative_is_told_apart() -> None:
    told = {each.what: each for each in answer().beyond}
    assert [each.speculative for each in told.values()] == [False, True, True]
    assert best().precision in ("bf16", "fp8")
    assert best().section["process"] == "n3e"
    four = told["training in fp4"].design
    assert four is not None
    assert four.factor >= best().factor  # more to choose among, and layouts of its own
    for each in told.values():
        assert each.design is not None
        assert each.design.time_ratio <= SMALL.slowest * (1 + 1e-9)


def test_limits_hold_of_the_answer() -> None:
    limits = Limits(reticle_share=0.8, power_w=450, cost_usd=5_000)
    found = answer(replace(SMALL, limits=limits, slowest=3.0))
    for each in (found.best, *found.front):
        assert each is not None
        assert each.built[RETICLE] <= 0.8
        assert each.built[POWER] <= 450
        assert each.built[COST] <= 5_000


def test_where_nothing_can_be_built_nothing_is_said() -> None:
    found = answer(replace(SMALL, limits=Limits(power_w=1)))
    assert (found.best, found.factor, found.probability) == (None, None, None)
    assert not found.front
    assert found.counts.looked > 0


def test_the_same_seed_is_the_same_answer() -> None:
    again = search(replace(SMALL))
    assert again.best == answer().best
    assert again.factor == answer().factor
    assert again.parts == answer().parts
    assert again.assumptions == answer().assumptions
    assert again.front == answer().front


def test_progress_is_told() -> None:
    told: list[tuple[str, float]] = []
    search(replace(SMALL, samples=2, limits=Limits(power_w=1)), lambda what, share: told.append((what, share)))
    assert [each[0] for each in told][:2] == ["layouts of the baseline", "designs"]
    shares = [each[1] for each in told]
    assert shares == sorted(shares)


def test_a_search_is_asked_for_from_python_by_its_fields() -> None:
    found = thirdwatt.chip("a100", weights=SMALL.weights, nodes=("4NP",), limits=Limits(power_w=1), samples=2)
    assert (found.question.baseline, found.question.nodes, found.best) == ("a100-sxm-80gb", ("n4",), None)
    with pytest.raises(InputError, match="--node: 'n9' is in no row of processes"):
        thirdwatt.chip(nodes=("n9",))


def test_a_question_may_be_a_baseline_alone() -> None:
    assert asked(Question(baseline="a100")).baseline == "a100-sxm-80gb"
