"""``thirdwatt runs``."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.options import columns, dumped, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "thirdwatt/runs/1"
SHORT = (
    "id", "name", "state", "start_s", "duration_s", "hosts", "processes", "accelerators", "energy_j", "measured_j",
    "modelled_j", "measured_share", "steps", "tokens",
)  # fmt: skip


@click.command("runs")
@click.argument("asked", metavar="[ID | merge DIR...]", nargs=-1)
@click.option("--observations", "as_observations", is_flag=True, help="Of one run, what estimate --observed reads.")
@click.option("--scenario", metavar="SCENARIO", help="Of one run, what its energy comes to at the site of a scenario.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="The same at a site: site.region=se")
@click.option("-o", "--into", metavar="DIR", help="With merge: the folder that holds all of them afterwards.")
@click.option("--as", "one", metavar="ID", help="With merge: make one run of all of them.")
@click.option("--dir", "where", metavar="DIR", help="Where runs live; by default $THIRDWATT_DIR, else .thirdwatt here.")
@json_option
def command(
    asked: tuple[str, ...],
    as_observations: bool,
    scenario: str | None,
    settings: tuple[str, ...],
    into: str | None,
    one: str | None,
    where: str | None,
    as_json: bool,
) -> None:
    """Runs that were measured: all of them, or one by its id, its first letters or `latest`.

    A run that was killed is as readable as one that ended by itself. `runs merge DIR... -o DIR` puts folders of
    several nodes together; what two of them hold is counted once. `runs ID --set site.region=se` says what the energy
    comes to there.
    """
    from thirdwatt.meter.analysis import observed, result, words
    from thirdwatt.meter.run import folder

    if asked[:1] == ("merge",):
        _merge(asked[1:], into, one, as_json)
        return
    if into or one:
        raise click.UsageError("-o and --as go with merge")
    if len(asked) > 1:
        raise click.UsageError("name one run, or none for all of them")
    if not asked:
        if as_observations or scenario or settings:
            raise click.UsageError("--observations, --scenario and --set go with one run")
        found = result.every(where)
        listed = [{name: each[name] for name in SHORT} for each in found]
        click.echo(dumped({"schema": SCHEMA, "runs": listed}) if as_json else _table(found, folder(where)))
        return
    name = known(asked[0], where)
    told = result.of(name, where)
    if as_observations:
        click.echo(_dumped(observed.observed(told)))
    else:
        told = {**told, "slurm_j": _slurm_j(told["slurm_jobs"])}
        text = words.text(told)
        if scenario or settings:
            from thirdwatt.cli.priced import priced, said

            told["priced"] = priced(told, scenario, settings)
            text = f"{text}\n{said(told['priced'])}"
        click.echo(dumped({"schema": SCHEMA, "runs": [told]}) if as_json else text)


def _slurm_j(jobs: Sequence[str]) -> float | None:
    """What the cluster's own accounting says of these jobs, where it can be asked: to compare, and never added."""
    from thirdwatt.meter.sensors.slurm import Slurm

    said = [Slurm(environ={**os.environ, "SLURM_JOB_ID": job}).joules() for job in jobs]
    known_j = [each for each in said if each is not None]
    return sum(known_j) if known_j and len(known_j) == len(jobs) else None


def known(name: str, where: str | None = None, strict: bool = True) -> str:
    """Id of the run that a word means; empty if it means none and need not.

    Raises
    ------
    InputError
        If it may mean several, or none where it must.
    """
    from thirdwatt.meter.analysis import result, store
    from thirdwatt.meter.run import folder
    from thirdwatt.scenario.mistakes import InputError, Mistake, nearest_few

    fits = result.named(name, where)
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise InputError([Mistake(name, f"may be {len(fits)} runs", f"say more of it: {', '.join(fits[:5])}")])
    if not strict:
        return ""
    there = store.ids(where)
    fix = nearest_few(name, there) if there else f"{folder(where)} holds no run"
    raise InputError([Mistake(name, "is no run here", fix or "thirdwatt runs lists them")])


def _merge(sources: Sequence[str], into: str | None, one: str | None, as_json: bool) -> None:
    from thirdwatt.meter.analysis import store
    from thirdwatt.scenario.mistakes import InputError, Mistake

    if not sources or not into:
        raise click.UsageError("runs merge DIR... -o DIR")
    wrong = [
        Mistake(each, "holds no runs", "name a folder with runs/ in it, such as .thirdwatt")
        for each in sources
        if not os.path.isdir(os.path.join(each, "runs"))  # noqa: PTH112, PTH118
    ]
    if wrong:
        raise InputError(wrong)
    ids = store.merge(sources, into, one or "")
    click.echo(dumped({"schema": SCHEMA, "runs": [{"id": each} for each in ids]}) if as_json else "\n".join(ids))


def _table(found: Sequence[dict[str, Any]], where: str) -> str:
    from thirdwatt.meter.analysis.words import energy_text, time_text

    if not found:
        return f"no runs in {where}: thirdwatt run -- CMD, or thirdwatt.measure in Python, makes one"
    rows = [("id", "state", "began (UTC)", "time", "energy", "measured", "steps")]
    for each in found:
        energy = each["energy_j"]
        begun = time.strftime("%Y-%m-%d %H:%M", time.gmtime(each["start_s"])) if each["start_s"] else "-"
        rows.append(
            (
                each["id"], each["state"], begun, time_text(each["duration_s"]),
                energy_text(energy["value"]) if energy else "-",
                f"{each['measured_share']:.0%}" if energy else "-",
                f"{each['steps']:,}" if each["steps"] else "-",
            )
        )  # fmt: skip
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    left, longest = 3, columns() - sum(widths[1:]) - 2 * len(widths[1:])
    widths[0] = min(widths[0], longest)
    lines = []
    for row in rows:
        if len(row[0]) > longest:  # an id is there to be copied, so it is never cut
            lines.append(row[0])
            row = ("", *row[1:])
        cells = enumerate(zip(row, widths, strict=True))
        lines.append("  ".join(cell.ljust(size) if place < left else cell.rjust(size) for place, (cell, size) in cells))
    return "\n".join(line.rstrip() for line in lines)


def _dumped(document: dict[str, Any]) -> str:
    """Observations as they are printed; they rest on no facts, so none are named."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
