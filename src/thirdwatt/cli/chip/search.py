"""``thirdwatt chip search``."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.core import ParameterSource

from thirdwatt.cli.chip.options import Working, html_option, kept, refuse_two, samples_option, seed_option, several
from thirdwatt.cli.options import Finite, columns, dumped, emphasised, json_option

STYLES = ("threads", "vectors")
ABOVE = Finite(min=0, min_open=True)
AFTER = ("out", "html", "as_csv", "as_json", "whole")
"""What says what to make of an answer."""


@click.command("search")
@click.option(
    "--baseline", default="b200-sxm-180gb", show_default=True, metavar="CHIP", help="What it is held against."
)
@click.option("--baseline-precision", default="bf16", show_default=True, help="What the baseline trains in.")
@click.option("--factor", type=ABOVE, default=3.0, show_default=True, help="How many times less energy is wanted.")
@click.option("--mix", default="today", show_default=True, help="What is trained.")
@click.option("--weight", "weights", multiple=True, metavar="MODEL=W", help="How much a model counts; 0 leaves it out.")
@click.option("--node", "nodes", multiple=True, metavar="ID", help="Processes to choose among; n3e.")
@click.option("--memory", "memories", multiple=True, metavar="ID", help="Memories to choose among; hbm3e,hbm4.")
@click.option("--link", "links", multiple=True, metavar="ID", help="Links to choose among; nvlink-5.")
@click.option(
    "--style", type=click.Choice(STYLES), default="threads", show_default=True,
    help="Warps of threads, which today's kernels need, or wide vectors under one program.",
)  # fmt: skip
@click.option("--precision", "precisions", multiple=True, metavar="P", help="Precisions to train in; bf16,fp8.")
@click.option("--dies", type=click.IntRange(1, 16), default=2, show_default=True, help="Dies of a package.")
@click.option("--area", type=ABOVE, metavar="MM2", help="Most area of one die; a reticle, 858.")
@click.option("--power", type=ABOVE, metavar="W", help="Most that a board may draw.")
@click.option("--cost", type=ABOVE, metavar="USD", help="Most that making one may cost.")
@click.option(
    "--time", "slowest", type=ABOVE, default=1.0, show_default=True, metavar="RATIO",
    help="Accelerator hours it may take, to the baseline's.",
)  # fmt: skip
@click.option("--vmin", type=ABOVE, metavar="V", help="Supply down to which memory cells keep their bits.")
@click.option(
    "--boundary", default="accelerators", show_default=True,
    help="What the energy counts: accelerators, accelerators+facility, it, facility.",
)  # fmt: skip
@samples_option
@seed_option
@click.option("--out", metavar="FILE", help="Write the blueprint as TOML, for every command that takes a chip.")
@click.option("--all", "whole", is_flag=True, help="Everything in text, however long.")
@html_option
@click.option("--csv", "as_csv", is_flag=True, help="The front of energy, time and cost as CSV.")
@json_option
def command(
    baseline: str,
    baseline_precision: str,
    factor: float,
    mix: str,
    weights: tuple[str, ...],
    nodes: tuple[str, ...],
    memories: tuple[str, ...],
    links: tuple[str, ...],
    style: str,
    precisions: tuple[str, ...],
    dies: int,
    area: float | None,
    power: float | None,
    cost: float | None,
    slowest: float,
    vmin: float | None,
    boundary: str,
    samples: int,
    seed: int,
    out: str | None,
    whole: bool,
    html: str | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """The blueprint that trains today's models with the least energy, and what that hangs on.

    \b
    thirdwatt chip search --baseline h100-sxm-80gb --baseline-precision fp8
    thirdwatt chip search --node n3e,n2 --power 1000 --boundary facility --html chip.html
    thirdwatt chip search --out chip.toml; thirdwatt estimate llama-3.1-405b --set cluster.accelerator=chip.toml
    """  # noqa: D301 - click reads the backspace
    refuse_two(whole=whole, html=html is not None, csv=as_csv, json=as_json)
    from thirdwatt.search.blueprint.answer import search
    from thirdwatt.search.blueprint.price import Limits
    from thirdwatt.search.blueprint.question import Question

    usual = Question()
    question = Question(
        baseline=baseline,
        baseline_precision=baseline_precision,
        factor=factor,
        mix=mix,
        weights=_weights(weights),
        boundary=boundary,
        nodes=several(nodes) or usual.nodes,
        memories=several(memories) or usual.memories,
        links=several(links) or usual.links,
        style=style,
        precisions=several(precisions) or usual.precisions,
        dies=dies,
        limits=Limits(_reticle(area), *(float("inf") if each is None else each for each in (power, cost))),
        slowest=slowest,
        least_supply_v=vmin,
        samples=samples,
        seed=seed,
    )
    with Working() as working:
        found = search(question, working.say)
    if out is not None and found.best is not None:
        from thirdwatt.cli.files import written
        from thirdwatt.report.chip_file import chip_file

        written(out, chip_file(found))
        click.echo(f"{out} written", err=True)
    if as_json:
        from thirdwatt.report.chip_document import search_document

        click.echo(dumped(search_document(found)))
    elif as_csv:
        from thirdwatt.report.chip_document import front_rows
        from thirdwatt.report.sheets import written as sheet

        click.echo(sheet(front_rows(found)), nl=False)
    elif html is not None:

        def paged() -> str:
            from thirdwatt.report.chip_page import page

            return page(found)

        kept(html, paged)
    else:
        from thirdwatt.report.chips import lines_of, text, title

        said = text(found, columns(), _asked(), out, whole=whole)
        click.echo(emphasised(said, lines_of(title(found), columns())), nl=False)
    if out is not None and found.best is None:
        click.echo(f"{out} was not written: there is no design", err=True)
        raise click.exceptions.Exit(1)


def _weights(said: Sequence[str]) -> dict[str, float]:
    """Weights by model; every text that is none is told."""
    from thirdwatt.scenario import InputError, Mistake

    found: dict[str, float] = {}
    mistakes: list[Mistake] = []
    for each in several(said):
        model, equals, value = each.partition("=")
        try:
            found[model.strip()] = float(value) if equals else float("nan")
        except ValueError:
            found[model.strip()] = float("nan")
        if not 0 <= found[model.strip()] < float("inf"):
            mistakes.append(Mistake("--weight", f"{each!r} is no model with a weight", "write gpt-3-175b=2"))
    if mistakes:
        raise InputError(mistakes, "chip search")
    return found


def _reticle(area: float | None) -> float:
    """Area of a die as a share of what can be exposed."""
    from thirdwatt.facts import table

    return 1.0 if area is None else area / table("silicon").rows["chip"].figures["reticle_mm2"].value


def _asked() -> tuple[str, ...]:
    """What was asked, as a shell takes it again, without what to make of the answer."""
    here = click.get_current_context()
    words: list[str] = []
    for each in here.command.params:
        name = str(each.name)
        if name in AFTER or here.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        values = here.params[name]
        for value in values if isinstance(values, tuple) else (values,):
            words += [each.opts[0], f"{value:g}" if isinstance(value, float) else str(value)]
    return tuple(words)
