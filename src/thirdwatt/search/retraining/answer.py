"""Whether, how and how often to train again: ways, laws and policies put together, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from thirdwatt.amounts import percent, plain
from thirdwatt.facts import table
from thirdwatt.ledger import Ledger
from thirdwatt.search.retraining.history import Shown
from thirdwatt.search.retraining.mix import Mixed, Mixing, mixed
from thirdwatt.search.retraining.news import News
from thirdwatt.search.retraining.options import UNION, Option, Predicted, options, predictions
from thirdwatt.search.retraining.policy import H_PER_D, Array, Drift, Policy, Value, best
from thirdwatt.search.retraining.simulate import Costs, Replay, replay
from thirdwatt.search.sizes import Sized, sized

ASSUMED = News((0.05, 0.01, 0.25), (1.05, 1.01, 1.25), "nothing is said of the new data", "assumed")
"""New data where nobody says how many there are."""

PRICE = {"USD": "cost_usd", "kWh": "energy_kwh", "kg": "carbon_kg"}
"""Total that a policy's cost is read from, by the unit of its value."""

NEAR_ALL = 0.8
"""Energy of an update, to that of a full retrain, from which on it is said how little more that takes."""

OF_PRETRAINING = "That an update comes near to training on everything was shown for pre-training; this is fine-tuning."

SKIP, FULL, CONTINUE = "skip", "full", "continue"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody states beside the scenario.

    Attributes
    ----------
    every_d
        An interval that they keep or consider, in days.
    monitor_per_day
        What watching quality costs a day, in the unit of the value.
    mixing
        Updates between two trainings from scratch.
    """

    news: News
    drift: Drift | None = None
    value: Value | None = None
    every_d: float | None = None
    monitor_per_day: float = 0.0
    history: Shown | None = None
    mixing: Mixing | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows.

    Attributes
    ----------
    option
        Id of the way that is advised; ``skip`` to leave the model as it is.
    every_d
        Days between retrainings; ``None`` where that is not known, or never.
    because
        Sentences, the first of which says it all.
    """

    option: str
    every_d: float | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is known of whether to train again.

    Attributes
    ----------
    refused
        Why no law says anything; empty if they do.
    policies
        The best interval of each way that comes near to training on everything; empty without drift and value.
    replay
        Policies on the user's own history, if there is one.
    mix
        Updates and full retrains mixed, where that is asked for.
    """

    ledger: Ledger
    wanted: Wanted
    sizes: tuple[Sized, ...]
    predicted: tuple[Predicted, ...]
    refused: str
    options: tuple[Option, ...]
    policies: Mapping[str, Policy]
    replay: Replay | None
    advice: Advice
    mix: Mixed | None = None

    def option(self, name: str) -> Option:
        """A way by its id."""
        return _way(self.options, name)


def answered(ledger: Ledger, wanted: Wanted) -> Answer:
    """What is known of whether, how and how often to train again.

    Parameters
    ----------
    ledger
        Of the training that made the model there is.

    Raises
    ------
    InputError
        If a policy or a mix cannot be worked out of what is stated.
    """
    predicted, refused = predictions(ledger, wanted.news)
    ways = options(ledger, wanted.news, predicted)
    sizes, _ = sized(ledger.scenario)
    drawn: tuple[Drift, ...] = ()
    if wanted.drift is None and wanted.history is not None:
        drawn = wanted.history.drawn
        wanted = replace(wanted, drift=wanted.history.drift)
    policies = _policies(wanted, drawn, ways)
    mix = _mix(wanted, drawn, ways)
    advice = advised(wanted.news, ways, predicted, refused, policies)
    if wanted.news.new[0] > 0:
        more = (*_nearly(ways, policies), *_mixes(mix), *_reserved(ledger, wanted, policies))
        advice = replace(advice, because=(*advice.because, *more))
    replayed = _replayed(ledger, wanted, ways, 0 if mix is None else mix.updates)
    return Answer(ledger, wanted, sizes, predicted, refused, ways, policies, replayed, advice, mix)


def _nearly(ways: tuple[Option, ...], policies: Mapping[str, Policy]) -> Iterator[str]:
    """That a full retrain takes hardly more than the cheapest update, and leaves nothing missing."""
    near = [each.of_full.value for each in ways if each.gap is not None and each.of_full is not None]
    if not policies and near and NEAR_ALL <= min(near) < 1:
        yield f"A full retrain takes {percent(1 / min(near) - 1)} more than that, and leaves nothing missing."


def _mixes(mix: Mixed | None) -> Iterator[str]:
    """How often, where updates are mixed with full retrains as somebody stated."""
    if mix is None or mix.policy is None:
        return
    policy = mix.policy
    many = f"{plain(mix.updates)} update{'s' * (mix.updates > 1)}"
    often = "never" if policy.every_d is None else f"every {plain(policy.every_d)} days"
    yield f"With {many} between two full retrains: {often}, {plain(policy.cost.total)} {policy.unit} a day."


def _reserved(ledger: Ledger, wanted: Wanted, policies: Mapping[str, Policy]) -> Iterator[str]:
    """What is to be known beside any advice."""
    if wanted.drift is not None and wanted.value is not None and not policies:
        yield f"How often is not known: nothing says what a retraining takes in {wanted.value.unit}."
    if ledger.scenario.choices["method"] != "pretrain":
        yield OF_PRETRAINING


def price(option: Option, unit: str) -> float | None:
    """What one retraining takes, in the unit of a value."""
    found = option.totals[PRICE[unit]]
    return None if found is None or found.value <= 0 else found.value


def _policies(wanted: Wanted, drawn: tuple[Drift, ...], ways: tuple[Option, ...]) -> dict[str, Policy]:
    near = {each.id: each.draws for each in ways if each.reaches == UNION and not each.unknown}
    found = {name: _policy(wanted, drawn, draws) for name, draws in near.items()}
    return {name: policy for name, policy in found.items() if policy is not None}


def _policy(wanted: Wanted, drawn: tuple[Drift, ...], draws: Mapping[str, Array]) -> Policy | None:
    """The best interval for draws of what a retraining takes, and of the drift where a history left it open."""
    if wanted.drift is None or wanted.value is None:
        return None
    costs = draws.get(PRICE[wanted.value.unit])
    if costs is None or costs[0] <= 0:
        return None
    return best(
        float(costs[0]),
        wanted.drift,
        wanted.value,
        every_d=wanted.every_d,
        monitor_per_day=wanted.monitor_per_day,
        costs=costs[1:] if len(costs) > 1 else costs,
        drifts=drawn,
    )


def _mix(wanted: Wanted, drawn: tuple[Drift, ...], ways: tuple[Option, ...]) -> Mixed | None:
    """Updates and full retrains mixed, and how often one of them pays."""
    if wanted.mixing is None:
        return None
    found = mixed(wanted.mixing, _way(ways, CONTINUE), _way(ways, FULL))
    return replace(found, policy=_policy(wanted, drawn, found.draws))


def _replayed(ledger: Ledger, wanted: Wanted, ways: tuple[Option, ...], updates: int) -> Replay | None:
    """Policies on the user's history: an update costs what came since the last training, with replay."""
    if wanted.history is None or wanted.value is None:
        return None
    present = ledger.totals[PRICE[wanted.value.unit]]
    if present is None or present.value <= 0:
        return None
    tokens, update = ledger.of("token_count"), table("updates").rows[CONTINUE].figures["replay_share"].value
    costs = Costs(
        present.value,
        tokens=None if tokens is None else tokens.value,
        replay=None if tokens is None else update,
        update=None if tokens is not None else price(_way(ways, CONTINUE), wanted.value.unit),
        gap=(wanted.mixing.gap if wanted.mixing is not None else None) or 0.0,
        monitor=wanted.monitor_per_day,
    )
    return replay(wanted.history, wanted.value, costs, every_d=wanted.every_d, updates=updates)


def _way(ways: tuple[Option, ...], name: str) -> Option:
    return next(each for each in ways if each.id == name)


# --- advice -------------------------------------------------------------------------------------------------------


def advised(
    news: News, ways: tuple[Option, ...], predicted: tuple[Predicted, ...], refused: str, policies: Mapping[str, Policy]
) -> Advice:
    """What follows: by cost and staleness where both are known, else by size alone.

    By size alone new data are worth an update where their gain by every law is more than an update is taken to leave
    missing; else they are for freshness, and that has no price unless somebody states one.
    """
    if news.new[0] <= 0:
        return Advice(SKIP, None, ("Nothing is new: there is nothing to train on again.",))
    near = [each for each in ways if each.reaches == UNION and each.of_full is not None]
    if not near:
        return Advice(SKIP, None, ("Too little is known to price any way.",))
    cheapest = min(near, key=lambda each: each.of_full.value if each.of_full else 0.0)
    if policies:
        return _by_policy(ways, policies)
    return _by_size(cheapest, news, predicted, refused)


def _by_policy(ways: tuple[Option, ...], policies: Mapping[str, Policy]) -> Advice:
    name = min(policies, key=lambda each: policies[each].cost.total)
    policy = policies[name]
    way = _way(ways, name)
    if policy.every_d is None:
        never = 0.0 if policy.never is None else policy.never
        return Advice(SKIP, None, (
            f"Never train again for this: one retraining costs {plain(policy.retrain_cost)} {policy.unit}, being stale "
            f"for good {plain(never)} {policy.unit} a day, and no interval costs less.",
        ))  # fmt: skip
    said = [
        f"{way.name} every {plain(policy.every_d)} days: {plain(policy.cost.total)} {policy.unit} a day, of which "
        f"{plain(policy.cost.retraining)} retraining."
    ]
    lasts = way.totals["wall_time_h"]
    if lasts is not None and lasts.value / H_PER_D > policy.every_d:
        said.append(f"On these machines one takes {plain(lasts.value / H_PER_D)} days: so often needs more of them.")
    if policy.stated is not None:
        more = policy.stated.over_best
        said.append(
            f"Every {plain(policy.stated.every_d)} days costs {plain(policy.stated.cost.total)} {policy.unit} a day, "
            f"{_beyond(more)}." if more is not None and more >= 0.005 else
            f"Every {plain(policy.stated.every_d)} days costs about the same."
        )  # fmt: skip
    return Advice(name, policy.every_d, tuple(said))


def _beyond(more: float) -> str:
    """How much more something costs, as a share of what it is compared with."""
    return f"{percent(more)} more" if more < 2 else f"{plain(1 + more)} times as much"


def _by_size(cheapest: Option, news: News, predicted: tuple[Predicted, ...], refused: str) -> Advice:
    of_full = f", {percent(cheapest.of_full.value)} of a full retrain's energy" if cheapest.of_full else ""
    if cheapest.id == FULL:
        of_full = ", since so much is new that no update takes less"
    way = f"{cheapest.name}{of_full}"
    fresh = f"If it has to be fresh: {way}."
    if not predicted:
        return Advice(cheapest.id, None, (
            fresh, f"Whether it has to be, no law tells: {refused}.",
        ))  # fmt: skip
    if news.fewer:
        return Advice(SKIP, None, ("Not for its size: more was removed than came, there is less to train on.", fresh))
    gains = sorted(each.gain for each in predicted)
    gap = 0.0 if cheapest.gap is None else cheapest.gap.value
    span = f"{gains[0]:.2g} to {gains[-1]:.2g}" if len(gains) > 1 else f"{gains[0]:.2g}"
    if cheapest.id == FULL:
        return Advice(FULL, None, (
            f"{way}; it takes {span} nats from the loss.",
        ))  # fmt: skip
    if gains[-1] <= gap:
        return Advice(SKIP, None, (
            f"Not for its size: the new data take {span} nats from the loss, less than the {gap:g} that an update "
            "is taken to leave missing.",
            fresh,
        ))  # fmt: skip
    if gains[0] <= gap:
        return Advice(cheapest.id, None, (
            f"{way}: the laws differ on whether the data are enough, {span} nats against the {gap:g} that an update "
            "is taken to leave missing.",
        ))  # fmt: skip
    return Advice(cheapest.id, None, (
        f"{way}: the new data take {span} nats from the loss, more than the {gap:g} that an update is taken to leave "
        "missing.",
    ))  # fmt: skip
