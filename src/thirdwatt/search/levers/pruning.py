"""A smaller model cut out of a larger one and trained on a little: its weights are a start that was paid for before."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.ledger.change import Three
from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.shapes import count, dense, others, relatives, scratch, size

PER_PARAMETER: Three = (27.0, 18.7, 38.8)
"""Tokens that a pruned model was trained on for each of its parameters: 50 billion at 2.7 and at 1.3 billion, and the
mean of the two on a scale of logarithms."""
LEAST = 0.03
"""Of the tokens from scratch: no less was published."""


def ways(today: Today) -> Sequence[Way] | str:
    """Cut out of the next larger model of the family."""
    found = parent(today, "pruning", PER_PARAMETER, LEAST)
    if isinstance(found, str):
        return found
    name, _, ratio = found
    return [
        Way(f"cut the model out of {name} and train it on {ratio[0]:.1%} of the tokens", {}, {"token_count": ratio})
    ]


def parent(today: Today, what: str, per_parameter: Three, least: float) -> tuple[str, float, Three] | str:
    """A larger model to start from, its parameters, and tokens to today's; or why there is none."""
    if why := scratch(today, what):
        return why
    if not dense(today):
        return f"what {what} saves was shown for dense models, and this one routes tokens to experts"
    own = size(today)
    if own is None:
        return Lacking("the size of the model is not known: state workload.model")
    larger = [(parameters, row) for parameters, row in relatives(today) if parameters > 1.2 * own]
    if not larger:
        return (
            f"no larger dense model of its family is known for {what} to start from: name a workload.model that has one"
        )
    trained = today.value("trained_token_count")
    if trained is None:
        return Lacking("the tokens are not known: state workload.tokens")
    ratio = tuple(max(least, each * own / trained) for each in per_parameter)
    if ratio[0] >= 1:
        return f"today's {count(trained)} tokens are no more than {what} takes"
    parameters, row = larger[0]
    return row.name, parameters / own, (ratio[0], ratio[1], min(1.0, ratio[2]))


LEVER = Lever(
    id="pruning",
    title="cut out of a larger model",
    group="model",
    changes="the start of the training, and with it the tokens",
    effort_d=(20, 8, 60),
    risk="high",
    doubt="you need the larger model's weights and right to use them, and its own training is not counted; shown at "
    "1.3 and 2.7 billion parameters and against models of at most 1 trillion tokens",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "models of 1.3 and 2.7 billion parameters cut out of one of 7 billion and trained on 50 billion tokens "
            "were better than ones trained on 300 billion to 1 trillion: 3 % of the work",
            "Xia et al. 2023, Sheared LLaMA, arXiv:2310.06694",
            "measured",
        ),
        Evidence(
            "at an equal budget of tokens the advantage over training from scratch vanishes",
            "arXiv:2606.14150, 2026",
            "claimed",
        ),
    ),
    ways=ways,
    excludes=others("pruning"),
)
