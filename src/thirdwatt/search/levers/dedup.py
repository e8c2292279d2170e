"""Near copies taken out of the data, and exact ones with them where nobody told the two apart.

Copies of the same text teach less than new text by the law of repetition [1]_, but where they are few it says that
they teach nearly as much. Models trained with the copies taken out, for as many passes, were as good or better all the
same [2]_: copies are not spread evenly, as the law takes repeats to be. So the value is that all copies go, as they do
where a scan is priced, and the end with the least saving is that what they taught by the law is made good with new
tokens: kept tokens U·E(with copies)/E(without), E being what tokens are worth.

References
----------
.. [1] Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264, equation 5.
.. [2] Lee et al. 2021, Deduplicating Training Data Makes Language Models Better, arXiv:2107.06499.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.ledger.ask import ask
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lacking, Lever, Today, Way

if TYPE_CHECKING:
    from thirdwatt.facts import Figure
    from thirdwatt.quantity import Num

LEAST = 0.002
"""Share of the tokens below which taking copies out is not worth a day."""
WORTH = "effective_token_count"
NEAR, LEFT, EXACT_LEFT = "near_copy_token_share", "unique_token_share", "exact_unique_token_share"
SCAN = "thirdwatt data scan PATH --json, and --observed with what it writes"


def ways(today: Today) -> Sequence[Way] | str:
    """Take out what is no new text; where exact copies are told apart, what else resembles."""
    if not today.known(LEFT):
        return Lacking(f"how much of the data are copies is not known: {SCAN}")
    unique, kept = today.ledger.figures[LEFT], today.ledger.figures["kept_token_share"]
    exact = today.ledger.figures[EXACT_LEFT] if today.known(EXACT_LEFT) else None
    before, kind = kept.value, "copies"
    if exact is not None and kept.value > exact.value:
        near = float(ask({EXACT_LEFT: exact.value, LEFT: unique.value}, [NEAR])[NEAR])
        if near < LEAST:
            return f"{near:.2%} of the tokens resemble others and are no exact copies: too few to be worth the work"
        before, kind = exact.value, "near copies"
    if kept.value <= unique.value * (1 + LEAST):
        return f"copies are out already: {kept.value:.1%} of the tokens are kept"
    if 1 - unique.value / before < LEAST:
        return f"{1 - unique.value:.2%} of the tokens are copies: too few to be worth the work"
    return [without(today, kind, before, unique)]


def without(today: Today, kind: str, before: float, left: Figure) -> Way:
    """A way to keep what is left of the share before."""
    ratio = left.value / before
    made_good = ratio * _worth(today, before, left.value)
    high = min(1.0, max(made_good, left.high / before))
    words = (f"take the {kind} out, {1 - ratio:.1%} of the tokens (at least {1 - high:.1%} if what they taught is made "
             "good with new ones)")  # fmt: skip
    return Way(words, {}, {"kept_token_share": (ratio, min(ratio, left.low / before), high)})


def _worth(today: Today, before: float, after: float) -> float:
    """What the tokens are worth with so much of them kept before, to after."""
    figures = today.ledger.figures
    asked: dict[str, Num] = {
        "token_count": 1.0,
        LEFT: figures[LEFT].value,
        "kept_token_share": np.array([before, after]),
        **{name: figures[name].value for name in ("epochs", "repetition_scale_ratio")},
    }
    one, other = ask(asked, [WORTH])[WORTH]
    return float(one / other)


EVIDENCE = (
    Evidence(
        "models trained on data without copies took fewer steps to the same or better accuracy and repeated ten "
        "times less by heart",
        "Lee et al. 2021, arXiv:2107.06499",
        "measured",
    ),
    Evidence(
        "repeats are worth less than new tokens, little less at first: four passes teach nearly as much as four "
        "times the data",
        "Muennighoff et al. 2023, arXiv:2305.16264",
        "measured",
    ),
)
"""What copies are known to be worth, exact and near ones alike."""

LEVER = Lever(
    id="dedup",
    title="near copies taken out, or all",
    group="data",
    changes="the share of the tokens that is kept",
    effort_d=(2, 0.5, 10),
    risk="low",
    doubt="what resembles may still differ in what matters; copies that somebody repeats on purpose count too; the law "
    "says that few copies teach nearly as much as new text, which the low end of the saving allows for",
    quality=EQUAL_LOSS,
    evidence=EVIDENCE,
    ways=ways,
)
