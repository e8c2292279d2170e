"""Stop before the end: the last tokens, or passes, take as much as the first and teach least.

This alters quality: how much loss it leaves is said by the laws, where they speak at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.ledger import laws as of_laws
from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lever, Today, Way
from thirdwatt.search.levers.shapes import others
from thirdwatt.search.sizes import LOSS

SHARES = (0.9, 0.75, 0.5)
"""Of the tokens at which to stop."""


def ways(today: Today) -> Sequence[Way] | str:
    """Shares of the tokens, with the loss that laws leave; of a fine-tune, fewer passes."""
    if today.choice("method") != "pretrain":
        return _passes(today)
    scenario = today.ledger.scenario
    if refused := of_laws.refusal(scenario):
        return f"what stopping leaves is not known: {refused}"
    tokens = today.ledger.figures["token_count"].value
    counts = [tokens, *(tokens * share for share in SHARES)]
    more: list[list[float]] = []
    for law in of_laws.laws(scenario):
        said = of_laws.predicted(scenario, law.id, {"token_count": counts}, (LOSS,))
        if LOSS in said:
            more.append([float(each - said[LOSS][0]) for each in said[LOSS][1:]])
    return [
        Way(
            f"stop at {share:.0%} of the tokens and finish the schedule there: {min(left):.2g} to {max(left):.2g} nats "
            "per token more by the laws",
            {},
            {"token_count": (share,) * 3},
            id=f"{share:.0%}",
        )
        for share, left in zip(SHARES, zip(*more, strict=True), strict=True)
    ]


def _passes(today: Today) -> Sequence[Way] | str:
    epochs = today.figure("epochs")
    if epochs is None or epochs.value < 2:
        return "one pass is made: stop where the loss on held-out data stops falling, and state workload.epochs"
    return [
        Way(f"stop after {count} of {epochs.value:g} passes if held-out data say so", {"workload.epochs": count},
            id=f"{count}-pass")
        for count in range(int(-(-epochs.value // 1)) - 1, 0, -1)
    ]  # fmt: skip


LEVER = Lever(
    id="early-stopping",
    title="stop earlier",
    group="model",
    changes="the tokens, or the passes over them",
    effort_d=(1, 0.5, 3),
    risk="medium",
    doubt="the model is worse by what the law says, or by what only an evaluation tells; a schedule of learning rates "
    "has to end where the training does",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "loss falls as a power of the tokens: the last half of a long run takes half of the work for a small part "
            "of the loss",
            "Hoffmann et al. 2022, arXiv:2203.15556, equation 2",
            "reasoned",
        ),
        Evidence(
            "fine-tunes on demonstrations overfitted after one pass by their loss, and people still preferred more "
            "passes",
            "Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155",
            "measured",
        ),
    ),
    ways=ways,
    excludes=others("early-stopping"),
)
