"""What a search for a layout found: the answer, why, how sure, and how to start it. At most a screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from thirdwatt.amounts import amount, percent, plain
from thirdwatt.report.phrases import column
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario.foreign.launch import TOOLS, Launch, Launched, launch
from thirdwatt.search.layout import Answer, Candidate
from thirdwatt.search.layout.axes import AXES, LATE
from thirdwatt.search.layout.offers import Offer
from thirdwatt.search.layout.opened import BATCH
from thirdwatt.search.layout.why import TERMS, Reasons, Terms

SPREAD_ALIKE = frozenset((*AXES, *LATE, "layout.data", "cluster.count", BATCH, "workload.transformer.seq_len"))
"""What differs between layouts of one machine."""
SYMBOLS: Mapping[str, str] = {"time": "h", "energy": "kWh", "cost": "USD", "carbon": "kg"}
SPREADS, FRONT, REFUSALS = 5, 8, 4
"""Spreads, points of the front and reasons that a screen names."""
DEGREES = ("tensor", "pipeline", "virtual_stages", "context", "expert", "data")
ADAPTED = {"none": "all weights", "lora": "LoRA", "qlora": "QLoRA"}
HELD = {"none": "", "optimizer": ", optimiser on the host", "weights": ", weights on the host"}
TOOL_OF: Mapping[str, str] = {
    "megatron-lm": "megatron", "megatron-core": "megatron", "megatron-core-2024": "megatron", "nemo": "megatron",
    "deepspeed": "deepspeed", "transformers": "deepspeed", "torchtitan": "torchtitan", "maxtext": "maxtext",
}  # fmt: skip
"""Launcher of a stack; any of the others may do where a stack has none of its own."""


# --- words --------------------------------------------------------------------------------------------------------


def spread(settings: Mapping[str, Any]) -> str:
    """How a layout cuts the work, degrees of 1 left out."""
    said = [
        f"{name.replace('_', ' ')} {plain(value, 7)}"
        for name in DEGREES
        if (value := settings.get(f"layout.{name}", 1)) != 1
    ]
    return " x ".join(said) or "one accelerator"


def rest(settings: Mapping[str, Any]) -> str:
    """What else a layout sets."""
    said = [f"micro-batch {plain(settings['layout.micro_batch'], 7)} of {plain(settings[BATCH], 7)}"]
    if settings.get("layout.zero_stage"):
        said.append(f"ZeRO {settings['layout.zero_stage']}")
    if settings.get("layout.recompute", "none") != "none":
        said.append(f"{settings['layout.recompute']} recomputation")
    if settings.get("layout.offload", "none") != "none":
        said.append(HELD[settings["layout.offload"]].removeprefix(", "))
    if "cluster.power_cap_w" in settings:
        said.append(f"at most {amount(settings['cluster.power_cap_w'], 'W')} each")
    beside = [f"{path.partition('.')[2].replace('_', ' ')} {value}" for path, value in _opened(settings)]
    return ", ".join((*said, *beside))


def _opened(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a layout sets beside what every layout does."""
    for path, value in settings.items():
        if path not in SPREAD_ALIKE or path == "cluster.count":
            yield path, value


SHORT = {
    "tensor": "tp", "pipeline": "pp", "virtual_stages": "vp", "context": "cp", "expert": "ep", "data": "dp",
    "micro_batch": "mb", "zero_stage": "zero",
}  # fmt: skip
"""Degrees as the field shortens them, for tables."""
WORDS = {"selective": "sel", "full": "full"}
HOSTED = {"optimizer": "host-opt", "weights": "host-all"}


def short(settings: Mapping[str, Any]) -> str:
    """A layout in a table's cell."""
    said = [
        f"{head}{plain(value, 7)}"
        for name, head in SHORT.items()
        if (value := settings.get(f"layout.{name}")) not in (None, 0) and (value != 1 or name == "micro_batch")
    ]
    if settings.get("layout.recompute", "none") != "none":
        said.append(WORDS[settings["layout.recompute"]])
    if settings.get("layout.offload", "none") != "none":
        said.append(HOSTED[settings["layout.offload"]])
    if "cluster.power_cap_w" in settings:
        said.append(f"{settings['cluster.power_cap_w']:g}W")
    own = (f"{value}x" if path == "cluster.count" else str(value) for path, value in _opened(settings))
    return " ".join([*own, *said])


def symbol(answer: Answer, goal: str) -> str:
    """Unit of a goal."""
    return "s" if goal == "time" and answer.quantities[goal] != "wall_time_h" else SYMBOLS[goal]


def _cost(answer: Answer, candidate: Candidate) -> str:
    return ", ".join(
        f"{amount(candidate.figures[goal], symbol(answer, goal))}{' CO2e' if goal == 'carbon' else ''}"
        for goal in answer.quantities
    )


def _more(value: float) -> str:
    """A ratio as what it is above one."""
    return "the same" if abs(value - 1) < 5e-4 else f"{percent(abs(value - 1))} {'more' if value > 1 else 'less'}"


# --- a screen -----------------------------------------------------------------------------------------------------


def text(
    answer: Answer,
    reasons: Reasons | None,
    offers: Sequence[Offer] = (),
    least_count: int | None = None,
    width: int = WIDTH,
    *,
    front: bool = False,
    asked: str = "",
) -> str:
    """The answer on one screen.

    Parameters
    ----------
    front
        Show the front in place of the best of each spread.
    asked
        What was asked on the command line: the scenario and what goes with it.
    """
    blocks = [
        list(_headline(answer, reasons, width)),
        list(_offers(answer, offers, least_count, width)),
        list(_terms(answer, reasons, width)) if reasons is not None else [],
        list(_doubt(reasons, width)) if reasons is not None else [],
        list(_front(answer, width)) if front else list(_spreads(answer, width)),
        list(_counts(answer, width)),
        list(_notes(answer, width)),
        list(_wrapped(_end(answer, asked or answer.scenario.name), width)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(said: str, width: int, indent: str = "  ") -> Iterator[str]:
    yield from textwrap.wrap(said, width, subsequent_indent=indent)


def _headline(answer: Answer, reasons: Reasons | None, width: int) -> Iterator[str]:
    if answer.best is not None:
        yield from _wrapped(f"{answer.scenario.name}: the layout with the least {answer.goal}", width)
    for line in answer_lines(answer, reasons):
        yield from _wrapped(line, width)


def answer_lines(answer: Answer, reasons: Reasons | None) -> Iterator[str]:
    """The answer in sentences: the layout, what it takes, and how the scenario's own stands beside it."""
    best = answer.best
    if best is None or reasons is None:
        yield f"{answer.scenario.name}: no layout is possible{_nearest(answer)}"
        return
    yield f"{spread(best.settings)}, {rest(best.settings)}"
    yield (
        f"{_cost(answer, best)}; a step of {amount(reasons.best.step_s, 's')}, "
        f"{amount(reasons.best.power_w, 'W')} an accelerator, memory {percent(reasons.best.memory_share)} full "
        f"(fits in {percent(reasons.best.fits_share)} of draws)"
    )
    if reasons.surer is not None:
        yield _surer(answer, best, reasons.surer)
    if answer.current is not None:
        yield _standing(answer)


def _nearest(answer: Answer) -> str:
    """What those that fit come closest to, where a limit is what none keeps."""
    found, limits = answer.found, answer.limits
    said = []
    if found.least_power_w > limits.power_w:
        said.append(f"the least draw is {amount(found.least_power_w, 'W')}")
    if found.least_h > limits.wall_time_h:
        said.append(f"the earliest ends after {amount(found.least_h, 'h')}")
    return f": of those that fit {' and '.join(said)}" if said and isfinite(found.least_power_w) else ""


def _surer(answer: Answer, best: Candidate, surer: Terms) -> str:
    """The layout to take if the best should not fit."""
    other = surer.candidate
    goal = answer.goal
    more = _more(other.figures[goal] / best.figures[goal])
    return f"surer to fit: {short(other.settings)}: {more} {goal}, fits in {percent(surer.fits_share)} of draws"


def _standing(answer: Answer) -> str:
    """How the scenario's own layout stands."""
    current, best = answer.current, answer.best
    assert current is not None  # noqa: S101 - asked for where there is one
    assert best is not None  # noqa: S101 - the same
    whose = "yours" if answer.stated else "the guessed layout"
    said = f"{whose}: {spread(current.settings)}, {rest(current.settings)}"
    if not answer.current_fits:
        return f"{said}: does not fit, {percent(current.figures['memory'])} of the memory"
    lost = ", ".join(
        f"{_more(current.figures[goal] / best.figures[goal])} {goal}"
        for goal in answer.quantities
        if best.figures[goal] > 0
    )
    if answer.current_misses:
        return f"{said}: {answer.current_misses}; {lost}"
    place = answer.found.better / max(answer.found.feasible, 1)
    better = answer.found.better
    rank = f"{better:,} {'is' if better == 1 else 'are'} better ({percent(place)})" if better else "none is better"
    return f"{said}: {lost}; {rank}"


def _offers(answer: Answer, offers: Sequence[Offer], least_count: int | None, width: int) -> Iterator[str]:
    if offers:
        yield f"on {answer.job.counts[-1]} x {answer.scenario.choices['accelerator']}"
    for offer in offers:
        name = f"{ADAPTED[offer.adapter]}{HELD[offer.offload]}"
        if offer.best is None:
            yield f"{name:34} does not fit"
            continue
        said = rest({**offer.best.settings, "layout.offload": "none"})
        shares = spread(offer.best.settings)
        where = "" if shares == "one accelerator" else f"{shares}, "
        yield from _wrapped(f"{name:34} fits: {where}{said}; {plain(offer.tokens_per_s)} tokens/s", width, " " * 35)
    if least_count is not None:
        yield f"it fits from {least_count:,} accelerators on"


def _terms(answer: Answer, reasons: Reasons, width: int) -> Iterator[str]:
    whose = "yours" if answer.stated else "guessed"
    beside = [("best", reasons.best), ("next spread", reasons.runner_up), (whose, reasons.current)]
    shown = [(name, terms) for name, terms in beside if terms is not None]
    cells = column([terms.step_s for _, terms in shown], "s")
    rows = [[cells.head("a step"), *(name for name, _ in shown)]]
    rows += [[f"  {part}", *(cells.cell(terms.parts[part]) for _, terms in shown)] for part in TERMS]
    rows.append(["  step", *(cells.cell(terms.step_s) for _, terms in shown)])
    rows.append(["  memory full", *(percent(terms.memory_share) for _, terms in shown)])
    yield from _aligned(rows, width)


def _doubt(reasons: Reasons, width: int) -> Iterator[str]:
    doubt = reasons.doubt
    said = f"sure?  best in {percent(doubt.best_share)} of draws"
    if doubt.rival is not None:
        said += f"; {short(doubt.rival.settings)} is better in {percent(doubt.rival_share)}"
        if doubt.quantity:
            said += f", mostly where {doubt.quantity} is {doubt.toward} (thirdwatt explain names its source)"
    yield from _wrapped(said, width, " " * 7)


def table(answer: Answer, many: Sequence[Candidate], head: str) -> Iterator[tuple[str, ...]]:
    """Head and rows of a table of layouts with what each takes."""
    columns = {goal: column([each.figures[goal] for each in many], symbol(answer, goal)) for goal in answer.quantities}
    yield head, *(columns[goal].head(goal) for goal in columns)
    for each in many:
        yield short(each.settings), *(columns[goal].cell(each.figures[goal]) for goal in columns)


def _aligned(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Rows in columns of text, numbers to the right; a narrow screen goes without the last columns."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    while len(widths) > 2 and sum(widths) + 2 * (len(widths) - 1) > width:
        del widths[-1]
    widths[0] = min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1))
    for row in rows:
        first, *others = zip(row, widths, strict=False)
        yield "  ".join((f"{first[0][: first[1]]:<{first[1]}}", *(f"{cell:>{size}}" for cell, size in others)))


def _spreads(answer: Answer, width: int) -> Iterator[str]:
    chosen = best_of_each(answer)
    many, head = (chosen, "best of each") if len(chosen) > 1 else (answer.found.spreads, "best of each spread")
    if len(many) > 1:
        yield from _aligned(list(table(answer, many[:SPREADS], head)), width)


def best_of_each(answer: Answer) -> list[Candidate]:
    """Best layout of each choice that is opened beside the layout: of each accelerator, of each precision."""
    found: dict[tuple[Any, ...], Candidate] = {}
    for each in answer.found.spreads:
        own = tuple(value for path, value in each.settings.items() if path not in SPREAD_ALIKE)
        found.setdefault(own, each)
    return list(found.values())


def _front(answer: Answer, width: int) -> Iterator[str]:
    many = thinned(answer.found.front, FRONT)
    if many:
        head = "front of time, energy and cost"
        yield from _aligned(list(table(answer, many, head)), width)
        if len(many) < len(answer.found.front):
            yield f"{len(many)} of {len(answer.found.front)} points, --json has all"


def thinned(many: Sequence[Candidate], most: int) -> list[Candidate]:
    """So many of a row, ends kept."""
    if len(many) <= most:
        return list(many)
    return [many[round(place * (len(many) - 1) / (most - 1))] for place in range(most)]


def _counts(answer: Answer, width: int) -> Iterator[str]:
    found = answer.found
    why = sorted(found.refused.items(), key=lambda each: -each[1])
    said = f"searched {found.searched:,}, {found.feasible:,} feasible"
    if why:
        said += "; " + ", ".join(f"{count:,}: {reason}" for reason, count in why[:REFUSALS])
    yield from _wrapped(said, width)


def _notes(answer: Answer, width: int) -> Iterator[str]:
    for warning in answer.warnings:
        if warning.code in ("set_aside", "not_tried"):
            yield from _wrapped(f"note: {warning.text}", width)


def _end(answer: Answer, asked: str) -> str:
    more = "--front · --html F · --json"
    if answer.best is None:
        return f"next: thirdwatt layout {asked} with other values open (--open), or --json"
    return f"next: thirdwatt layout {asked} --launch {tool_of(answer, answer.best)} · {more}"


# --- how to start it ----------------------------------------------------------------------------------------------


def tool_of(answer: Answer, candidate: Candidate | None = None) -> str:
    """Launcher that suits the software, or where it has none of its own, the chip."""
    choices = answer.scenario.choices if candidate is None else answer.scenario_of(candidate).choices
    other = "maxtext" if choices["accelerator"].startswith("tpu") else "megatron"
    return TOOL_OF.get(choices["stack"], other)


def plan_of(answer: Answer, candidate: Candidate) -> Launch:
    """A layout as launchers take it, of the scenario that it was found in."""
    settings, job = candidate.settings, answer.job_of(candidate)
    choices = answer.scenario_of(candidate).choices
    return Launch(
        layers=job.layers,
        sequence_length=job.sequence,
        micro_batch=int(settings["layout.micro_batch"]),
        global_batch=job.batch,
        accelerators=int(settings.get("cluster.count", job.counts[0])),
        accelerators_per_host=job.in_host,
        tensor=int(settings["layout.tensor"]),
        pipeline=int(settings["layout.pipeline"]),
        virtual_stages=int(settings["layout.virtual_stages"]),
        data=int(settings["layout.data"]),
        context=int(settings["layout.context"]),
        expert=int(settings["layout.expert"]),
        zero_stage=int(settings["layout.zero_stage"]),
        recompute=settings["layout.recompute"],
        precision=choices["precision"],  # type: ignore[arg-type]
        offload=settings["layout.offload"],
        adapter=choices["adapter"],  # type: ignore[arg-type]
    )


@dataclass(frozen=True, slots=True)
class Started:
    """What to give a tool: of the best layout, or of the best that it can run.

    Attributes
    ----------
    candidate
        The layout that it starts; ``None`` if it can run none of the best of each spread.
    refusals
        Why it cannot run the best, if it cannot.
    """

    launched: Launched
    candidate: Candidate | None
    refusals: tuple[str, ...]


def started(answer: Answer, tools: Iterable[str] = TOOLS) -> dict[str, Started]:
    """How to start the best layout by tool, or the best of those that the tool can run."""
    return {} if answer.best is None else {tool: _started(answer, tool) for tool in tools}


def _started(answer: Answer, tool: str) -> Started:
    first: Launched | None = None
    for candidate in answer.found.spreads:
        made = launch(tool, plan_of(answer, candidate))
        first = first or made
        if made.text:
            return Started(made, candidate, () if made is first else first.notes)
    assert first is not None  # noqa: S101 - there is a best
    return Started(first, None, first.notes)


def started_notes(answer: Answer, found: Started) -> list[str]:
    """What the arguments of one tool leave to their reader, and that they are not those of the best layout."""
    if found.candidate is None:
        return list(found.refusals)
    return [*([_instead(answer, found)] if found.refusals else []), *found.launched.notes]


def started_text(answer: Answer, found: Started) -> str:
    """Arguments of one tool, what they leave to their reader above them as comments."""
    lines = [line for note in started_notes(answer, found) for line in textwrap.wrap(note, WIDTH - 2)]
    text = found.launched.text
    return "".join(f"# {line}\n" for line in lines) + (f"{text.rstrip()}\n" if text else "")


def _instead(answer: Answer, found: Started) -> str:
    """That a tool cannot run the best layout, and what it runs instead."""
    assert answer.best is not None  # noqa: S101 - something is started
    assert found.candidate is not None  # noqa: S101 - the same
    more = _more(found.candidate.figures[answer.goal] / answer.best.figures[answer.goal])
    why = "; ".join(found.refusals)
    other = f"{short(found.candidate.settings)}, {more} {answer.goal}"
    return f"not the best, {short(answer.best.settings)} ({why}), but {other}"


# --- data ---------------------------------------------------------------------------------------------------------


def document(
    answer: Answer, reasons: Reasons | None, offers: Sequence[Offer] = (), least_count: int | None = None
) -> dict[str, Any]:
    """The answer as plain data, schema ``thirdwatt/layout/1``."""
    found = answer.found
    return {
        "schema": "thirdwatt/layout/1",
        "scenario": answer.scenario.name,
        "by": answer.goal,
        "boundary": answer.scenario.boundary,
        "quantities": dict(answer.quantities),
        "searched": found.searched,
        "feasible": found.feasible,
        "refused": [{"reason": reason, "count": count} for reason, count in found.refused.items()],
        "best": None if answer.best is None else _plain(answer.best),
        "current": None if answer.current is None else _plain(answer.current),
        "current_stated": answer.stated,
        "current_fits": answer.current_fits,
        "current_misses": answer.current_misses or None,
        "better_than_current": found.better if answer.current_fits and not answer.current_misses else None,
        "spreads": [_plain(each) for each in found.spreads],
        "front": [_plain(each) for each in found.front],
        "terms": {}
        if reasons is None
        else {
            name: _plain_terms(terms)
            for name, terms in (
                ("best", reasons.best),
                ("surer", reasons.surer),
                ("next", reasons.runner_up),
                ("current", reasons.current),
            )
            if terms is not None
        },
        "doubt": None if reasons is None else _plain_doubt(reasons),
        "offers": [
            {
                "adapter": each.adapter,
                "offload": each.offload,
                "fits": each.best is not None,
                "set": None if each.best is None else dict(each.best.settings),
                "step_time_s": each.step_s if each.best is not None else None,
                "tokens_per_s": each.tokens_per_s if each.best is not None else None,
            }
            for each in offers
        ],
        "least_count": least_count,
        "launch": {
            tool: {
                "tool": each.launched.tool,
                "set": None if each.candidate is None else dict(each.candidate.settings),
                "text": each.launched.text,
                "notes": started_notes(answer, each),
            }
            for tool, each in started(answer).items()
        },
        "warnings": [{"code": each.code, "text": each.text} for each in answer.warnings],
    }


def _plain(candidate: Candidate) -> dict[str, Any]:
    return {"set": dict(candidate.settings), "figures": dict(candidate.figures)}


def _plain_terms(terms: Terms) -> dict[str, Any]:
    return {
        "set": dict(terms.candidate.settings),
        "step_time_s": terms.step_s,
        "parts_s": dict(terms.parts),
        "memory_share": terms.memory_share,
        "fits_share": terms.fits_share,
        "accelerator_power_w": terms.power_w,
    }


def _plain_doubt(reasons: Reasons) -> dict[str, Any]:
    doubt = reasons.doubt
    return {
        "best_share": doubt.best_share,
        "rival": None if doubt.rival is None else _plain(doubt.rival),
        "rival_share": doubt.rival_share,
        "quantity": doubt.quantity or None,
        "toward": doubt.toward or None,
        "explains": doubt.explains,
    }
