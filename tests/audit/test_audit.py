"""Audits: the essay's claims get the verdicts they deserve, and so do claims made up to be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thirdwatt.audit import Verdict, audit, read
from thirdwatt.audit.judge import checks, last_digit, prints
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
        ('check = "figure"\ntable = "chips"\nquantity = "x"\nvalue = 1', "no table 'chips'"),
        ('check = "figure"\ntable = "accelerators"\nrow = "zz"\nquantity = "x"\nvalue = 1', "has no x"),
        ('check = "reported"\nrun = "nobody"\nquantity = "carbon_kg"\nvalue = 1', "has no carbon_kg"),
        ('check = "guess"', "does not match any of the expected tags"),
        ('check = "product"\nfactors = ["a"]\nresult = 1', "number"),
        ('check = "total"\nscenario = "gpt-4oo"\nquantity = "energy_kwh"\nvalue = 1', "did you mean gpt-4o"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(InputError) as found:
        one(tmp_path, body)
    assert any(said in str(mistake) for mistake in found.value.mistakes), found.value.mistakes


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
    assert all(f'check = "{check}"' in said for check in checks())


def test_what_people_read() -> None:
    said = judgements.text(audit(read(str(EXAMPLES / "essay-claims.toml"))))
    assert max(map(len, said.splitlines()[:-1])) <= 100
    assert "MISLABELLED" in said
    assert said.splitlines()[-1].startswith("20 claims: 9 right")
