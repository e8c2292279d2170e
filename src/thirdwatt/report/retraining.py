"""Whether to train again, in words and as data: ways side by side, laws, policies, what follows."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from thirdwatt.amounts import amount, percent, plain
from thirdwatt.facts import Figure
from thirdwatt.ledger.change import Three, ends
from thirdwatt.ledger.ledger import Total
from thirdwatt.report.phrases import UNKNOWN
from thirdwatt.search.retraining.answer import Answer
from thirdwatt.search.retraining.history import Shown
from thirdwatt.search.retraining.mix import MIX, Mixed
from thirdwatt.search.retraining.options import PRICED, Option
from thirdwatt.search.retraining.policy import Policy
from thirdwatt.search.retraining.simulate import Replay, Told
from thirdwatt.search.sizes import Sized

HEAD = ("way", "energy", "90 %", "cost, USD", "CO2e", "hours", "of full", "loss")
GAP = 2
"""What stands between two columns."""
LEAST_NAME = 12
"""What the first column has at least."""
TIMES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


# --- small words --------------------------------------------------------------------------------------------------


def counted(value: float) -> str:
    """A number of parameters or tokens as people say it.

    Examples
    --------
    >>> counted(8.03e9), counted(750e9), counted(15e12)
    ('8.03 B', '750 B', '15 T')
    """
    for factor, name in TIMES:
        if value >= factor:
            return f"{plain(value / factor)} {name}"
    return plain(value)


def news(answer: Answer) -> str:
    """The new data in a few words."""
    wanted = answer.wanted.news
    value, low, high = wanted.new
    said = f"{percent(value)} new tokens"
    if low != high:
        said += f" ({percent(low)} to {percent(high)})"
    tokens = answer.ledger.figures.get("token_count")
    if tokens is not None and tokens.kind != "assumed":
        said += f", {counted(tokens.value * value)}"
    return said


def assumed(answer: Answer) -> bool:
    """Whether nobody said how many new data there are."""
    return answer.wanted.news.kind == "assumed"


# --- for a terminal -----------------------------------------------------------------------------------------------


def text(answer: Answer, width: int, source: str = "") -> str:
    """The answer for a terminal; ``source`` is the scenario as it was named."""
    scenario = answer.ledger.scenario
    title = f"{scenario.title or scenario.name} and {news(answer)}: whether to train again"
    lines = [textwrap.shorten(title, width, placeholder=" …"), *_wrapped(lead(answer), width)]
    for each in answer.advice.because[1:]:
        lines += _wrapped(each, width)
    if assumed(answer):
        lines += _wrapped(
            "Nothing is said of the new data, so these are assumed: --new-tokens 5%, --data-diff FILE", width
        )
    lines += ["", *table(answer, width)]
    lines += below(answer, width)
    if answer.sizes:
        lines += ["", *third(answer, width)]
    if answer.policies:
        lines += ["", *policies(answer, width)]
    if answer.mix is not None:
        lines += [*([] if answer.policies else [""]), *_wrapped(mixed(answer, answer.mix), width)]
    if answer.wanted.history is not None:
        unit = "" if answer.wanted.value is None else answer.wanted.value.unit
        lines += ["", *history(answer.wanted.history, answer.replay, width, unit)]
    for warning in answer.ledger.warnings:
        lines += _wrapped(f"note [{warning.code}] {warning.text}", width)
    lines += ["", *_wrapped("next: " + " · ".join(following(answer, source)), width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def lead(answer: Answer) -> str:
    """What follows, in one sentence."""
    return answer.advice.because[0]


def table(answer: Answer, width: int) -> list[str]:
    """Every way in a line, below a head."""
    rows: list[tuple[str, ...]] = [HEAD]
    for each in answer.options:
        marked = ("> " if each.id == answer.advice.option else "  ") + each.label
        rows.append((marked, *cells(answer, each)))
    return columns(rows, width)


def cells(answer: Answer, option: Option) -> tuple[str, ...]:
    """What stands in the columns of a way after its name."""
    energy, cost, carbon, hours = (
        option.totals[name] for name in ("energy_kwh", "cost_usd", "carbon_kg", "accelerator_hours")
    )
    if option.unknown or (energy is None and hours is None):
        return (UNKNOWN, "", "", "", "", "", "")
    of = option.of_full
    loss = option.loss.get(answer.predicted[0].law.id) if answer.predicted else None
    return (
        "" if energy is None else amount(energy.value, "kWh"),
        "" if energy is None or energy.low == energy.high else _span(energy),
        "" if cost is None else plain(cost.value),
        "" if carbon is None else amount(carbon.value, "kg"),
        "" if hours is None else plain(hours.value),
        "" if of is None else percent(of.value),
        "?" if loss is None else f"{loss[0]:.3f}",
    )


def _span(found: Total) -> str:
    from thirdwatt.amounts import span

    return span(found.low, found.high, "kWh", found.value)


def below(answer: Answer, width: int) -> list[str]:
    """What the loss of the table is, and what the others say."""
    lines = [line for said in unpriced(answer) for line in _wrapped(said, width)]
    if not answer.predicted:
        told = any(answer.refused in said for said in answer.advice.because)
        return lines if told else [*lines, *_wrapped(f"no loss is predicted: {answer.refused}", width)]
    first, *others = answer.predicted
    said = [
        f"loss in nats per token, without the new data and with: {first.law.label} {first.before:.4f} to "
        f"{first.after:.4f}"
    ]
    said += [f"{each.law.label} {each.before:.4f} to {each.after:.4f}" for each in others]
    lines += _wrapped("; ".join(said) + ". Losses of two laws are not compared, only their changes.", width)
    lines += _wrapped(missing(answer), width)
    return lines + _wrapped(extrapolated(answer), width)


def extrapolated(answer: Answer) -> str:
    """How far beyond the fit of each law it is told of; empty where it lies within all of them."""
    beyond = dict.fromkeys(each.beyond for each in answer.predicted if each.beyond)
    said = [
        f"{how} of {' and '.join(each.law.label for each in answer.predicted if each.beyond == how)}" for how in beyond
    ]
    return f"extrapolated: {'; '.join(said)}" if said else ""


def missing(answer: Answer) -> str:
    """What updates are taken to leave missing of training on everything; empty if nothing."""
    gap = next((each.gap for each in answer.options if each.gap is not None), None)
    if gap is None:
        return ""
    told = f"{gap.value:g} nats ({gap.low:g} to {gap.high:g}) that they are taken to leave missing, {gap.kind}"
    return f"Updates are told with the {told}: papers report a match."


def unpriced(answer: Answer) -> Iterator[str]:
    """Which ways have no price and which do not fit the machines there are, each reason once."""
    reasons = dict.fromkeys(each.unknown for each in answer.options if each.unknown)
    for reason in reasons:
        yield f"{', '.join(each.label for each in answer.options if each.unknown == reason)}: not known, {reason}"
    for each in answer.options:
        if each.misfit:
            yield f"{each.label}: does not fit these machines, {each.misfit}"


def third(answer: Answer, width: int) -> list[str]:
    """What the same loss takes at least, what a third of the energy brings, what more data do."""
    rows = [("law", "loss", "a third, spent best", "the same loss takes at least")]
    rows += [
        (each.law.label, f"{each.loss:.3f}", f"{each.at_third[0]:.3f} ({counted(each.at_third[1])})", needs(each))
        for each in answer.sizes
    ]
    lines = columns(rows, width)
    first = answer.sizes[0]
    more = ", ".join(f"{gain:.2g} for {percent(share)} more" for share, gain in first.more[1:])
    lines += _wrapped(f"More data take from the loss, by {first.law.label}: {more}.", width)
    again = ", ".join(
        f"{gain:.2g} for {times:g} times ({new:.2g} were they new)" for times, gain, new in first.passes[:3]
    )
    lines += _wrapped(f"More passes over the same data: {again}.", width)
    served = [
        f"{each.law.label} {counted(each.served[0])} on {counted(each.served[1])}, {percent(each.served[2])}"
        for each in answer.sizes
        if each.served is not None
    ]
    if served:
        said = "Least to train and serve at the same loss, to this one's"
        lines += _wrapped(f"{said}: {'; '.join(served)}.", width)
    return lines


def needs(each: Sized) -> str:
    """What a law says the same loss takes, and what a third of the work would need beside."""
    size, tokens, ratio = each.cheapest
    said = f"{percent(ratio)} ({counted(size)} on {counted(tokens)})"
    if each.third_quality <= 1:
        return f"{said}: a third is enough"
    return f"{said}; a third: {each.third_quality:.3g} x better tokens"


def policies(answer: Answer, width: int) -> list[str]:
    """The best interval of each way, in a line each."""
    wanted = answer.wanted
    lines = _wrapped(f"How often, with {wanted.drift} points lost and a point worth {wanted.value}:", width)
    lines += columns(intervals(answer), width)
    lines += _wrapped("A retraining is taken to cost the same however long its data took to come.", width)
    return lines + _wrapped(watched(answer), width)


def watched(answer: Answer) -> str:
    """What it costs to retrain on an event instead, where watching has a price; else nothing."""
    if not answer.wanted.monitor_per_day:
        return ""
    name, policy = min(answer.policies.items(), key=lambda each: each[1].event.total)
    return (
        f"On an event, when staleness has cost as much as a retraining: {answer.option(name).label}, "
        f"{plain(policy.event.total)} {policy.unit} a day, {plain(policy.event.monitoring)} of it watching."
    )


def intervals(answer: Answer) -> list[tuple[str, ...]]:
    """The best interval of each way, below a head; with the interval that somebody named where there is one."""
    policy = next(iter(answer.policies.values()))
    named = "" if policy.stated is None else f"each {plain(policy.stated.every_d)} days"
    head = ("way", "best, days", "90 %", f"{policy.unit} a day", named, "5 % more, days", "retraining")
    rows = [head, *((f"  {name}", *often(each)) for name, each in told(answer))]
    return rows if named else [(*row[:4], *row[5:]) for row in rows]


def told(answer: Answer) -> Iterator[tuple[str, Policy]]:
    """Policies by the short name of their way, a mix last."""
    yield from ((answer.option(name).label, each) for name, each in answer.policies.items())
    if answer.mix is not None and answer.mix.policy is not None:
        yield f"{plain(answer.mix.updates)} update{'s' * (answer.mix.updates > 1)}, 1 full", answer.mix.policy


def often(policy: Policy) -> tuple[str, ...]:
    """What stands in the columns of a policy after its way."""
    first, last = policy.near
    return (
        _days(policy.every_d),
        open_days(policy),
        plain(policy.cost.total),
        "" if policy.stated is None else plain(policy.stated.cost.total),
        f"{plain(first)} to {plain(last)}" if last is not None else f"from {plain(first)}",
        plain(policy.cost.retraining),
    )


def open_days(policy: Policy) -> str:
    """Between what the best interval lies, nine times in ten; nothing where its price has no interval."""
    first, last = policy.open.every_d
    return "" if first == last else f"{_days(first)} to {_days(last)}"


def _days(every_d: float | None) -> str:
    return "never" if every_d is None else plain(every_d)


def mixed(answer: Answer, mix: Mixed) -> str:
    """What updates mixed with full retrains come to, and the budget of what they leave missing."""
    many = f"{plain(mix.updates)} update{'s' * (mix.updates > 1)}"
    said = f"With {many} between two full retrains a retraining takes"
    energy, of = mix.totals["energy_kwh"], mix.of_full
    said += f" {UNKNOWN}" if energy is None else f" {amount(energy.value, 'kWh')} on the mean"
    said += "" if of is None else f", {percent(of.value)} of a full one"
    if answer.refused and mix.unit == "nats":
        assumed_of = f"is assumed of dense language models alone: {mix.gap.value:g} nats a token"
        return f"{said}. What an update leaves missing {assumed_of}; state --gap for this one."
    value, low, high = mix.missing
    said += f". Each leaves {mix.gap.value:g} {mix.unit} missing ({mix.gap.kind}), all of them {value:.3g}"
    said += f" ({low:.3g} to {high:.3g})" if low != high else ""
    if mix.tolerated is None:
        return f"{said}: what you have to tolerate."
    within = "within" if mix.within else "more than"
    return f"{said}, {within} the {mix.tolerated:g} that may be missing."


def history(shown: Shown, found: Replay | None, width: int, unit: str) -> list[str]:
    """The drift that a history shows, and what policies would have cost on it, in a unit."""
    lines = _wrapped(f"{drifted(shown)}{'' if found is None else halves(found)}", width)
    if found is None:
        return lines + _wrapped("What policies would have cost on it: --value 200/d", width)
    rows = [("policy", f"cost, {unit}", "90 %", "regret")]
    for told in found.policies:
        interval = f"{plain(told.low)} to {plain(told.high)}"
        rows.append((told.says, plain(told.second.total), interval, regret(told)))
    return lines + columns(rows, width)


def regret(told: Told) -> str:
    """How much more a policy costs than hindsight; a dash where that costs nothing."""
    return "-" if told.second.regret is None else f"{100 * told.second.regret:+,.0f} %"


def drifted(shown: Shown) -> str:
    """The drift that a history shows, in a sentence."""
    lost, low, high = shown.lost(30.0)
    bursts = "it came in bursts" if shown.bursty else "no bursts beyond its noise"
    interval = f"{plain(lost)} points after 30 days, 90 %: {plain(low)} to {plain(high)}"
    return f"Your history shows a drift of {shown.drift} ({interval}); {bursts}."


def halves(found: Replay) -> str:
    """On what policies were chosen, and on what they are told."""
    return (
        f" Policies chosen on its first {found.days[0]} days, told on the other {found.days[1]}; retrained from "
        "scratch but where updates are said:"
    )


def following(answer: Answer, source: str) -> Iterator[str]:
    """Commands that come next."""
    name = shlex.quote(source or answer.ledger.scenario.name)
    if answer.predicted:
        yield f"thirdwatt explain {name} predicted_loss_nats_per_token"
    if answer.wanted.value is None:
        yield "--drift 0.5/30d --value 200/d"
    if answer.wanted.history is None:
        yield "--history runs.csv"
    yield "--json, --html F"


def columns(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Rows below their head: what a narrow terminal has no room for is left out from the right, long names wrapped."""
    widest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths = [0, *(each + GAP if each else 0 for each in widest[1:])]
    room = min(widest[0], max(width - widths[1], LEAST_NAME))
    shown = [number for number in range(1, len(widths)) if room + sum(widths[1 : number + 1]) <= width]
    lines = []
    for row in rows:
        first = row[0].lstrip()
        indent = " " * (len(row[0]) - len(first))
        *above, name = textwrap.wrap(first, room, initial_indent=indent, subsequent_indent="  ") or [""]
        cells = "".join(f"{row[number]:>{widths[number]}}" for number in shown)
        lines += [*above, f"{name:{room}}{cells}"]
    return lines


def _wrapped(said: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        said,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


# --- as data ------------------------------------------------------------------------------------------------------


def document(answer: Answer) -> dict[str, Any]:
    """The answer as plain data: what ``retrain --json`` prints."""
    ledger, wanted = answer.ledger, answer.wanted
    return {
        "schema": "thirdwatt/retrain/1",
        "name": ledger.scenario.name,
        "boundary": ledger.boundary,
        "samples": ledger.scores.samples,
        "seed": ledger.scores.seed,
        "new_data": {
            "share": _three(wanted.news.new),
            "after_ratio": _three(wanted.news.after),
            "tokens": ends(ledger.of("token_count")),
            "source": wanted.news.source,
            "kind": wanted.news.kind,
        },
        "advice": {
            "option": answer.advice.option, "every_d": answer.advice.every_d, "because": list(answer.advice.because)
        },
        "options": [_option(each) for each in answer.options],
        "laws": [
            {"law": each.law.id, "name": each.law.name, "loss_before": each.before, "loss_after": each.after,
             "gain": each.gain, "extrapolated": each.beyond}
            for each in answer.predicted
        ],
        "refused": answer.refused,
        "sizes": [_sized(each) for each in answer.sizes],
        "drift": None if wanted.drift is None else str(wanted.drift),
        "value": None if wanted.value is None else str(wanted.value),
        "policies": [_policy(name, each) for name, each in answer.policies.items()],
        "mix": None if answer.mix is None else _mix(answer.mix),
        "history": None if wanted.history is None else _history(wanted.history, answer.replay),
        "warnings": [{"code": each.code, "text": each.text} for each in ledger.warnings],
    }  # fmt: skip


def _option(option: Option) -> dict[str, Any]:
    return {
        "id": option.id,
        "name": option.name,
        "work_ratio": _three(option.work),
        "totals": {name: ends(option.totals[name]) for name in PRICED},
        "of_full": ends(option.of_full),
        "loss": {law: _three(each) for law, each in option.loss.items()},
        "gap": None if option.gap is None else _figure(option.gap),
        "evidence": option.evidence,
        "caveat": option.caveat,
        "unknown": option.unknown,
        "misfit": option.misfit,
    }


def _figure(gap: Figure) -> dict[str, Any]:
    return {"value": gap.value, "low": gap.low, "high": gap.high, "kind": gap.kind, "source": gap.source}


def _sized(each: Sized) -> dict[str, Any]:
    served = each.served
    return {
        "law": each.law.id,
        "name": each.law.name,
        "loss": each.loss,
        "extrapolated": each.beyond,
        "optimal": {"parameters": each.best[0], "tokens": each.best[1]},
        "isoloss": {"parameters": each.cheapest[0], "tokens": each.cheapest[1], "work_ratio": each.cheapest[2]},
        "third": {"loss": each.at_third[0], "parameters": each.at_third[1], "quality_ratio": each.third_quality},
        "more_data": [{"share": share, "gain": gain} for share, gain in each.more],
        "more_passes": [{"times": times, "gain": gain, "gain_if_new": new} for times, gain, new in each.passes],
        "served": None if served is None else {"parameters": served[0], "tokens": served[1], "work_ratio": served[2]},
    }


def _policy(name: str, policy: Policy) -> dict[str, Any]:
    stated = policy.stated
    return {
        "option": name,
        "unit": policy.unit,
        "retrain_cost": policy.retrain_cost,
        "every_d": policy.every_d,
        "every_low_d": policy.open.every_d[0],
        "every_high_d": policy.open.every_d[1],
        "retraining_per_d": policy.cost.retraining,
        "staleness_per_d": policy.cost.staleness,
        "total_per_d": policy.cost.total,
        "total_low_per_d": policy.open.total[0],
        "total_high_per_d": policy.open.total[1],
        "never_per_d": policy.never,
        "near_d": list(policy.near),
        "event": {
            "every_d": policy.event.every_d, "total_per_d": policy.event.total,
            "monitoring_per_d": policy.event.monitoring,
        },
        "stated": None if stated is None else {
            "every_d": stated.every_d, "total_per_d": stated.cost.total, "over_best": stated.over_best
        },
    }  # fmt: skip


def _mix(mix: Mixed) -> dict[str, Any]:
    return {
        "updates": mix.updates,
        "gap": _figure(mix.gap),
        "unit": mix.unit,
        "missing": _three(mix.missing),
        "tolerated": mix.tolerated,
        "within": mix.within,
        "totals": {name: ends(found) for name, found in mix.totals.items()},
        "of_full": ends(mix.of_full),
        "policy": None if mix.policy is None else _policy(MIX, mix.policy),
    }


def _history(shown: Shown, found: Replay | None) -> dict[str, Any]:
    return {
        "drift": str(shown.drift),
        "fits": [{"drift": str(each.drift), "error": each.error} for each in shown.fits],
        "noise": shown.noise,
        "burstiness": shown.burstiness,
        "burstiness_of_noise": shown.burstiness_of_noise,
        "lost_in_30_d": _three(shown.lost(30.0)),
        "days": None if found is None else list(found.days),
        "hindsight": None if found is None else found.hindsight[1].total,
        "policies": [] if found is None else [
            {"policy": told.name, "says": told.says, "retrainings": told.second.retrainings,
             "updates": told.second.updates, "retraining": told.second.retraining, "staleness": told.second.staleness,
             "monitoring": told.second.monitoring, "total": told.second.total, "low": told.low, "high": told.high,
             "regret": told.second.regret, "wins_share": told.wins}
            for told in found.policies
        ],
    }  # fmt: skip


def _three(value: Three) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), value, strict=True))
