"""The book as a whole: nothing unread, nothing twice, components and totals agree."""

from __future__ import annotations

from types import ModuleType

import pytest

import thirdwatt
from thirdwatt.facts.table import TABLES, table
from thirdwatt.ledger.blueprints import OF_CHIPS
from thirdwatt.ledger.book import BookError, book, read_book
from thirdwatt.ledger.graph import plan
from thirdwatt.ledger.pricing import ACCOUNTS, OF_DATA, OF_DEVELOPMENT, OF_LAWS
from thirdwatt.outlook import paths
from thirdwatt.quantity import COMPONENTS, axis, dimension, quantity
from thirdwatt.scenario.blueprint import OPTIONS
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.search.retraining import policy

ELSEWHERE = {
    "method_code", "adapter_code", "liquid_code", "zero_code", "recompute_code", "offload_code", "asynchronous_code",
    "recompute_free_code", "context_code", "search_code",  # options
    "wide_peak_flop_per_s", "wide_matmul_share",  # of the precision that stays wide
    "market_rent_usd_per_accelerator_h",  # prices
    "carbon_kg_per_equivalent",  # editions
    *(f"{name}_code" for name in OPTIONS), "blueprint_factor", "wide_datapath_j_per_flop",  # designs of chips
    "product_row_count", "product_column_count", "product_depth_count",  # one product by itself
    *policy.STATED,  # policies
    "initial_token_count", "new_token_count", "retrain_count", "replay_share",  # data that grow
    "first_token_count", "second_token_count",
    *paths.STATED,  # years to come
}  # fmt: skip
CALLED_BY_NAME = {
    "equivalent_count", *policy.ASKED, "continued_to_scratch_ratio", "union_cost_ratio",
    "product_s",  # one product by itself
    "retrain_count_per_year", "accelerators_floor_energy_kwh",  # a plan of a year of updates, and its floor
    "near_copy_token_share", "filtered_token_share",  # levers of the data
    *paths.ASKED,  # the outlook
}  # fmt: skip


def chapter(*functions: object, name: str = "toy") -> ModuleType:
    module = ModuleType(name)
    for function in functions:
        function.__module__ = name
        setattr(module, function.__name__, function)  # type: ignore[attr-defined]
    return module


def test_every_name_says_its_unit() -> None:
    for name in book().names:
        dimension(name)


def test_every_leaf_can_be_had() -> None:
    facts = {name.partition("@")[0] for each in TABLES for row in table(each) for name in row.figures}
    leaves = book().names - book().formulas.keys()
    assert not leaves - facts - set(QUANTITY_OF.values()) - ELSEWHERE


def test_every_quantity_is_read_or_reported() -> None:
    read = {name for ways in book().formulas.values() for way in ways for name in way.arguments}
    asked = {*ACCOUNTS, *OF_DATA, *OF_LAWS, *OF_DEVELOPMENT, *OF_CHIPS}
    assert not book().formulas.keys() - read - asked - CALLED_BY_NAME


def test_each_component_has_one_quantity_and_the_facility_is_made_of_these() -> None:
    assert tuple(sorted(book().components)) == tuple(sorted(COMPONENTS))
    assert set(book().lowest_parts("facility_energy_kwh")) == set(book().components.values())


def test_an_axis_shows_in_the_name() -> None:
    values = thirdwatt.estimate("gpt-4o", samples=1).values
    for name, value in values.items():
        assert (value.ndim > 1) == bool(axis(name)), name
        assert value.ndim == 1 or len(value) in (len(axis(name)), len(axis(name)) - 1), name


def test_expressions_are_read_from_the_source() -> None:
    (ways,) = (book().formulas[name] for name in ("cooling_ratio",))
    assert ways[-1].expression.endswith("with overhead = pue - 1, slow = overhead ** distribution_exponent_ratio")


def test_alternatives_end_in_one_default() -> None:
    for quantity_name, ways in book().formulas.items():
        assert [bool(way.given) for way in ways] == [True] * (len(ways) - 1) + [False], quantity_name
        assert not ways[-1].alternative


def test_a_ring_is_named() -> None:
    @quantity
    def left_w(right_w: float) -> float:
        return right_w

    @quantity
    def right_w(left_w: float) -> float:
        return left_w

    with pytest.raises(BookError, match=r"left_w <- right_w <- left_w"):
        plan(read_book([chapter(left_w, right_w)]), {}, ["left_w"])


def test_a_quantity_in_two_chapters_is_named() -> None:
    @quantity
    def left_w(right_w: float) -> float:
        return right_w

    @quantity
    def left_w__other(right_w: float) -> float:
        return right_w

    chapters = [chapter(left_w, name="one"), chapter(left_w__other, name="two")]
    with pytest.raises(BookError, match="left_w is computed in one and in two"):
        read_book(chapters)


def test_keyword_catch_alls_are_refused() -> None:
    @quantity
    def left_w(**anything: float) -> float:
        return 0.0

    with pytest.raises(BookError, match=r"left_w in toy takes \*args or \*\*kwargs"):
        read_book([chapter(left_w)])
