"""No file of claims, however broken, ends in anything but judgements or a list of mistakes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from thirdwatt.audit import audit, claims, judge, read
from thirdwatt.facts import catalogue, table
from thirdwatt.facts.equivalents import editions
from thirdwatt.quantity import BOUNDARIES, COMPONENTS
from thirdwatt.report import judgements
from thirdwatt.scenario import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBERS = st.one_of(
    st.sampled_from([0, -0.0, 1, 1.0, 1 - 2**-53, -1, 0.5, 5e-324, 1e30, 1e31, 1e308, -1e308, 10**400]),
    st.sampled_from([math.nan, math.inf, -math.inf]),
    st.floats(),
    st.integers(-10, 10**12),
)
ODD = st.one_of(
    NUMBERS, st.none(), st.booleans(), st.text(max_size=6), st.lists(NUMBERS, max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["-", ".", "\ud800", "a\x00b", "nan"]),
)  # fmt: skip
FIGURES = sorted({(name, row.id, field) for name in catalogue.CATALOGUE for row in catalogue.rows(name)
                  for field in row.figures})  # fmt: skip
RUNS = sorted({(row.id, field) for row in table("runs") for field in row.figures})
TEXT = {"id": st.just("x"), "text": st.just("x")}


def _kind(check: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({**TEXT, "check": st.just(check), **fields})


PUES = st.none() | NUMBERS
SCENARIOS = st.sampled_from(["laptop-cpu", "gpt-4o", "-", "", "nobody"])
SOUND: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "equivalent": _kind(
        "equivalent",
        carbon_t=NUMBERS,
        count=NUMBERS,
        thing=st.sampled_from(sorted({each.name for rows in editions().values() for each in rows})),
        period_said=st.booleans(),
        edition=st.none() | st.sampled_from([*editions(), "2021", "", "epa-1066"]),
    ),
    "product": _kind("product", factors=st.lists(NUMBERS, max_size=40), result=NUMBERS, within=NUMBERS),
    "figure": st.one_of(
        st.sampled_from(FIGURES).flatmap(
            lambda at: _kind(
                "figure", table=st.just(at[0]), row=st.just(at[1]), quantity=st.just(at[2]), value=st.none() | NUMBERS
            )
        ),
        st.sampled_from(FIGURES).flatmap(
            lambda at: _kind("figure", table=st.just(at[0]), quantity=st.just(at[2]), low=NUMBERS, high=NUMBERS)
        ),
    ),
    "cooling-share": _kind("cooling-share", low=NUMBERS, high=NUMBERS, pue=PUES),
    "quadrant": _kind(
        "quadrant",
        component=st.sampled_from(COMPONENTS),
        quadrant=st.sampled_from(["Q1", "Q2 power intensive", "Q9", ""]),
        scenario=SCENARIOS,
    ),
    "total": _kind(
        "total",
        scenario=SCENARIOS,
        quantity=st.sampled_from(get_args(claims.Total.model_fields["quantity"].annotation)),
        value=NUMBERS,
        boundary=st.none() | st.sampled_from([*BOUNDARIES, "planet"]),
    ),
    "reported": st.sampled_from(RUNS).flatmap(
        lambda at: _kind("reported", run=st.just(at[0]), quantity=st.just(at[1]), value=NUMBERS)
    ),
    "offset": _kind("offset", run=st.none() | st.sampled_from([run for run, _ in RUNS]), carbon_kg=st.none() | NUMBERS),
    "statement": _kind("statement", why=st.text(max_size=9)),
}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "SAMPLES", 1)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("claims")


def test_every_check_is_drawn() -> None:
    assert SOUND.keys() == claims.CHECKS.keys()


@pytest.mark.parametrize("check", SOUND)
def test_odd_numbers_in_every_check(check: str, folder: Path) -> None:
    path = folder / f"{check}.json"

    @settings(max_examples=150, deadline=None, database=None)
    @given(SOUND[check])
    def drawn(claim: dict[str, Any]) -> None:
        path.write_text(json.dumps({"claim": [claim]}))
        _ends_well(path)

    drawn()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=st.data())
def test_mutated_claims(document: st.DataObject, folder: Path) -> None:
    claim = document.draw(st.one_of(*SOUND.values()))
    for _ in range(document.draw(st.integers(1, 3))):
        claim[document.draw(st.sampled_from(sorted(claim)) | st.text(max_size=3))] = document.draw(ODD)
    path = folder / "mutated.json"
    path.write_text(json.dumps({"claim": [claim, *document.draw(st.lists(ODD, max_size=1))]}))
    _ends_well(path)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["essay-claims.toml", "famous-claims.toml"]),
    st.integers(0, 10_000),
    st.text(max_size=12),
    st.integers(0, 40),
    st.sampled_from([".toml", ".yaml", ".json", ".txt"]),
)
@example("essay-claims.toml", 0, "[" * 20_000, 0, ".yaml")
@example("essay-claims.toml", 0, "[" * 20_000, 0, ".toml")
@example("essay-claims.toml", 0, "[" * 20_000, 0, ".json")
@example("essay-claims.toml", 0, "[" * 20_000, 0, ".txt")
def test_mutated_texts(folder: Path, name: str, cut: int, put: str, left_out: int, suffix: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    path = folder / f"mutated{suffix}"
    cut %= len(text)
    path.write_text(text[:cut] + put + text[cut + left_out :], encoding="utf-8", errors="replace")
    _ends_well(path)


def _ends_well(path: Path) -> None:
    try:
        claims = read(str(path))
        judged = audit(claims)
    except InputError as error:
        assert error.mistakes
        "\n".join(map(str, error.mistakes)).encode()
        return
    json.dumps(judgements.document(judged), allow_nan=False)
    judgements.text(judged).encode()
    theirs = {getattr(each, "why", "") for each in claims}  # whoever claims something may say nan
    assert not any(word in each.why.split() for each in judged if each.why not in theirs for word in ("nan", "inf"))
