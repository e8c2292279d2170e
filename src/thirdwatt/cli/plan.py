"""``thirdwatt plan``."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from thirdwatt.cli.options import columns, dumped, emphasised, json_option, named, scenario_options

if TYPE_CHECKING:
    from thirdwatt.scenario import Mistake
    from thirdwatt.search.today import Start

GOALS = ("energy", "carbon", "cost", "market")
CHANGED = re.compile(r"^\s*([+-]\d+(?:\.\d+)?)\s*%\s*$")
PERCENT = 0.01
OF_OUTPUT = ("whole", "html", "as_csv", "as_json")
"""Options of what is printed, not of what is planned."""
OF_PLACES = {"market": "carbon"}
"""Goals by which places have no order of their own, and the one that stands for it."""


@click.command("plan")
@click.argument("scenario")
@click.option("--factor", type=float, default=3.0, show_default=True, help="How many times less.")
@click.option(
    "--by", type=click.Choice(GOALS), default="energy", show_default=True,
    help="Less of what; carbon is that of the place, market that by contracts.",
)  # fmt: skip
@click.option("--max-cost", metavar="CHANGE", help="Cost there may be, to today's: +10%, -5%, 1.1.")
@click.option("--max-time", metavar="CHANGE", help="Time that the run may take, to today's: +20%, 1.2; else 2.")
@click.option("--allow", multiple=True, metavar="ID", help="A change or group of unknown quality that may be taken.")
@click.option("--forbid", multiple=True, metavar="ID", help="A change or group that may not be taken: model,fp4.")
@click.option("--development", is_flag=True, help="Count failed runs, ablations and searches too.")
@click.option("--cap-kwh", type=float, metavar="N", help="A cap on energy that is kept: what it banks of the saving.")
@click.option("--most", type=click.IntRange(1), metavar="N", help="Combinations that may be looked at; 4,000,000.")
@click.option("--all", "whole", is_flag=True, help="Everything in text, however long.")
@click.option("--html", metavar="FILE", help="A page with charts, fit for print.")
@click.option("--csv", "as_csv", is_flag=True, help="The steps as CSV.")
@scenario_options
@json_option
def command(
    scenario: str,
    factor: float,
    by: str,
    max_cost: str | None,
    max_time: str | None,
    allow: tuple[str, ...],
    forbid: tuple[str, ...],
    development: bool,
    cap_kwh: float | None,
    most: int | None,
    whole: bool,
    html: str | None,
    as_csv: bool,
    settings: tuple[str, ...],
    observed: tuple[str, ...],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """The shortest path to a third: the changes of least work that reach it, each priced by the ledger.

    SCENARIO is the run as it is today. A plan that does not reach the factor says what stops it.

    \b
    thirdwatt plan llama-3.1-405b
    thirdwatt plan my-run.toml --by carbon --max-cost +10% --max-time +20% --forbid place
    thirdwatt plan my-run.toml --observed scan.json --allow experts --html plan.html
    """  # noqa: D301 - click reads the backspace
    if as_json + as_csv + (html is not None) > 1:
        raise click.UsageError("choose one of --json, --csv and --html")
    if whole and (as_json or as_csv or html is not None):
        raise click.UsageError("--all is for text: --json, --csv and --html tell everything")
    limits = _limits({"max_cost": max_cost, "max_time": max_time}, _ids(allow), _ids(forbid), html)
    from thirdwatt.search.plan import plan
    from thirdwatt.search.plan.combine import MOST

    run = named(scenario, settings, observed)
    with _Progress() as told:
        found = plan(
            run, factor, by=by, **limits, allow=_ids(allow), forbid=_ids(forbid), development=development,
            cap_kwh=cap_kwh, samples=samples, seed=seed, most=MOST if most is None else most,
            working=told.working, progress=told.progress,
        )  # fmt: skip
    if as_json:
        from thirdwatt.report.plan_document import document

        click.echo(dumped(document(found)))
    elif as_csv:
        from thirdwatt.report.plan_document import rows
        from thirdwatt.report.sheets import written

        click.echo(written(rows(found)), nl=False)
    elif html is not None:
        from thirdwatt.cli.files import extra
        from thirdwatt.cli.files import written as kept

        with extra("report"):
            from thirdwatt.report.plan_page import page

            kept(html, page(found, _places(found.start, by), _asked()))
        click.echo(f"{html} written", err=True)
    else:
        from thirdwatt.report.plan import text

        click.echo(emphasised(text(found, columns(), _asked(), whole=whole), 1), nl=False)


def _ids(names: Sequence[str]) -> list[str]:
    """Ids and groups, each option holding one or several between commas."""
    return [word.strip() for each in names for word in each.split(",") if word.strip()]


def _limits(
    said: dict[str, str | None], allow: Sequence[str], forbid: Sequence[str], html: str | None
) -> dict[str, Any]:
    """Ratios to today's, those alone that are stated; whatever is wrong on the command line is told at once.

    A page that has no place is told before anything is computed for it.
    """
    from thirdwatt.cli.files import unreachable
    from thirdwatt.scenario import InputError, Mistake

    found: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, text in said.items():
        if text is None:
            continue
        ratio = ratio_of(text)
        if ratio is None:
            problem = f"{text!r} says neither how much more nor how many times as much"
            mistakes.append(Mistake(f"--{name.replace('_', '-')}", problem, "write +10%, -5% or 1.1"))
        else:
            found[name] = ratio
    mistakes += [
        Mistake("--allow", f"{name!r} is forbidden too", "leave it out of --allow or of --forbid")
        for name in dict.fromkeys(allow)
        if name in forbid
    ]
    if html is not None:
        mistakes += unreachable(html)
    if mistakes:
        raise InputError(mistakes, "plan")
    return found


def _asked() -> str:
    """The scenario and the options that shape a plan as they were given, as a shell takes them."""
    context = click.get_current_context()
    said: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in OF_OUTPUT or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        if isinstance(parameter, click.Argument):
            said.insert(0, value)
        elif value is True:
            said.append(parameter.opts[0])
        else:
            for each in value if parameter.multiple else (value,):
                said += [parameter.opts[0], f"{each:.12g}" if isinstance(each, float) else str(each)]
    return shlex.join(said)


def _places(start: Start, by: str) -> str | None:
    """The part of the page that says where the run could be; nothing where too little is known for that."""
    from thirdwatt.report.places import fragment
    from thirdwatt.scenario import InputError, InsufficientError
    from thirdwatt.search.places import places

    with _Progress("places") as told:
        try:
            found = places(start, by=OF_PLACES.get(by, by), progress=told.progress)
        except (InputError, InsufficientError):
            return None
    return fragment(found)


def ratio_of(text: str) -> float | None:
    """A change to today's as a ratio; ``None`` where it is none.

    Examples
    --------
    >>> ratio_of("+10%"), ratio_of("-5 %"), ratio_of("1.1"), ratio_of("10%")
    (1.1, 0.95, 1.1, None)
    """
    if changed := CHANGED.match(text):
        return round(1 + float(changed[1]) * PERCENT, 12)
    try:
        ratio = float(text)
    except ValueError:
        return None
    return ratio if math.isfinite(ratio) else None


class _Progress:
    """What is being done, on a terminal: a word, then a bar; nothing elsewhere."""

    def __init__(self, label: str = "combinations") -> None:
        self._label = label
        self._shown = sys.stderr.isatty()
        self._bar: Any = None
        self._word = False

    def __enter__(self) -> _Progress:
        return self

    def working(self, word: str) -> None:
        """Say what is being done."""
        if self._shown and self._bar is None:
            click.echo(f"\r\x1b[K{word} …", nl=False, err=True)
            self._word = True

    def progress(self, done: int, whole: int) -> None:
        """Move the bar."""
        if not self._shown:
            return
        if self._bar is None:
            self._clear()
            self._bar = click.progressbar(length=whole, label=self._label, file=sys.stderr)
        self._bar.update(done - self._bar.pos)

    def _clear(self) -> None:
        if self._word:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._word = False

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()
        self._clear()
