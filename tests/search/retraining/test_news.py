"""New data as people say them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from thirdwatt.facts import Figure
from thirdwatt.scenario import InputError
from thirdwatt.search.retraining.news import diff_among, of_diff, of_share, of_text


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("5%", 0.05),
        ("0.1 %", 0.001),
        ("150%", 1.5),
        ("1e-9%", 1e-11),
        (".5e1 %", 0.05),
        ("750e9", 0.05),
        ("750B", 0.05),
        ("7.5t", 0.5),
        ("750000M", 0.05),
        ("1.5E12", 0.1),
    ],
)
def test_shares_and_tokens(said: str, share: float) -> None:
    found = of_text(said, 15e12)
    assert found.new == pytest.approx((share,) * 3)
    assert found.after == pytest.approx((1 + share,) * 3)


@pytest.mark.parametrize(
    ("said", "tokens", "why"),
    [
        ("five", 1e12, "no share and no number"),
        ("-5%", 1e12, "no share and no number"),
        ("0%", 1e12, "comes to 0 times"),
        ("1e18", 1e9, "comes to 1e\\+09 times"),
        ("1e9", None, "a share of unknown tokens"),
        ("nan%", 1e12, "no share"),
        ("5 B tokens", 1e12, "no share"),
    ],
)
def test_what_cannot_be_is_refused(said: str, tokens: float | None, why: str) -> None:
    with pytest.raises(InputError, match=why):
        of_text(said, tokens)


def made(where: Path, **changes: object) -> str:
    document = {
        "schema": "thirdwatt/diff/1",
        "new_token_share": {"value": 0.1, "low": 0.05, "high": 0.2, "kind": "measured", "source": "x"},
        "old": {"tokens": {"value": 100.0}},
        "new": {"tokens": {"value": 120.0}},
        **changes,
    }
    path = where / "diff.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_comparison_of_two_revisions(tmp_path: Path) -> None:
    """A share of the new set is so many tokens of the old one."""
    found = of_diff(made(tmp_path))
    assert found.new == pytest.approx((0.12, 0.06, 0.24))
    assert found.after == pytest.approx((1.2, 1.2, 1.2))
    assert found.kind == "measured"


def test_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        of_diff(str(tmp_path / "none.json"))
    changes: list[tuple[dict[str, object], str]] = [
        ({"schema": "thirdwatt/scan/1"}, "is no comparison"),
        ({"old": {}}, "lacks what is needed"),
        ({"old": {"tokens": {"value": 0}}}, "old.tokens: 0 tokens"),
        ({"new": {"tokens": {"value": math.inf}}}, "new.tokens: inf tokens"),
        ({"new": {"tokens": {"value": 1e9}}}, "1e\\+07 times"),
        ({"new_token_share": {"value": math.nan, "low": 0.0, "high": 1.0}}, "new_token_share: is nan"),
        ({"new_token_share": {"value": -0.1, "low": -0.2, "high": 0.1}}, "new_token_share: is -0.1"),
        ({"new_token_share": {"value": 0.1, "low": 0.3, "high": 0.05}}, "a share lies in its interval"),
        ({"new_token_share": 3}, "lacks what is needed"),
    ]
    for change, why in changes:
        with pytest.raises(InputError, match=why):
            of_diff(made(tmp_path, **change))
    both = made(
        tmp_path,
        old={"tokens": {"value": -1}},
        new={"tokens": {"value": 0}},
        new_token_share={
            "value": 2,
            "low": 2,
            "high": 2,
        },
    )
    with pytest.raises(InputError) as caught:
        of_diff(both)
    assert len(caught.value.mistakes) == 3
    other = tmp_path / "x.json"
    for text in ("[1, 2]", '"x"', "{", "\ud800".encode("utf-16", "surrogatepass").decode("latin-1")):
        other.write_text(text, encoding="latin-1")
        with pytest.raises(InputError):
            of_diff(str(other))


def test_an_observed_share() -> None:
    found = of_share(Figure(0.2, 0.1, 0.5, "measured", "diff", "x"))
    assert found.new == pytest.approx((0.25, 1 / 9, 1.0))
    assert found.after == pytest.approx((1.25, 10 / 9, 2.0))
    assert of_share(Figure(1.0, 1.0, 1.0, "measured", "diff", "x")).new[0] < 1e3 + 1


def test_a_comparison_among_observations(tmp_path: Path) -> None:
    diff, scan = made(tmp_path), tmp_path / "scan.json"
    scan.write_text('{"schema": "thirdwatt/scan/1"}')
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    others = [str(scan), str(tmp_path / "bytes"), str(tmp_path / "none"), "run-1", str(tmp_path)]
    assert diff_among([*others, diff]) == diff
    assert diff_among(others) is None
