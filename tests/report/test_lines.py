"""Lines of a terminal: what stays together, and commands that a shell takes."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.report.lines import piped, shown_in, wrapped

SAID = (
    "37.9 GWh become 12.5 GWh (25.4 GWh less, 90 %: 17.5 to 49.9 GWh), for 53.3 million USD, 17.5 days of work and "
    "3 times less; next: --all \N{MIDDLE DOT} --html F \N{MIDDLE DOT} --allow fp4,experts"
)
TOGETHER = (
    "37.9 GWh", "12.5 GWh", "25.4 GWh", "90 %: 17.5 to 49.9 GWh", "53.3 million USD", "17.5 days", "3 times",
    "--html F", "--allow fp4,experts", "\N{MIDDLE DOT} --html",
)  # fmt: skip


@pytest.mark.parametrize("width", range(26, 101))
def test_no_line_parts_a_figure_from_its_unit(width: int) -> None:
    lines = wrapped(SAID, width)
    assert max(map(len, lines)) <= width
    for each in TOGETHER:
        assert any(each in line for line in lines), each
    assert " ".join(line.strip() for line in lines) == SAID


def test_a_line_is_cut_at_a_word_or_not_at_all() -> None:
    assert shown_in("one two three", 10, "  ", cut=True) == ["  one …"]
    assert shown_in("one two three", 10, "  ", cut=False) == ["  one two", "    three"]


WORDS = st.lists(st.text(alphabet="abc-=.'\" 0", min_size=1, max_size=12), min_size=1, max_size=8)


@given(commands=st.lists(WORDS, min_size=1, max_size=4), width=st.integers(20, 100))
def test_a_shell_reads_the_same_commands(commands: list[list[str]], width: int) -> None:
    told = [shlex.join(words) for words in commands]
    lines = piped(told, width)
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(" | ".join(told))


def test_a_shell_runs_what_stands_in_lines() -> None:
    lines = piped(["echo one two three four five six", "tr a-z A-Z", "cat"], 24)
    assert len(lines) > 2
    assert any(line.endswith("\\") for line in lines)
    done = subprocess.run(["sh", "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout == "ONE TWO THREE FOUR FIVE SIX\n"
    assert max(map(len, lines)) <= 24
    assert piped([], 24) == []
