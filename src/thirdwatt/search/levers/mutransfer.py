"""Hyperparameters from small models: found where trials are cheap, and carried over by how models are scaled."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.halving import UNCOUNTED, unstated
from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """A search among small models of the same shape in place of one among large ones."""
    if not today.counts_development:
        return UNCOUNTED
    if unsaid := unstated(today):
        return unsaid
    if today.choice("search") == "mutransfer":
        return "hyperparameters are carried over from small models already"
    if today.choice("method") != "pretrain":
        return "weights that are trained already leave no small model to carry hyperparameters from"
    present, transferred = today.value("search_ratio"), today.value("transfer_search_ratio")
    if present is not None and transferred is not None and present <= transferred:
        return f"the search takes {present:.0%} of the final run: small models would take {transferred:.0%}"
    unset = dict.fromkeys(f"development.{each}" for each in ("trials", "trial_share", "halving_rate"))
    return [Way("search on small models and carry over", {**unset, "development.search": "mutransfer"})]


LEVER = Lever(
    id="mutransfer",
    title="hyperparameters from small models",
    group="run",
    changes="on what hyperparameters are searched for",
    effort_d=(10, 3, 20),
    risk="medium",
    doubt="the model must be parametrised for it, and weight decay, batch and length of training do not carry over",
    quality=SAME,
    evidence=(
        Evidence(
            "hyperparameters of a 6.7B model were found with trials of 40 million parameters for 7 % of its training",
            "Yang et al. 2022, Tensor Programs V, arXiv:2203.03466",
            "second-hand",
        ),
    ),
    ways=ways,
)
