"""Scaling laws on a scenario: what each predicts, how far outside its fit that lies, and why one says nothing.

A law is a row of the table ``laws`` and a choice of a scenario, so a prediction by another law is the same scenario
with another row. Never fewer than two are told: they were fitted to much the same runs and still differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure, table
from thirdwatt.ledger.evaluate import Values
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.pricing import OF_LAWS
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sweep import prepared
from thirdwatt.scenario import Scenario

TOLD = ("besiroglu", "hoffmann", "muennighoff")
"""Laws of one form that are told side by side, the default first."""

PARAMETERS = (1e7, 1e12)
TOKENS = (1e8, 1e14)
"""Sizes and amounts of data within which a prediction is made at all: beyond them no law has met a model."""

SIZE, DATA = "active_parameter_count", "trained_token_count"


@dataclass(frozen=True, slots=True)
class Law:
    """A law as a reader meets it.

    Attributes
    ----------
    id, name, label
        Of its row; the label is short.
    parameters, tokens
        Smallest and largest of the runs it was fitted to.
    """

    id: str
    name: str
    label: str
    parameters: tuple[float, float]
    tokens: tuple[float, float]

    def beyond(self, parameters: float, tokens: float) -> str:
        """How far a model lies outside the fit; empty if it lies within."""
        said = [
            f"{what} {value / ends[1] if value > ends[1] else ends[0] / value:.3g} times "
            f"{'above' if value > ends[1] else 'below'} the fit"
            for what, value, ends in (("size", parameters, self.parameters), ("data", tokens, self.tokens))
            if not ends[0] <= value <= ends[1]
        ]
        return " and ".join(said)


def law(name: str) -> Law:
    """A law by the id of its row."""
    row = table("laws").rows[name]
    ranges = [_ends(row.figures[f"fitted_{what}_count"]) for what in ("parameter", "token")]
    return Law(name, row.name, row.text["label"], ranges[0], ranges[1])


def _ends(figure: Figure) -> tuple[float, float]:
    return figure.low, figure.high


def laws(scenario: Scenario) -> tuple[Law, ...]:
    """The laws that are told of a scenario: its own first."""
    chosen = scenario.choices["law"]
    return tuple(map(law, dict.fromkeys((chosen, *TOLD))))


def refusal(scenario: Scenario) -> str:
    """Why no law says anything of a scenario; empty if they do."""
    leaves = figures(scenario)
    if scenario.choices["method"] != "pretrain" or scenario.choices["adapter"] != "none":
        return "scaling laws are of pre-training, and this is fine-tuning"
    if _number(leaves, "expert_count") > 0:
        return "the laws were fitted to dense models, and this one routes tokens to experts"
    if _number(leaves, "causal_factor", 1.0) < 1:
        return "the laws are of models that predict the next token, and this one does not"
    if "forward_flop_per_token" in leaves or ("training_flop" in leaves and not leaves.keys() & {"token_count"}):
        return "the work is stated and not what it is of: state workload.parameters and workload.tokens"
    found = prepared(scenario, (), (SIZE, DATA)).once()
    if SIZE not in found:
        return "the size of the model is not known: state workload.parameters or workload.model"
    if DATA not in found or leaves.get("token_count", _ASSUMED).kind == "assumed":
        return "the tokens are not known: state workload.tokens"
    return outside(float(found[SIZE]), float(found[DATA]))


_ASSUMED = Figure(0, 0, 0, "assumed", "", "")


def outside(parameters: float, tokens: float) -> str:
    """Why a size and an amount of data are outside of what any law has met; empty if they are not."""
    for what, value, (low, high) in (("parameters", parameters, PARAMETERS), ("tokens", tokens, TOKENS)):
        if not low <= value <= high:
            return f"{value:.3g} {what} are outside what a scaling law can tell: {low:g} to {high:g}"
    return ""


def _number(leaves: Mapping[str, Figure], name: str, otherwise: float = 0.0) -> float:
    return leaves[name].value if name in leaves else otherwise


def predicted(
    scenario: Scenario,
    name: str,
    over: Mapping[str, Sequence[float] | Array] | None = None,
    targets: Sequence[str] = OF_LAWS,
) -> Values:
    """What a law says of a scenario and of variants of it.

    Tokens that are known to be trained on follow the data and the passes that vary, unless they vary themselves.

    Parameters
    ----------
    name
        Id of the law.
    over
        Quantities that vary, each of shape (V,); without any the scenario alone is one variant.
    targets
        Quantities of the chapter that are wanted.

    Returns
    -------
    dict
        Shape (V,) by target; a target that this law does not tell is left out.
    """
    by = replace(scenario, choices={**scenario.choices, "law": name})
    if not over:
        return {target: np.atleast_1d(value) for target, value in prepared(by, (), targets).once().items()}
    varied: dict[str, NDArray[np.generic]] = {
        each: np.asarray(values, dtype=np.float64) for each, values in {**_trained(by, over), **over}.items()
    }
    return prepared(by, varied, targets).of(varied)


def _trained(scenario: Scenario, over: Mapping[str, Sequence[float] | Array]) -> dict[str, Array]:
    """Tokens trained on where their number is known and what makes it up varies: in proportion."""
    known = scenario.given.get(DATA)
    leaves = figures(scenario)
    made_of = [name for name in ("token_count", "epochs") if name in over and name in leaves]
    if known is None or not made_of:
        return {}
    ratios = [np.asarray(over[name], dtype=np.float64) / leaves[name].value for name in made_of]
    return {DATA: np.asarray(known.value * np.prod(np.broadcast_arrays(*ratios), axis=0))}
