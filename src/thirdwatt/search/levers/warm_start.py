"""A retraining that starts from the model there is, and sees all data again for less."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts import Figure, table
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.shapes import others, scratch

ROW = "warm-start"


def ways(today: Today) -> Sequence[Way] | str:
    """Start warm, on as much as was published."""
    new = fresh(today, "a warm start")
    if isinstance(new, str):
        return new
    figures = table("updates").rows[ROW].figures
    work, gap = figures["update_work_ratio"], figures["continual_gap_nats_per_token"]
    if new.value > work.value:
        return f"{new.value:.0%} of the data are new, more than a warm start would see at all: train from scratch"
    words = f"start from the model there is and see {work.value:.0%} of all tokens, {_missing(gap)}"
    return [Way(words, {}, {"token_count": (work.value, work.low, work.high)})]


def fresh(today: Today, what: str) -> Figure | str:
    """Share of the data that is new since the model there is; or why the lever is none."""
    if why := scratch(today, what):
        return why
    if not today.known("new_token_share"):
        return (f"{what} is for training again, and nothing says that this is: compare revisions with thirdwatt data "
                "diff --json and add --observed, or state known.new_token_share")  # fmt: skip
    if "token_count" not in today.ledger.figures:
        return Lacking("the tokens are not known: state workload.tokens")
    new = today.ledger.figures["new_token_share"]
    return new if new.value > 0 else "nothing is new: keep the model there is"


def _missing(gap: Figure) -> str:
    return f"which leaves {gap.value:g} nats per token missing ({gap.low:g} to {gap.high:g}, assumed)"


LEVER = Lever(
    id="warm-start",
    title="retrain from the model there is",
    group="model",
    changes="the tokens of a retraining",
    effort_d=(5, 2, 15),
    risk="medium",
    doubt="the factors are of whole sequences of updates; a start that is merely warm can generalise worse: shrink and "
    "perturb the weights",
    quality=EQUAL_LOSS,
    evidence=(
        Evidence(
            "over a sequence of updates as good as training from scratch each time with 2.5 times less",
            "Garg et al. 2023, TiC-CLIP, arXiv:2310.16226",
            "measured",
        ),
        Evidence(
            "the same for language models of 114 months of crawls with 2.6 times less",
            "Li et al. 2025, TiC-LM, arXiv:2504.02107",
            "measured",
        ),
        Evidence(
            "a warm start generalises worse unless the weights are shrunk and perturbed",
            "Ash and Adams 2020, On Warm-Starting Neural Network Training, arXiv:1910.08475",
            "replicated",
        ),
    ),
    ways=ways,
    excludes=others("warm-start"),
)
