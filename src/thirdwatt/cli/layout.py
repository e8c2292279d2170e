"""``thirdwatt layout``."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from typing import Any

import click

from thirdwatt.cli.options import Finite, columns, dumped, emphasised, json_option

DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(h|d|w)\s*$")
HOURS = {"h": 1, "d": 24, "w": 168}
W_PER_KW = 1_000
GOALS = ("time", "energy", "cost", "carbon")
TOOLS = ("megatron", "deepspeed", "torchtitan", "maxtext")


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A time such as 30d, in hours."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Hours of a text."""
        found = DURATION.match(str(value))
        if found is None or float(found[1]) <= 0:
            self.fail(f"{value!r} is no time: write hours, days or weeks, as 12h, 30d or 2w.", param, ctx)
        return float(found[1]) * HOURS[found[2]]


@click.command("layout")
@click.argument("scenario")
@click.option("--by", type=click.Choice(GOALS), default="time", show_default=True, help="What to take least of.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change a field: cluster.count=16384")
@click.option(
    "--open", "opened", multiple=True, metavar="PATH[=A,B]",
    help="Try these values of a field too: cluster.accelerator=h100-sxm-80gb,b200-sxm-180gb",
)  # fmt: skip
@click.option("--keep", "kept", multiple=True, metavar="PATH", help="Leave a field as it is: layout.micro_batch")
@click.option("--within-kw", type=Finite(min=0, min_open=True), help="Highest sustained draw there may be.")
@click.option("--deadline", type=Duration(), metavar="TIME", help="Time there is: 12h, 30d, 2w.")
@click.option(
    "--fill", type=Finite(min=0, max=1, min_open=True), default=1.0, show_default=True,
    help="Share of the memory that may be filled; less is surer to fit.",
)  # fmt: skip
@click.option("--front", is_flag=True, help="Show what nothing beats in time, energy and cost at once.")
@click.option("--launch", type=click.Choice(TOOLS), help="Print what to give this tool, and nothing else.")
@click.option("--html", metavar="FILE", help="A page with charts, fit for print.")
@json_option
def command(
    scenario: str,
    by: str,
    settings: tuple[str, ...],
    opened: tuple[str, ...],
    kept: tuple[str, ...],
    within_kw: float | None,
    deadline: float | None,
    fill: float,
    front: bool,
    launch: str | None,
    html: str | None,
    as_json: bool,
) -> None:
    """The layout that takes least time, energy, money or carbon: degrees, micro-batch, sharding, recomputation, caps.

    \b
    thirdwatt layout llama-3.1-405b --by energy
    thirdwatt layout my-run.toml --within-kw 500 --deadline 30d --open cluster.count
    thirdwatt layout my-run.toml --launch torchtitan > run.toml
    """  # noqa: D301 - click reads the backspace
    if (launch is not None) + as_json + (html is not None) > 1:
        raise click.UsageError("choose one of --json, --html and --launch")
    from thirdwatt.cli.files import written
    from thirdwatt.ledger import scenario_of
    from thirdwatt.report import layouts
    from thirdwatt.scenario.read import changed, read
    from thirdwatt.search.layout import Limits, search
    from thirdwatt.search.layout.offers import least_count, offers, small
    from thirdwatt.search.layout.why import reasons

    name, document = read(scenario)
    named = scenario_of(changed(document, settings), name=name)
    limits = Limits(
        memory_share=fill,
        power_w=float("inf") if within_kw is None else within_kw * W_PER_KW,
        wall_time_h=float("inf") if deadline is None else deadline,
    )
    with _bar() as progress:
        answer = search(named, by, opened=_opened(opened), kept=kept, limits=limits, progress=progress)
    if launch is not None:
        found = layouts.started(answer, [launch])
        if not found:
            click.echo(next(layouts.answer_lines(answer, None)), err=True)
        else:
            click.echo(layouts.started_text(answer, found[launch]), nl=False)
        if not found or found[launch].candidate is None:
            raise click.exceptions.Exit(1)
        return
    why = reasons(answer)
    ways = list(offers(answer)) if small(answer) else []
    fewest = least_count(answer) if answer.best is None else None
    if as_json:
        click.echo(dumped(layouts.document(answer, why, ways, fewest)))
    elif html is not None:
        from thirdwatt.cli.files import extra

        with extra("report"):
            from thirdwatt.report.layout_page import page

            written(html, page(answer, why, ways, fewest))
        click.echo(f"{html} written", err=True)
    else:
        asked = _asked(scenario, by, settings, opened, kept, within_kw, deadline)
        said = layouts.text(answer, why, ways, fewest, columns(), front=front, asked=asked)
        click.echo(emphasised(said, 1), nl=False)


def _asked(
    scenario: str,
    by: str,
    settings: Sequence[str],
    opened: Sequence[str],
    kept: Sequence[str],
    within_kw: float | None,
    deadline: float | None,
) -> str:
    """What was asked, as a shell takes it again."""
    words = [scenario] if by == "time" else [scenario, "--by", by]
    for option, values in (("--set", settings), ("--open", opened), ("--keep", kept)):
        words += [word for value in values for word in (option, value)]
    words += [] if within_kw is None else ["--within-kw", f"{within_kw:g}"]
    words += [] if deadline is None else ["--deadline", f"{deadline:g}h"]
    return shlex.join(words)


def _opened(opened: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Paths with the values to try; none stand for the usual ones."""
    from thirdwatt.scenario.read import value_of

    found: dict[str, tuple[Any, ...]] = {}
    for each in opened:
        path, _, values = each.partition("=")
        found[path.strip()] = tuple(value_of(value.strip()) for value in values.split(",") if value.strip())
    return found


class _bar:  # noqa: N801 - a context manager that reads as a word
    """A bar on a terminal while a search runs; nothing elsewhere."""

    def __enter__(self) -> Any:
        self._bar: Any = None
        return self._show if sys.stderr.isatty() else None

    def _show(self, done: int, whole: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(length=whole, label="searching", file=sys.stderr)
        self._bar.update(done - self._bar.pos)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()
