"""A retraining that goes on: only what is new, and some of the old lest it is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts import table
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lever, Today, Way
from thirdwatt.search.levers.shapes import others
from thirdwatt.search.levers.warm_start import fresh

ROW = "continue"


def ways(today: Today) -> Sequence[Way] | str:
    """Go on with the new tokens and replay."""
    new = fresh(today, "going on")
    if isinstance(new, str):
        return new
    figures = table("updates").rows[ROW].figures
    replay, gap = figures["replay_share"], figures["continual_gap_nats_per_token"]
    value, low, high = (
        share / (1 - again)
        for share, again in ((new.value, replay.value), (new.low, replay.low), (new.high, replay.high))
    )
    if value >= 1 or low <= 0:
        return f"{new.value:.0%} of the data are new: going on would see no less than training from scratch"
    words = (f"go on with the new tokens, and old ones as {replay.value:.0%} of what is seen, which leaves "
             f"{gap.value:g} nats per token missing ({gap.low:g} to {gap.high:g}, assumed)")  # fmt: skip
    return [Way(words, {}, {"token_count": (value, low, high)})]


LEVER = Lever(
    id="continue-training",
    title="continue instead of retraining",
    group="lifecycle",
    changes="the tokens of a retraining: the new ones and a replay",
    effort_d=(5, 2, 15),
    risk="medium",
    doubt="shown for one and two updates; data that differ much want a quarter of old ones replayed, and small gaps "
    "add up over many updates",
    quality=EQUAL_LOSS,
    evidence=(
        Evidence(
            "warming up again, cooling down again and 5 % of old data matched training on the union at 0.4 and 10 "
            "billion parameters; 25 % from English to German",
            "Ibrahim et al. 2024, Simple and Scalable Strategies to Continually Pre-train, arXiv:2403.08763",
            "measured",
        ),
    ),
    ways=ways,
    excludes=others("continue-training"),
)
