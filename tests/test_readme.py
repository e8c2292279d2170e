"""The README shows what the command prints."""

from __future__ import annotations

from pathlib import Path

import thirdwatt
from thirdwatt.cli import VERBS
from thirdwatt.report import text

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_output_in_the_readme_is_real() -> None:
    printed = text.estimate(thirdwatt.estimate("gpt-4o")).splitlines()
    shown = {line.strip() for line in README.splitlines()}
    assert not [line for line in printed if line.strip() not in shown]


def test_every_verb_is_in_the_readme() -> None:
    assert all(f"`thirdwatt {verb} " in README for verb in VERBS)
