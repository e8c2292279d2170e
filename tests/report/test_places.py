"""What people see of where to run it: a table of one screen, rows for a spreadsheet, a part of a page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from tests.report.test_language import said
from thirdwatt.report import places as report
from thirdwatt.report.html import template
from thirdwatt.report.schemas.layout import PlacesTable
from thirdwatt.search.places import ORDERS, Place, Places, places

FEW = ("h100-sxm-80gb", "a100-sxm-80gb", "l40s", "t4", "tpu-v7", "trainium3")
HOURS_ALONE: dict[str, Any] = {
    "title": "<script>alert(1)</script>",
    "cluster": {"accelerator": "k80", "count": 64},
    "known": {"accelerator_hours": 10_000},
}
ASKED: dict[str, tuple[Any, dict[str, Any], str, tuple[str, ...] | None]] = {
    "tune": ("startup-lora-8xh100", {}, "cost", FEW),
    "campaign": ("llama-3.1-405b", {}, "energy", FEW),
    "one card": ("startup-lora-8xh100", {"cluster.count": 1, "site.rent_usd_per_h": 0.5}, "time", FEW),
    "hours": (HOURS_ALONE, {}, "carbon", None),
    "nothing": ("llama-3.1-405b", {"cluster.count": 8, "layout": {}}, "cost", ("l4",)),
}


@cache
def found(name: str) -> Places:
    source, changes, by, chips = ASKED[name]
    return places(source, set=changes, by=by, accelerators=chips, samples=50)


@pytest.mark.parametrize("name", ASKED)
def test_a_screen(name: str, snapshot: SnapshotAssertion) -> None:
    assert report.text(found(name)) == snapshot


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_keep_to_the_screen(name: str, width: int) -> None:
    lines = report.text(found(name), width).splitlines()
    assert max(map(len, lines)) <= width
    assert width < 100 or len(lines) <= 40


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("most", [1, 5, 15, 1000])
def test_the_scenario_is_among_the_rows_that_are_shown(name: str, most: int) -> None:
    answer = found(name)
    shown = report.shown(answer, most)
    assert len(shown) == min(most, len(answer.places) + 1)
    assert sum(place is answer.standing for place in shown) == 1
    total = ORDERS[answer.by]
    values = [each.value for place in shown if (each := place.totals[total]) is not None]
    assert values == pytest.approx(sorted(values), rel=1e-6)
    more = len(answer.places) + 1 - len(shown)
    assert (f"{more:,} more places" in report.text(answer, most=most)) == (more > 0)


@pytest.mark.parametrize("name", ASKED)
def test_rows_are_flat_and_alike(name: str) -> None:
    answer = found(name)
    rows = report.as_rows(answer)
    assert len(rows) == len(answer.places) + 1
    assert len({tuple(row) for row in rows}) == 1
    assert [row["rank"] for row in rows] == [None, *range(1, len(rows))]
    assert [row["scenario"] for row in rows] == [True, *[False] * (len(rows) - 1)]
    assert not any(isinstance(cell, dict | list | tuple) for row in rows for cell in row.values())
    for row, place in zip(rows, [answer.standing, *answer.places], strict=True):
        for total, three in place.totals.items():
            assert row[total] == (None if three is None else three.value)
            assert row[f"{total}_high"] == (None if three is None else three.high)


@pytest.mark.parametrize("name", ASKED)
def test_a_sheet_holds_the_rows(name: str) -> None:
    answer = found(name)
    read = list(csv.DictReader(io.StringIO(report.sheet(answer))))
    rows = report.as_rows(answer)
    assert list(read[0]) == list(rows[0])
    assert [row["energy_kwh"] for row in read] == [
        "" if row["energy_kwh"] is None else str(row["energy_kwh"]) for row in rows
    ]
    assert [row["vendor"] for row in read] == [row["vendor"] or "" for row in rows]


@pytest.mark.parametrize("name", ASKED)
def test_a_document_keeps_to_its_schema(name: str) -> None:
    document = json.loads(json.dumps(report.document(found(name)), allow_nan=False))
    schema = PlacesTable.model_json_schema()
    jsonschema.validate(document, schema)
    assert [row["document"] for row in document["rows"]] == [dict(place.document) for place in found(name).places]
    del document["rows"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


@pytest.mark.parametrize("name", ASKED)
def test_a_part_of_a_page(name: str) -> None:
    answer = found(name)
    part = report.fragment(answer, most=20)
    assert part.count("<section") == part.count("</section>") == 1
    assert "<script" not in part
    assert part.count('<th scope="row"><strong>as it is: ') == 1
    assert part.count('<th scope="row">') >= min(20, len(answer.places) + 1)
    assert report.lead(answer).replace("'", "&#39;") in part
    for each in answer.left_out:
        assert each.reason.replace("'", "&#39;") in part
    assert part == report.fragment(answer, most=20)


def test_a_page_may_include_it() -> None:
    where = report.context(found("tune"))
    assert template("places.html.j2").render(where=where) == report.fragment(found("tune"))
    months = sorted(each.month for each in report.shown(found("tune"), report.PAGE) if each.month)
    assert f"rents of {months[0]} to {months[-1]}" in where["caption"]


def test_a_page_says_of_what_its_figures_are() -> None:
    where = report.context(found("tune"))
    heads = list(where["head"])
    assert len(set(heads)) == len(heads)
    assert any(head.startswith("cost per M tokens") for head in heads)
    assert any(head.startswith("energy per M tokens") for head in heads)
    assert not any(note.startswith("note [") for note in where["notes"])
    for note in found("tune").notes:
        assert f"{note.text}." in where["notes"]
        assert f"note [{note.code}]" in report.text(found("tune"))


def test_hostile_words_are_escaped() -> None:
    answer = found("hours")
    hostile = replace(answer.places[0], vendor="<b>vast</b>")
    part = report.fragment(replace(answer, places=(hostile,)))
    assert "<b>vast" not in part
    assert "&lt;b&gt;vast" in part


@pytest.mark.parametrize("name", ASKED)
def test_no_word_is_said_that_no_output_says(name: str) -> None:
    assert not said(report.text(found(name)) + report.fragment(found(name)))


def test_an_old_price_is_called_old() -> None:
    place = next(place for place in found("hours").places if (place.accelerator, place.vendor) == ("k80", "aws"))
    assert place.old
    assert report.priced(place) == "2023-09, old"
    words = "Old: the price is of more than 180 days ago."
    assert words in report.text(found("tune"))
    assert words not in report.text(found("tune"), 60)  # which has no room for prices


@pytest.mark.parametrize(
    ("share", "words"), [(None, "not known"), (0.41, "41 %"), (1.0, "100 %"), (1.01, "never"), (-2.0, "never")]
)
def test_when_an_own_cluster_is_as_cheap(share: float | None, words: str) -> None:
    assert report.owned_from(replace(found("tune").places[0], break_even=share)) == words


def place(**changes: Any) -> Place:
    return replace(found("tune").standing, **changes)


def test_words_of_a_place() -> None:
    assert report.seller(place()) == "market on-demand"
    assert report.seller(found("one card").standing) == "rent as stated"
    assert report.priced(found("one card").standing) == "stated"
    assert report.seller(place(tenure="colo")) == "own, colocated"
    assert report.name(place(), 8) == "h100-sxm-80gb, market on-demand"
    assert report.name(place(), 16) == "8 x h100-sxm-80gb, market on-demand"
    assert report.remarks(place(fits=False, sold_by=16)) == "does not fit, by 16"
    assert report.priced(place(month=None, rent=None)) == "not known"


def test_it_is_said_where_nothing_is_better_and_where_nothing_is_known() -> None:
    answer = found("tune")
    assert "no place takes less" in report.lead(replace(answer, better=0))
    unknown = replace(answer.standing, totals={**answer.standing.totals, "cost_usd": None})
    assert "the scenario as it is takes is not known" in report.lead(replace(answer, standing=unknown, better=None))
    assert report.lead(found("nothing")) == "Nowhere: no place could be priced."
