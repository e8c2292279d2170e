"""Audits: the essay's claims get the verdicts they deserve, and so do claims made up to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from thirdwatt.audit import Verdict, audit, read
from thirdwatt.audit.claims import CHECKS, Claim
from thirdwatt.audit.judge import _judge, last_digit, prints
from thirdwatt.facts.equivalents import editions
from thirdwatt.ledger import estimate
from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.report import judgements
from thirdwatt.scenario import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"

ESSAY = {
    "essay-sum": Verdict.RIGHT,
    "essay-total": Verdict.BOUNDARY,
    "essay-cars": Verdict.EDITION,
    "essay-acres": Verdict.MISSING,
    "essay-homes": Verdict.MISLABELLED,
    "essay-a100-watts": Verdict.RIGHT,
    "essay-a100-price": Verdict.RIGHT,
    "essay-cooling": Verdict.BOUNDARY,
    "essay-cooling-at-its-pue": Verdict.SELF,
    "essay-pue": Verdict.RIGHT,
    "essay-gpus": Verdict.RIGHT,
    "essay-cooling-quadrant": Verdict.RIGHT,
    "essay-power-distribution": Verdict.CONTRADICTED,
    "essay-cpu-servers": Verdict.CONTRADICTED,
    "essay-network": Verdict.CONTRADICTED,
    "essay-monitoring": Verdict.RIGHT,
    "essay-backup": Verdict.RIGHT,
    "essay-storage": Verdict.CONTRADICTED,
    "essay-redundancy": Verdict.RIGHT,
    "essay-third": Verdict.OPEN,
}


def judged(path: Path) -> dict[str, Any]:
    return {each.id: each for each in audit(read(str(path)))}


def one(tmp_path: Path, body: str) -> Any:
    path = tmp_path / "claims.toml"
    path.write_text(f'[[claim]]\nid = "x"\ntext = "x"\n{body}\n')
    (found,) = audit(read(str(path)))
    return found


def test_the_essay() -> None:
    found = judged(EXAMPLES / "essay-claims.toml")
    assert {name: each.verdict for name, each in found.items()} == ESSAY
    assert "homes' energy" in found["essay-homes"].why
    assert "1,570 by epa-2024" in found["essay-homes"].why
    assert "epa-2021" in found["essay-cars"].why
    assert "accelerators+facility" in found["essay-total"].why
    assert "9.1 %" in found["essay-cooling-at-its-pue"].why


def test_famous_claims() -> None:
    found = judged(EXAMPLES / "famous-claims.toml")
    assert len(found) >= 12
    assert found["five-cars"].verdict is Verdict.CONTRADICTED
    assert found["gpt-3-carbon"].verdict is Verdict.RIGHT
    assert found["deepseek-v3-cost"].verdict is Verdict.BOUNDARY
    assert found["neutral-supercomputer"].verdict is Verdict.MISLABELLED
    assert all(each.why for each in found.values())


CARS = "gasoline cars driven for a year"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('check = "product"\nfactors = [2, 3]\nresult = 7', Verdict.SELF),
        (
            'check = "equivalent"\ncarbon_t = 1000\ncount = 233\nthing = "' + CARS + '"',
            Verdict.RIGHT,
        ),
        (
            'check = "equivalent"\ncarbon_t = 1000\ncount = 5\nthing = "' + CARS + '"',
            Verdict.CONTRADICTED,
        ),
        (
            'check = "figure"\ntable = "accelerators"\nrow = "h100"\nquantity = "accelerator_tdp_w"\nvalue = 400',
            Verdict.CONTRADICTED,
        ),
        (
            'check = "figure"\ntable = "facilities"\nquantity = "typical_pue_ratio"\nlow = 3\nhigh = 4',
            Verdict.CONTRADICTED,
        ),
        ('check = "cooling-share"\nlow = 0.05\nhigh = 0.1\npue = 1.3', Verdict.RIGHT),
        (
            'check = "total"\nscenario = "gpt-4o"\nquantity = "energy_kwh"\nvalue = 19.6e6\n'
            'boundary = "accelerators+facility"',
            Verdict.RIGHT,
        ),
        ('check = "total"\nscenario = "gpt-4o"\nquantity = "energy_kwh"\nvalue = 1e3', Verdict.CONTRADICTED),
        ('check = "offset"\ncarbon_kg = 5000', Verdict.MISLABELLED),
        ('check = "statement"\nwhy = "a wish"', Verdict.OPEN),
    ],
)
def test_verdicts(tmp_path: Path, body: str, verdict: Verdict) -> None:
    assert one(tmp_path, body).verdict is verdict


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            'check = "equivalent"\ncarbon_t = 1\ncount = 1\nthing = "gasoline car driven for a year"',
            "did you mean gasoline cars",
        ),
        ('check = "figure"\ntable = "crystals"\nquantity = "x"\nvalue = 1', "no table 'crystals'"),
        ('check = "figure"\ntable = "accelerators"\nrow = "zz"\nquantity = "x"\nvalue = 1', "has no x"),
        ('check = "reported"\nrun = "nobody"\nquantity = "carbon_kg"\nvalue = 1', "has no carbon_kg"),
        ('check = "guess"', "does not match any of the expected tags"),
        ('check = "product"\nfactors = ["a"]\nresult = 1', "number"),
        ('check = "total"\nscenario = "gpt-4oo"\nquantity = "energy_kwh"\nvalue = 1', "did you mean gpt-4o"),
        ('check = "total"\nscenario = "-"\nquantity = "energy_kwh"\nvalue = 1', "standard input is no scenario"),
        (f'check = "equivalent"\ncarbon_t = 1\ncount = 1\nthing = "{CARS}"\nedition = "epa-1066"', "is no edition"),
        (f'check = "equivalent"\ncarbon_t = 1\ncount = 1\nthing = "{CARS}"\nedition = "epa-20244"', "epa-2024?"),
        (f'check = "equivalent"\ncarbon_t = -1\ncount = 1\nthing = "{CARS}"', "claim[0].carbon_t"),
        ('check = "cooling-share"\nlow = 0.1\nhigh = 1.0', "claim[0].high: input should be less than 1"),
        ('check = "cooling-share"\nlow = 0.3\nhigh = 0.1', "low: 0.3 is above high, 0.1"),
        ('check = "cooling-share"\nlow = 0.1\nhigh = 0.2\npue = 0', "claim[0].pue"),
        (
            'check = "product"\nfactors = [' + "1e30, " * 11 + "]\nresult = 1",
            "more than any number",
        ),
        ('check = "product"\nfactors = [2]\nresult = 2\nwithin = -1', "claim[0].within"),
        ('check = "product"\nfactors = []\nresult = 1', "claim[0].factors"),
        ('check = "product"\nfactors = [inf]\nresult = nan', "claim[0].result: input should be a finite number"),
        ('check = "figure"\ntable = "facilities"\nquantity = "typical_pue_ratio"\nlow = 3\nhigh = 2', "above high"),
        ('check = "quadrant"\ncomponent = "cooling"\nquadrant = 3', "claim[0].quadrant: "),
        ('check = "quadrant"\ncomponent = "cooling"\nquadrant = "Q5"', "'Q5' is no quadrant"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(InputError) as found:
        one(tmp_path, body)
    assert any(said in str(mistake) for mistake in found.value.mistakes), found.value.mistakes


SEVEN = f'check = "equivalent"\ncarbon_t = 7546\ncount = 1640\nthing = "{CARS}"\n'


def test_a_claim_is_held_against_the_edition_it_names(tmp_path: Path) -> None:
    wrong = one(tmp_path, SEVEN + 'edition = "epa-2024"')
    assert wrong.verdict is Verdict.CONTRADICTED
    assert "1,760 by epa-2024" in wrong.why
    assert "1,640 is by epa-2021" in wrong.why
    right = one(tmp_path, SEVEN + 'edition = "2021"')
    assert right.verdict is Verdict.RIGHT
    assert "by epa-2021;" in right.why
    assert one(tmp_path, SEVEN + 'edition = "2021"\nperiod_said = false').verdict is Verdict.MISSING


def test_another_thing_is_sought_in_the_edition_named(tmp_path: Path) -> None:
    homes = 'check = "equivalent"\ncarbon_t = 7546\ncount = 900\nthing = "homes\' electricity for a year"\n'
    free = one(tmp_path, homes)
    assert free.verdict is Verdict.MISLABELLED
    (fits,) = (name for name in editions() if f"is homes' energy for a year by {name};" in free.why)
    assert one(tmp_path, f'{homes}edition = "{fits}"').verdict is Verdict.MISLABELLED
    assert one(tmp_path, f'{homes}edition = "epa-2009"').verdict is Verdict.CONTRADICTED


def test_an_edition_without_the_thing_settles_nothing(tmp_path: Path) -> None:
    found = one(tmp_path, SEVEN + 'edition = "ccf-2024"')
    assert found.verdict is Verdict.OPEN
    assert found.why.startswith("ccf-2024 has no factor for gasoline cars")


def test_an_edited_scenario_is_judged_as_it_stands(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    body = f'check = "total"\nscenario = "{scenario}"\nquantity = "accelerator_hours"\nboundary = "it"\nvalue = 1000'
    run = "[known]\naccelerator_hours = {}\n[cluster]\naccelerator = 'h100'\n"
    scenario.write_text(run.format(1000))
    assert one(tmp_path, body).verdict is Verdict.RIGHT
    scenario.write_text(run.format(5000))
    assert one(tmp_path, body).verdict is Verdict.CONTRADICTED


def test_scenarios_of_which_too_little_is_known_settle_nothing(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("[cluster]\naccelerator = 'h100'\n")
    body = f'check = "total"\nscenario = "{scenario}"\nquantity = "energy_kwh"\nvalue = 1000'
    found = one(tmp_path, body)
    assert found.verdict is Verdict.OPEN
    assert found.why


def test_a_total_that_is_not_known_settles_nothing(tmp_path: Path) -> None:
    assert estimate("palm-540b", samples=1).totals["cost_usd"] is None
    found = one(tmp_path, 'check = "total"\nscenario = "palm-540b"\nquantity = "cost_usd"\nvalue = 1000')
    assert (found.verdict, found.why) == (Verdict.OPEN, "cost_usd is not known within facility")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("claims.toml", '[[claim]]\nid = "x"\ntext = "x\ncheck = "statement"\n', "at line 3"),
        ("claims.toml", "[[claim]]\n\n\nid == 1\n", "at line 4"),
        ("claims.json", '{"claim": [\n{"id": 1,}\n]}', "line 2"),
        ("claims.yaml", "claim:\n- id: x\n  text: [\n", "line 4"),
    ],
)
def test_the_line_of_a_syntax_error_is_said(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError) as found:
        read(str(path))
    (mistake,) = found.value.mistakes
    assert mistake.path == str(path)
    assert said in mistake.problem


def test_files_that_are_not_there_are_not_looked_for_among_presets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml: cannot be read: the file does not exist"):
        read(str(tmp_path / "gone.toml"))


@pytest.mark.parametrize("content", ["", "[claim]\nid = 1", "not toml [", '[[claim]]\nid = "a"\n' * 2])
def test_files_that_hold_no_claims(tmp_path: Path, content: str) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(content)
    with pytest.raises(InputError):
        read(str(path))


@pytest.mark.parametrize(
    ("value", "size"), [(8900, 100), (1640, 10), (0.385, 0.001), (7546, 1), (900, 100), (1.5, 0.1)]
)
def test_digits(value: float, size: float) -> None:
    assert last_digit(value) == pytest.approx(size)
    assert prints(value, value + 0.49 * size)
    assert not prints(value, value + 0.51 * size)


def test_every_check_is_shown_in_the_examples() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*-claims.toml"))
    assert all(f'check = "{check}"' in said for check in CHECKS)


def test_every_check_has_a_judge() -> None:
    assert set(CHECKS.values()) == set(get_args(get_args(Claim)[0]))
    assert set(_judge.registry) == {object, *CHECKS.values()}


def test_what_people_read() -> None:
    said = judgements.text(audit(read(str(EXAMPLES / "essay-claims.toml"))))
    assert max(map(len, said.splitlines())) <= 100
    assert "MISLABELLED" in said
    assert "\n20 claims: 9 right" in said


@pytest.mark.parametrize("columns", [40, 59, 60])
def test_verdicts_keep_to_the_columns(columns: int) -> None:
    said = judgements.text(audit(read(str(EXAMPLES / "essay-claims.toml"))), columns)
    assert max(map(len, said.splitlines())) <= columns


def test_a_share_that_cannot_be_told_names_what_is_missing() -> None:
    claim = CHECKS["quadrant"](  # type: ignore[call-arg]
        id="a", text="x", check="quadrant", component="cooling", quadrant="Q1", scenario="palm-540b"
    )
    (judged,) = audit([claim])
    assert judged.verdict is Verdict.OPEN
    assert "gives no share of capex without known.accelerator_price_usd" in judged.why
    assert "unknown" not in judged.why


def test_every_account_can_be_claimed() -> None:
    for name in ACCOUNTED:
        claim = CHECKS["total"](  # type: ignore[call-arg]
            id=name, text="x", check="total", scenario="laptop-cpu", quantity=name, value=1e9, boundary="facility"
        )
        (judged,) = audit([claim])
        assert judged.verdict is Verdict.CONTRADICTED
