"""Options that several verbs share."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from thirdwatt.ledger import Ledger
    from thirdwatt.quantity import Observation
    from thirdwatt.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])

MAX_SAMPLES = 1_000_000
LEAST_COLUMNS, MOST_COLUMNS = 40, 100


class Finite(click.FloatRange):
    """A number within a range: a comparison with NaN is never true, so NaN passes the range by itself."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse NaN and infinity too."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        return "" if self.min is None and self.max is None else super()._describe_range()


def scenario_options(function: F) -> F:
    """``--set``, ``--observed``, ``--samples``, ``--seed``."""
    for option in (
        click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the draws."),
        click.option(
            "--samples", type=click.IntRange(1, MAX_SAMPLES), default=1000, show_default=True,
            help="Draws behind the intervals; 1 for the central value alone.",
        ),
        click.option(
            "--observed", multiple=True, metavar="FILE|ID", help="Observations of a meter or a scan, or the id of one."
        ),
        click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change a field: site.pue=1.2"),
    ):  # fmt: skip
        function = option(function)
    return function


json_option = click.option("--json", "as_json", is_flag=True, help="The result as JSON.")


def ledger(
    source: str,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    boundary: str = "",
    also: tuple[str, ...] = (),
) -> Ledger:
    """The ledger of a scenario named on the command line; ``also`` names quantities that no account needs."""
    from thirdwatt.ledger import estimate

    scenario = named(source, [*settings, *([f"boundary='{boundary}'"] if boundary else [])], observed)
    return estimate(settled(scenario), also=also, samples=samples, seed=seed)


def named(source: str, settings: Sequence[str], observed: Sequence[str]) -> Scenario:
    """A scenario named on the command line, with changes and what was observed put in."""
    from thirdwatt.ledger.book import book
    from thirdwatt.scenario.parse import parse
    from thirdwatt.scenario.read import changed, read

    name, document = read(source)
    document = changed(document, settings)
    seen = [row for each in observed for row in seen_by(each)]
    return parse(document, book().names, name=name, observations=seen)


def seen_by(where: str) -> list[Observation]:
    """Observations of a file, or of a measured run or a scan by its id."""
    from thirdwatt.scenario.read import observations

    if not os.path.exists(where):  # noqa: PTH110 - never fails
        from thirdwatt.cli.runs import known
        from thirdwatt.meter.analysis import observed, result

        if name := known(where, strict=False):
            return observed.observations(result.of(name))
        if scan := scanned(where):
            return observations(scan)
    return observations(where)


def scanned(name: str) -> str:
    """File of the scan with an id, or the one whose id begins so; empty where none or several do."""
    from thirdwatt.meter.run import folder, safe

    above = os.path.join(folder(None), "scans")  # noqa: PTH118
    try:
        ids = [each for each in os.listdir(above) if os.path.isfile(os.path.join(above, each, "scan.json"))]  # noqa: PTH113, PTH118, PTH208
    except OSError:
        return ""
    fit = [each for each in ids if each == name] or [each for each in ids if name and each.startswith(name)]
    return os.path.join(above, safe(fit[0]), "scan.json") if len(fit) == 1 else ""  # noqa: PTH118


def settled(scenario: Scenario) -> Scenario:
    """A scenario with its layout found where it is left to the search, which only then is loaded."""
    if scenario.document.get("layout") != "auto":
        return scenario
    from thirdwatt.search import auto

    return auto.settled(scenario)


def columns() -> int:
    """Columns to write in: those that COLUMNS states or the terminal has, from 40 to 100; 100 where neither says."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return MOST_COLUMNS
    return min(MOST_COLUMNS, max(LEAST_COLUMNS, shutil.get_terminal_size((MOST_COLUMNS, 50)).columns))


def emphasised(text: str, line: int) -> str:
    """Text with one line in bold where a terminal shows it, unless NO_COLOR asks for none."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    lines = text.split("\n")
    lines[line] = click.style(lines[line], bold=True)
    return "\n".join(lines)


def dumped(document: dict[str, Any]) -> str:
    """JSON as it is printed: indented, floats in full, no NaN, and after its schema the edition of the facts."""
    from thirdwatt.facts import digest

    edition = {"schema": document["schema"], "facts_digest": digest()} if "schema" in document else {}
    return json.dumps({**edition, **document}, indent=1, ensure_ascii=False, allow_nan=False)
