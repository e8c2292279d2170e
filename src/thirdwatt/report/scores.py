"""Scores of estimates against published runs, in a terminal, as data, and as a page of the documentation."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, unit_to_read
from thirdwatt.facts import digest, table
from thirdwatt.facts.checks import SEEN
from thirdwatt.ledger import estimate
from thirdwatt.outlook.runs import COMPUTE, MEASURES
from thirdwatt.report.chip_scores import chip_document, chip_lines, chip_page
from thirdwatt.validation import Score, Validation
from thirdwatt.validation.cases import QUESTIONS
from thirdwatt.validation.development_scores import DEVELOPMENT_QUESTIONS, EFFECTIVE_SHARE, added_up, failing, pauses
from thirdwatt.validation.lever_scores import (
    BOUND,
    KINDS,
    LEVER_QUESTIONS,
    NOT_COMPARED,
    NOT_HELD,
    SCORED,
    SETTINGS,
    Held,
)
from thirdwatt.validation.memory_scores import ALL, MEMORY_QUESTIONS, peaks
from thirdwatt.validation.outlook_scores import (
    BINS,
    CUTS,
    FIXED,
    bars,
    doublings,
    held_apart,
    missed,
    outlook_scores,
    pooled,
    quotients,
    resolved,
)
from thirdwatt.validation.retraining_scores import POLICIES, factors, searched
from thirdwatt.validation.score import SAMPLES, Answer, arithmetic
from thirdwatt.validation.step_scores import GROUPS, STEP_QUESTIONS, TUNING
from thirdwatt.validation.steps import steps

ERRORS = ("run", "question", "generation", "active_parameter_count", "accelerator_count", "error")
SAID = ("time", "energy")
"""Questions whose errors are said beside every answer."""

ASKED = {**STEP_QUESTIONS, **MEMORY_QUESTIONS, **QUESTIONS, **DEVELOPMENT_QUESTIONS, **LEVER_QUESTIONS}
SHOWN = (*GROUPS, TUNING, ALL)
"""Lines of steps and memory on a screen; every family has its own on the page."""

CLOSE = 0.01
"""Relative difference up to which published arithmetic is said to hold."""


def document(found: Validation) -> dict[str, Any]:
    """The validation as plain data, schema ``thirdwatt/validate/1``."""
    answers = [_told(each) for each in found.answers]
    scores, step_scores, memory_scores, development_scores, lever_scores = (
        [{**asdict(each), "worst": [{"run": run, "error": error} for run, error in each.worst]} for each in some]
        for some in (
            found.scores(), found.step_scores(), found.memory_scores(), found.development_scores(), found.lever_scores()
        )
    )  # fmt: skip
    return {
        "schema": "thirdwatt/validate/1",
        "version": thirdwatt.__version__,
        "samples": SAMPLES,
        "constant_mfu": found.constant_mfu,
        "scores": scores,
        "step_scores": step_scores,
        "memory_scores": memory_scores,
        "development_scores": development_scores,
        "lever_scores": lever_scores,
        "levers": [_lever(each) for each in found.levers],
        "levers_not_held": dict(NOT_HELD),
        "development": [_told(each) for each in found.development],
        "added_up": [asdict(each) for each in added_up()],
        "pauses": [asdict(each) for each in pauses()],
        "refused": [asdict(each) for each in found.refused],
        "answers": answers,
        "left_out": [asdict(each) for each in found.left_out],
        "arithmetic": [asdict(each) for each in arithmetic()],
        "retraining": [asdict(each) | {"error": each.error, "inside": each.inside} for each in factors()],
        "policies": [asdict(each) for each in searched()],
        "outlook": {
            "scores": [asdict(each) for each in outlook_scores()],
            "pooled": [asdict(pooled(measure, imputed=imputed)) for imputed in (False, True) for measure in MEASURES],
            "energy_as_told": [asdict(each) for each in quotients()],
            "bars": [asdict(each) for each in bars()],
            "resolved": [asdict(each) | {"error": each.error} for each in resolved()],
        },
        "chips": chip_document(),
    }


def _told(each: Answer) -> dict[str, Any]:
    return {
        "run": each.case.run,
        "question": each.case.question,
        "family": each.case.generation or each.case.domain,
        "quantity": each.case.quantity,
        "published": each.case.published,
        "predicted": {"value": each.predicted.value, "low": each.predicted.low, "high": each.predicted.high},
        "error": each.error,
        "inside": each.covered,
        "baseline": each.baseline,
        "unfitted": each.case.unfitted,
    }


def _lever(each: Held) -> dict[str, Any]:
    predicted = {"value": each.predicted.value, "low": each.predicted.low, "high": each.predicted.high}
    told = {"error": each.error, "inside": each.inside, "covered": each.covered}
    return asdict(each.row) | {"predicted": predicted} | told


def text(found: Validation) -> str:
    """The scores on one screen."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Validation) -> Iterator[str]:
    heads = f"{'n':>4}{'median':>9}{'mean':>8}{'bias':>8}{'factor':>8}{'inside':>8}{'+/-':>7}{'baseline':>10}"
    yield f"{'':24}{heads}  worst"
    last = ""
    lined = (*found.step_scores(), *found.memory_scores())
    shown = (*(one for one in lined if one.family in SHOWN), *found.lever_scores(), *found.development_scores())
    for each in (*shown, *found.scores()):
        if each.question != last:
            last = each.question
            yield f"{each.question}: {ASKED[each.question]}"
        yield _row(each)
    yield ""
    yield "median, mean: of |predicted/published - 1|; bias: mean of the logarithm; factor: mean size as a factor;"
    yield "inside: in the 90 % interval; baseline: median error of one constant utilisation "
    yield f"({percent(found.constant_mfu)}), of nameplate watts, of nameplate watts x hours, of the final run alone,"
    yield "of a lever that changes nothing"
    yield f"memory: {len(found.refused)} of {len(found.memory)} jobs that ran are said not to fit"
    yield from _retraining_lines()
    yield from _outlook_lines()
    yield from chip_lines()
    whys = Counter(each.why for each in found.left_out)
    yield f"left out: {sum(whys.values())}; most: " + "; ".join(f"{count} {why}" for why, count in whys.most_common(3))


def _retraining_lines() -> Iterator[str]:
    held = list(factors())
    inside = sum(each.inside for each in held)
    *_, worst = sorted(held, key=lambda each: abs(each.error))
    text = f"retraining: {inside} of {len(held)} published ratios hold up to their rounding; "
    text += f"{worst.case} {_signed(worst.error)}"
    yield f"{text}; {POLICIES:,} best intervals cost {_more(max(each.worst for each in searched()))} than a search's"


def _more(share: float) -> str:
    """Excess as a share, where less than a millionth is rounding."""
    return "no more" if share < 1e-6 else f"up to {percent(share)} more"


def _row(each: Score) -> str:
    worst = ", ".join(f"{run} {_signed(error)}" for run, error in each.worst[:1])
    baseline = "" if each.baseline_median is None else percent(each.baseline_median)
    return (
        f"  {each.family:22}{each.n:>4}{percent(each.median):>9}{percent(each.mean):>8}{_signed(each.bias):>8}"
        f"{each.factor:>8.2f}{percent(each.coverage):>8}{percent(each.half_width):>7}{baseline:>10}  {worst}"
    ).rstrip()


def _signed(error: float) -> str:
    return f"{'+' if error >= 0 else '-'}{percent(abs(error))}"


# --- the page -----------------------------------------------------------------------------------------------------


def page(found: Validation) -> str:
    """The validation as Markdown."""
    return "\n".join(_page(found)) + "\n"


def _page(found: Validation) -> Iterator[str]:
    runs = {answer.case.run for answer in found.answers}
    yield "# Validation"
    yield ""
    yield (
        f"Estimates of thirdwatt {thirdwatt.__version__} (facts {digest()}) beside {len(runs)} published runs. Made by "
        "`make validation`; good or bad, it is printed."
    )
    yield ""
    yield (
        "Nothing is stated of a run but what a question allows. One run in three is set apart by its id (crc32). The "
        "typical utilisation of five generations is the geometric mean of two medians, of published steps and of the "
        "campaign hours of runs that are not set apart; nothing else is fitted. Some figures of power in the tables "
        "come from papers whose runs stand here too: those runs never count as set apart for power, energy or carbon. "
        "So the line *set apart* is the fair one. A family is a generation of accelerators; it has a line of its own "
        "from three runs."
    )
    yield ""
    for question, what in QUESTIONS.items():
        scores = [each for each in found.scores() if each.question == question]
        if scores:
            yield from _section(question, what, scores)
    yield from _steps(found)
    yield from _memory(found)
    yield from _levers(found)
    yield from _retraining()
    yield ""
    yield from _outlook()
    yield from _development(found)
    yield from chip_page(thorough=found.thorough)
    yield from _worst(found)
    yield from _arithmetic()
    yield from _contradictions()
    yield from _left_out(found)


def _section(question: str, what: str, scores: Sequence[Score]) -> Iterator[str]:
    yield f"## {question}: {what}"
    yield ""
    heads = (
        *("runs", "n", "median error", "mean error", "one in ten above", "bias", "factor"),
        *("inside the 90 % interval", "half-width"),
    )
    yield f"| {' | '.join((*heads, 'baseline: median', 'baseline: factor'))} |"
    yield f"|---|{'---:|' * 10}"
    for each in scores:
        median = "" if each.baseline_median is None else percent(each.baseline_median)
        factor = "" if each.baseline_factor is None else f"{each.baseline_factor:.2f}"
        yield (
            f"| {each.family} | {each.n} | {percent(each.median)} | {percent(each.mean)} | {percent(each.p90)} | "
            f"{_signed(each.bias)} | "
            f"{each.factor:.2f} | {percent(each.coverage)} | {percent(each.half_width)} | {median} | {factor} |"
        )
    yield ""


def _steps(found: Validation) -> Iterator[str]:
    scores = found.step_scores()
    yield "# Steps"
    yield ""
    yield (
        f"The step model beside {len(steps())} published steps. Rows are set apart by configuration, all releases "
        "together: crc32 of model, accelerator and count, modulo 3, before anything was fitted. The constants of "
        "chips, software and kernels are fitted to the others (`make fit`), those of training from scratch first; "
        "steps of fine-tuning then move what is theirs. No row has a constant of its own."
    )
    yield ""
    for question, what in STEP_QUESTIONS.items():
        own = [each for each in scores if each.question == question]
        if own:
            yield from _section(question, what, own)
    yield from _worst_steps(found)


def _worst_steps(found: Validation) -> Iterator[str]:
    notes = {step.id: step.note for step in steps()}
    yield "### The worst steps"
    yield ""
    yield "| question | step | of | measured | model | error | what is known of the reason |"
    yield "|---|---|---|---:|---:|---:|---|"
    for question in STEP_QUESTIONS:
        asked = [each for each in found.steps if each.case.question == question]
        for each in sorted(asked, key=lambda answer: -abs(answer.error))[:8]:
            yield (
                f"| {question} | {each.case.run} | {each.case.domain} | {amount(each.case.published, 's')} | "
                f"{amount(each.predicted.value, 's')} | {_signed(each.error)} | {notes[each.case.run]} |"
            )
    yield ""


def _memory(found: Validation) -> Iterator[str]:
    yield "# Memory"
    yield ""
    yield (
        f"Peak memory of an accelerator beside {len(peaks())} published peaks, set apart as steps are. What the meter "
        "of a row does not see is taken off: an allocator's count holds no driver and no buffers of collectives."
    )
    yield ""
    for question, what in MEMORY_QUESTIONS.items():
        yield from _section(question, what, [each for each in found.memory_scores() if each.question == question])
    yield "### Jobs that ran and are said not to fit"
    yield ""
    by_family = Counter(each.family for each in found.refused)
    yield "; ".join(f"{family}: {count}" for family, count in by_family.items()) or "None."
    yield ""
    notes = {peak.id: peak.note for peak in peaks()}
    yield "| job | of | measured | needed | capacity | what is known of the reason |"
    yield "|---|---|---:|---:|---:|---|"
    for each in found.refused:
        sizes = (f"{size / 1e9:.1f} GB" for size in (each.published_byte, each.needed_byte, each.capacity_byte))
        yield f"| {each.run} | {each.family} | {' | '.join(sizes)} | {notes[each.run]} |"
    yield ""


def _levers(found: Validation) -> Iterator[str]:
    taken = {lever for each in found.levers for lever in each.row.lever.split("+")}
    yield "# Levers"
    yield ""
    yield (
        f"What {len(taken)} levers save by the ledger, beside {len(found.levers)} published ratios of after to before. "
        "A row states the run before; the lever is taken in one of its own ways, "
        f"or with its own fields at the published value (*{SETTINGS}*), and both runs are priced by the ledger as a "
        "plan does it. A published ratio has the range of its jobs or of its rounding; *inside* says whether the "
        "estimate lies in it, *held* whether the estimate's 90 % interval has the published ratio in it. Draws of both "
        "runs are the same, so that only what the lever moves is unsure. The baseline is a lever that changes nothing. "
        "No constant was moved for a row."
    )
    yield ""
    yield from (f"- *{kind}*: {what}" for kind, what in KINDS.items())
    yield ""
    for question, what in LEVER_QUESTIONS.items():
        yield from _section(question, what, found.lever_scores())
    yield "| row | lever | way | ratio of | kind | estimate | published | inside | held | error | source | set-up |"
    yield "|---|---|---|---|---|---|---|---|---|---:|---|---|"
    for each in found.levers:
        yield _lever_row(each)
    yield ""
    yield from _lever_worst(found)
    yield "### Levers without a row"
    yield ""
    yield from (f"- **{lever}**: {why}." for lever, why in NOT_HELD.items())
    yield ""
    yield "### Published figures that nothing here is held against"
    yield ""
    yield from (f"- {figure}: {why}." for figure, why in NOT_COMPARED.items())
    yield ""


def _lever_row(each: Held) -> str:
    row = each.row
    estimate, published = (
        f"{value:.3g} ({low:.3g} to {high:.3g})"
        for value, low, high in (
            (each.predicted.value, each.predicted.low, each.predicted.high),
            (row.published, row.low, row.high),
        )
    )
    yes = ("yes" if each.inside else "no", "" if row.kind == BOUND else "yes" if each.covered else "no")
    error = "" if row.kind == BOUND else _signed(each.error)
    cells = (row.id, row.lever, row.way, row.boundary, row.kind, estimate, published, *yes, error, row.source, row.note)
    return f"| {' | '.join(cells)} |"


def _lever_worst(found: Validation) -> Iterator[str]:
    """What is furthest off of what tests the ledger."""
    tested = [each for each in found.levers if each.row.kind != BOUND]
    worst = sorted(tested, key=lambda each: -abs(each.error))[:8]
    told = "; ".join(f"{each.row.id} {_signed(each.error)}" for each in worst)
    inside = sum(each.inside for each in found.levers)
    yield f"{inside} of {len(found.levers)} estimates lie inside the published range. The worst: {told}."
    yield ""


def _retraining() -> Iterator[str]:
    yield "# Retraining"
    yield ""
    yield (
        "What continuing takes of what training from scratch each time would, beside published factors. All of it is "
        "arithmetic on tokens: *predicted* follows from how data came and what each training was allowed, *arithmetic* "
        "takes a set-up in which something was read off or chosen. That continuing was as good is what those papers "
        "found; nothing here says so of another model."
    )
    yield ""
    yield "| case | kind | ratio | as a factor | published | holds up to rounding | set-up |"
    yield "|---|---|---:|---:|---:|---|---|"
    for each in factors():
        holds = "yes" if each.inside else f"no, {_signed(each.error)}"
        yield (
            f"| {each.case} | {each.kind} | {each.predicted:.3f} | {1 / each.predicted:.2f} | {each.published:g} | "
            f"{holds} | {each.note} |"
        )
    yield ""
    yield (
        f"{POLICIES:,} random policies, costs and times over six decades, beside golden sections of their costs, which "
        "know no formula:"
    )
    yield ""
    yield "| drift | policies | ours costs |"
    yield "|---|---:|---|"
    for shape in searched():
        yield f"| {shape.shape} | {shape.n} | {_more(shape.worst)} |"


def _outlook_lines() -> Iterator[str]:
    held = pooled(COMPUTE)
    told = "; ".join(f"{bar.what} {percent(bar.value) if bar.value >= 0 else _signed(bar.value)}" for bar in bars())
    by = math.exp(missed()[0])
    yield f"outlook: {told}; {held.n} outcomes; data-centre forecasts missed by a factor of {by:.2f}"


def _outlook() -> Iterator[str]:
    yield "# Outlook"
    yield ""
    yield (
        "At the end of each year the ensemble of the outlook is fitted to the runs published by then and scored on all "
        "that followed at the frontier (among the five largest when they came out). Windows (from 2012, 2015, 2018), "
        "statistics (largest 3, 5, 10) and cuts were fixed before anything was scored. Of the spread that cannot be "
        "said: a first form could only widen it, and 98 % of compute lay in the interval of 80 %; since then it is "
        "scaled either way by the errors known at each cut, and by no later one. Errors are in decades: 0.3 is a "
        "factor of 2. Runs whose energy is imputed from their compute are in no headline. A run is judged from "
        "several cuts: outcomes pooled are no independent trials, and what holds of all cuts does not hold of each. "
        "Simple forecasts start from the five largest runs of the time or from the largest, the record; bars take "
        "whichever does better."
    )
    yield ""
    yield "| demanded beforehand of compute | bar | found | holds |"
    yield "|---|---|---:|---|"
    for bar in bars():
        found = f"{100 * bar.value:+.1f} %" if bar.value < 0.5 else percent(bar.value)
        yield f"| {bar.what} | {bar.demanded} | {found} | {'yes' if bar.holds else 'no'} |"
    yield ""
    for measure, name in MEASURES.items():
        yield from _outlook_of(measure, name)
    yield from _quotients()
    yield (
        "A doubling in 3.4 months, as it was told in 2018, would have had, in decades too much: "
        + "; ".join(f"{each.run} {each.over:.1f}" for each in doublings())
        + "."
    )
    yield ""
    yield "### Forecasts of data centres that came due"
    yield ""
    yield "| forecast | years ahead | TWh | TWh that came | ratio | ln ratio |"
    yield "|---|---:|---:|---:|---:|---:|"
    for each in resolved():
        yield (
            f"| {each.case} | {each.horizon:g} | {plain(each.forecast / 1e9)} | {plain(each.outcome / 1e9)} | "
            f"{each.forecast / each.outcome:.2f} | {each.error:+.2f} |"
        )
    whole, yearly = missed()
    yield ""
    yield (
        f"Root mean square {whole:.2f}, a factor of {math.exp(whole):.2f}; {yearly:.2f} times the root of the years "
        "ahead, which is the width of a year's step in the outlook. The sign turned: too much until 2011, too little "
        "since 2016; so nothing is corrected, only widened. Outcomes between two accounts are taken at even growth. "
        "The width is set by these five, so that they lie within it proves little; by a width from the other four "
        f"{held_apart()} of 5 lie inside 80 %. None is for less than four years: the widths of one to three years "
        "follow from the root alone."
    )
    yield ""


def _quotients() -> Iterator[str]:
    yield "### Energy as the outlook tells it"
    yield ""
    yield (
        "The lines of power and energy above stand beside the outlook. It tells energy as compute over FLOP per joule, "
        "by a growth of either window; here both are fitted to what was known at each cut."
    )
    yield ""
    yield "| FLOP per joule since | until | n | growth of it | bias | error | in 80 % |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for each in quotients():
        yield (
            f"| {each.since} | {each.cut} | {each.n} | {each.growth:.2f} | {each.bias:+.2f} | {each.mae:.2f} | "
            f"{percent(each.inside)} |"
        )
    yield ""


def _outlook_of(measure: str, name: str) -> Iterator[str]:
    yield f"## outlook, {name}"
    yield ""
    fixed = measure == COMPUTE
    simple = f" {FIXED:g} a year | so from the record | doubling of 2018 |" if fixed else ""
    yield (
        "| until | scored | n | lines | growth | scaled by | bias | error | CRPS | in 50 % | in 80 % | "
        "in 90 % | no growth | the record stands |" + simple
    )
    yield f"|---|---|{'---:|' * (15 if fixed else 12)}"
    for each in outlook_scores():
        if each.measure != measure:
            continue
        held = " | ".join(percent(share) for share in each.coverage)
        line = (
            f"| {each.cut} | {'with imputed' if each.imputed else 'headline'} | {each.n} | {each.members} | "
            f"{each.growth:.2f} | {each.scale:.2f} | {each.bias:+.2f} | {each.mae:.2f} | {each.crps:.2f} | {held} | "
            f"{each.persistence:.2f} | {each.record:.2f} |"
        )
        yield line + (f" {each.fixed:.2f} | {each.fixed_record:.2f} | {each.doubling:.2f} |" if fixed else "")
    yield ""
    for imputed in (False, True):
        both = pooled(measure, imputed=imputed)
        yield (
            f"All cuts{', with imputed' if imputed else ''}: {both.n} outcomes, "
            f"{', '.join(percent(share) for share in both.coverage)} inside 50, 80 and 90 %; without scaling "
            f"{', '.join(percent(share) for share in both.unscaled)}. In {BINS} equal parts of the forecast, from "
            f"below: {', '.join(map(str, both.histogram))}. These are {both.runs} runs, the later ones judged from "
            f"up to {len(CUTS)} cuts: of single cuts 80 % hold {_from_to(both.single)}, of all but one "
            f"{_from_to(both.without_one)}."
        )
        yield ""


def _from_to(ends: tuple[float, float]) -> str:
    return " to ".join(percent(each) for each in ends)


def _development(found: Validation) -> Iterator[str]:
    yield "# Development and failures"
    yield ""
    yield (
        "All work of a project to that of its final run, where nothing is stated. The spread in the tables was set "
        "by these projects, so that it holds them proves little. The fair line is the second: each project by the "
        "spread of the others, log-normal. They are few, and those who publish are no random sample. The baseline is "
        "the final run alone."
    )
    yield ""
    for question, what in DEVELOPMENT_QUESTIONS.items():
        yield from _section(question, what, [each for each in found.development_scores() if each.question == question])
    yield "| question | project or job | counts | published | estimate | 90 % interval | inside |"
    yield "|---|---|---|---:|---:|---:|---|"
    for each in found.development:
        case, predicted = each.case, each.predicted
        figures = (plain(case.published), plain(predicted.value), f"{plain(predicted.low)} to {plain(predicted.high)}")
        inside = "yes" if each.covered else "no"
        yield f"| {case.question} | {case.run} | {case.domain} | {' | '.join(figures)} | {inside} |"
    yield ""
    jobs = "; ".join(f"{job.id}: {plain(job.accelerators, 6)} accelerators, {job.note}" for job in failing())
    yield f"Jobs: {jobs}."
    yield ""
    yield "### Published parts, added up by the formula of parts"
    yield ""
    yield "| project | from its parts | published | holds | of its parts |"
    yield "|---|---:|---:|---|---|"
    for total in added_up():
        holds = "yes" if abs(total.off) <= CLOSE else f"no, {_signed(total.off)}"
        yield f"| {total.run} | {plain(total.multiplier)} | {plain(total.published)} | {holds} | {total.note} |"
    yield ""
    yield f"Llama 3 reached more than {percent(EFFECTIVE_SHARE)} effective time. At its rate of failures that needs:"
    yield ""
    yield "| to restart | a checkpoint holds it up for at most | by the full model |"
    yield "|---:|---:|---:|"
    for pause in pauses():
        yield f"| {amount(pause.restart_h, 'h')} | {plain(pause.first_order_s)} s | {plain(pause.full_model_s)} s |"
    yield ""


def _worst(found: Validation) -> Iterator[str]:
    yield "## The worst rows"
    yield ""
    yield "| question | run | published | estimate | error | what is known of the reason |"
    yield "|---|---|---:|---:|---:|---|"
    for question in QUESTIONS:
        asked = [each for each in found.answers if each.case.question == question]
        for each in sorted(asked, key=lambda answer: -abs(answer.error))[:5]:
            row, symbol = table("runs").rows[each.case.run], unit_to_read(each.case.quantity)
            figure = row.figures.get(each.case.quantity)
            note = "" if figure is None else figure.note.replace(SEEN, "").strip("; ")
            reason = row.text.get("contradiction") or note
            yield (
                f"| {question} | {each.case.run} | {amount(each.case.published, symbol)} | "
                f"{amount(each.predicted.value, symbol)} | {_signed(each.error)} | {reason.replace('|', ' ')} |"
            )
    yield ""


def _arithmetic() -> Iterator[str]:
    yield "## Published arithmetic"
    yield ""
    yield "The product of published factors (hours x watts, energy x intensity) beside the figure that is published."
    yield ""
    yield "| run | figure | product | published | holds |"
    yield "|---|---|---:|---:|---|"
    for each in arithmetic():
        symbol = unit_to_read(each.what)
        holds = "yes" if abs(each.off) <= CLOSE else f"no, {_signed(each.off)}"
        building = ", with PUE" if each.with_pue else ""
        product, published = amount(each.product, symbol, 4), amount(each.published, symbol, 4)
        yield f"| {each.run} | {each.what} | {product} | {published} | {holds}{building} |"
    yield ""


def _contradictions() -> Iterator[str]:
    yield "## Contradictions in what is published"
    yield ""
    for row in table("runs"):
        if "contradiction" in row.text:
            yield f"- **{row.name}** (`{row.id}`): {row.text['contradiction']}"
    yield ""


def _left_out(found: Validation) -> Iterator[str]:
    yield "## What was left out, and why"
    yield ""
    whys = Counter((each.question, each.why) for each in found.left_out)
    yield "| question | runs | why |"
    yield "|---|---:|---|"
    for (question, why), count in sorted(whys.items(), key=lambda pair: (list(QUESTIONS).index(pair[0][0]), -pair[1])):
        yield f"| {question} | {count} | {why.replace('|', ' ')} |"
    yield ""
    yield f"The constant utilisation of the baseline, goodput included, is {plain(found.constant_mfu)}."


# --- what is said beside every answer ------------------------------------------------------------------------------


def lever_errors(levers: Iterable[Held]) -> str:
    """Errors of ratios by lever, as a plan says them beside its steps."""
    page = io.StringIO()
    lines = csv.writer(page, lineterminator="\n")
    lines.writerow(("row", "lever", "kind", "error", "covered"))
    for each in sorted(levers, key=lambda held: held.row.id):
        if each.row.kind in SCORED:
            lines.writerow((each.row.id, each.row.lever, each.row.kind, f"{each.error:.3f}", int(each.covered)))
    return page.getvalue()


def errors(found: Validation) -> str:
    """Errors of time and of energy by run, as the ledger reads them."""
    page = io.StringIO()
    lines = csv.writer(page, lineterminator="\n")
    lines.writerow(ERRORS)
    for answer in sorted(found.answers, key=lambda each: (each.case.question, each.case.run)):
        if answer.case.question not in SAID:
            continue
        figures = table("runs").rows[answer.case.run].figures
        size = estimate(answer.case.scenario, samples=1).of("active_parameter_count")
        count = figures.get("accelerator_count")
        lines.writerow(
            [
                answer.case.run,
                answer.case.question,
                answer.case.generation,
                "" if size is None else f"{size.value:.6g}",
                "" if count is None else f"{count.value:.6g}",
                f"{answer.error:.4f}",
            ]
        )
    return page.getvalue()
