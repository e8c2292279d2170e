"""Successive halving: trials that fall behind are stopped early, in place of training each to its end."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way

UNCOUNTED = "runs before the final one are not counted: --development counts them"
FULL = ("grid", "random")
"""Searches that train every trial to its end."""


def ways(today: Today) -> Sequence[Way] | str:
    """The same trials in rungs."""
    if not today.counts_development:
        return UNCOUNTED
    if unsaid := unstated(today):
        return unsaid
    search = today.choice("search")
    if search not in FULL:
        return f"the search is by {search}: no trial that falls behind is trained to its end"
    full, halved = today.value("full_search_ratio"), today.value("halving_search_ratio")
    if full is not None and halved is not None and halved >= full:
        return "there are too few trials for rungs to save anything"
    return [Way("search by successive halving", {"development.search": "halving"})]


def unstated(today: Today) -> str:
    """Why nothing is known of a search; empty if something is."""
    if today.known("development_multiplier_ratio"):
        return "development is stated as one multiplier: state its parts in [development] in its place"
    search = today.choice("search")
    if not search:
        return "no search is stated: state development.search, development.trials and development.trial_share"
    return "no hyperparameters are searched for" if search == "none" else ""


LEVER = Lever(
    id="halving",
    title="successive halving",
    group="run",
    changes="how hyperparameters are searched for",
    effort_d=(2, 0.5, 5),
    risk="low",
    doubt="a trial that starts slowly and ends well is lost",
    quality=SAME,
    evidence=(
        Evidence(
            "the best of n trials at a rate of eta costs log_eta(n) + 1 of them, and was found 5 to 30 times sooner "
            "than by searches that train every trial",
            "Jamieson and Talwalkar 2016, arXiv:1502.07943; Li et al. 2018, Hyperband, arXiv:1603.06560",
            "replicated",
        ),
    ),
    ways=ways,
)
