"""Copies taken out of the data: what is there twice is trained on once a pass.

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
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lever, Today, Way

if TYPE_CHECKING:
    from thirdwatt.quantity import Num

LEAST = 0.002
"""Share of the tokens below which taking copies out is not worth a day."""
WORTH = "effective_token_count"


def ways(today: Today) -> Sequence[Way] | str:
    """Take out what is no new text."""
    if not today.known("unique_token_share"):
        return ("how much of the data are copies is not known: thirdwatt data scan PATH --json, and --observed with "
                "what it writes")  # fmt: skip
    unique, kept = today.ledger.figures["unique_token_share"], today.ledger.figures["kept_token_share"]
    if kept.value <= unique.value * (1 + LEAST):
        return f"copies are out already: {kept.value:.1%} of the tokens are kept"
    if 1 - unique.value / kept.value < LEAST:
        return f"{1 - unique.value:.2%} of the tokens are copies: too few to be worth the work"
    ratio = unique.value / kept.value
    made_good = ratio * _worth(today, unique.value, kept.value)
    high = min(1.0, max(made_good, unique.high / kept.value))
    words = (f"take the copies out, {1 - ratio:.1%} of the tokens (at least {1 - high:.1%} if what they taught is made "
             "good with new ones)")  # fmt: skip
    return [Way(words, {}, {"kept_token_share": (ratio, min(ratio, unique.low / kept.value), high)})]


def _worth(today: Today, unique: float, kept: float) -> float:
    """What the tokens are worth with the copies, to without."""
    figures = today.ledger.figures
    asked: dict[str, Num] = {
        "token_count": 1.0,
        "unique_token_share": unique,
        "kept_token_share": np.array([kept, unique]),
        **{name: figures[name].value for name in ("epochs", "repetition_scale_ratio")},
    }
    before, after = ask(asked, [WORTH])[WORTH]
    return float(before / after)


LEVER = Lever(
    id="dedup",
    title="copies taken out, exact and near",
    group="data",
    changes="the share of the tokens that is kept",
    effort_d=(2, 0.5, 10),
    risk="low",
    doubt="copies that somebody repeats on purpose count too; the law says that few copies teach nearly as much as new "
    "text, which the low end of the saving allows for",
    quality=EQUAL_LOSS,
    evidence=(
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
    ),
    ways=ways,
)
