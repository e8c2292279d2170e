"""Better tokens, fewer of them: a filter whose factor somebody measured, never one that was promised.

By laws of the usual form work at one loss falls as 1/q if a token teaches as much as q of today's, at the same size.
The factor is of a filter that is not applied yet; what tokens of today are worth to laws is ``token_quality_ratio``.
"""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.ledger.ask import ask
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.shapes import count

SHARE = "filtered_token_share"
MEASURE = (
    "train one small model on filtered and one on today's data, and state as known.filter_quality_ratio how many times "
    "as many tokens the second takes to the same loss on the same held-out text"
)


def ways(today: Today) -> Sequence[Way] | str:
    """Train on 1/q of the tokens."""
    if not today.known("filter_quality_ratio"):
        return Lacking(f"how much more filtered tokens teach is not known: {MEASURE}")
    factor = today.ledger.figures["filter_quality_ratio"]
    if factor.value <= 1 or factor.low <= 0:
        return f"the factor that was measured, {factor.value:g}, is no gain"
    trained = today.value("trained_token_count")
    if trained is None or "token_count" not in today.ledger.figures:
        return Lacking("the tokens are not known: state workload.tokens")
    least, value, most = (_share(each) for each in (factor.high, factor.value, factor.low))
    ratio = (value, least, most)
    return [Way(f"train on {count(trained * ratio[0])} filtered tokens in place of {count(trained)}", {},
                {"token_count": ratio})]  # fmt: skip


def _share(factor: float) -> float:
    """Tokens that are needed, to today's, where each is worth so many."""
    return float(ask({"filter_quality_ratio": factor}, [SHARE])[SHARE])


LEVER = Lever(
    id="quality-filter",
    title="filtered data, by a measured factor",
    group="data",
    changes="the tokens: those that pass the filter, and fewer",
    effort_d=(10, 4, 30),
    risk="medium",
    doubt="the factor holds for the held-out text it was measured on and may fall with size, and a strict filter needs "
    "a much larger pool",
    quality=EQUAL_LOSS,
    evidence=(
        Evidence(
            "other web data took up to ten times the tokens to the scores that a filter for educational text gave, "
            "with less than a tenth of the pool kept; scores, not loss",
            "Penedo et al. 2024, FineWeb, arXiv:2406.17557",
            "second-hand",
        ),
        Evidence(
            "a model of 7 billion parameters on filtered text came near one of 8 billion with 6.6 times less work",
            "Li et al. 2024, DataComp-LM, arXiv:2406.11794",
            "second-hand",
        ),
        Evidence(
            "with q·D in place of D in the law, tokens and work at one loss fall as 1/q, the best size apart",
            "Hoffmann et al. 2022, arXiv:2203.15556, equation 2",
            "reasoned",
        ),
    ),
    ways=ways,
)
