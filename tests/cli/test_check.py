"""``check``: limits that are numbers, and no limit that goes unread."""

from __future__ import annotations

import pytest

from tests.cli.test_cli import run


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *((option, "nan") for option in ("--max-kwh", "--max-usd", "--max-kg", "--confidence")),
        *(("--max-kwh", value) for value in ("-NaN", "inf", "1e999")),
    ],
)
def test_a_limit_is_a_finite_number(option: str, value: str) -> None:
    done = run("check", "gpt-4o", "--max-kwh", "1e9", f"{option}={value}")
    assert done.returncode == 2, done.stdout
    assert f"Invalid value for '{option}'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_limit_may_be_nothing_and_not_less() -> None:
    assert run("check", "gpt-4o", "--max-kg", "0").returncode == 3
    assert run("check", "gpt-4o", "--max-kg", "-1").returncode == 2


@pytest.mark.parametrize(
    "limit",
    [
        ("--max-kwh", "1"),
        ("--max-usd", "1e12"),
        ("--max-kg", "0"),
        ("--confidence", ".9"),
        ("--max-kwh", "1", "--json"),
    ],
)
def test_a_limit_beside_gpai_is_not_passed_over(limit: tuple[str, ...]) -> None:
    done = run("check", "gpt-4o", "--gpai", *limit)
    assert done.returncode == 2
    assert "--gpai goes without --max-kwh, --max-usd, --max-kg and --confidence" in done.stderr
    assert done.stdout == ""
