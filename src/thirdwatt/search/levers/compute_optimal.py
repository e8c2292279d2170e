"""Another size at equal predicted loss: what was trained too large for its data learns as much smaller, on more.

The size is a shape of whole heads and tiles near what the law calls cheapest, or half way there; its tokens are those
at which the law predicts exactly today's loss for the parameters that this shape really has. Each law that is told says
so for itself, from its own prediction of today's loss, and their spread is the range of the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from thirdwatt.ledger import laws as of_laws
from thirdwatt.ledger.laws import DATA, SIZE
from thirdwatt.scenario import Scenario
from thirdwatt.search.levers.lever import EQUAL_LOSS, Evidence, Lever, Today, Way
from thirdwatt.search.levers.shapes import count, others, resized, settings, sizes
from thirdwatt.search.sizes import LOSS, SERVED_SIZE, SMALL

LEAST = 0.03
"""Share of the work that a size must save to be worth a new one."""
STEPS = (1.0, 0.5)
"""How far towards the cheapest size, on a scale of logarithms."""
REACH = 1e3
"""How many times fewer or more tokens are looked at."""
POINTS, ROUNDS = 65, 4
"""Amounts of tokens that are tried at once, and how often ever closer: to a millionth."""


def ways(today: Today) -> Sequence[Way] | str:
    """The cheapest size and one half way there."""
    scenario = today.ledger.scenario
    if refused := of_laws.refusal(scenario):
        return refused
    name = scenario.choices["law"]
    said = {key: float(value[0]) for key, value in
            of_laws.predicted(scenario, name, None, (SIZE, DATA, SMALL, SERVED_SIZE)).items()}  # fmt: skip
    if SMALL not in said:
        return f"the law {name} tells no cheapest size: name another as workload.law"
    served = today.figure("served_token_count")
    serves = served is not None and served.value > 0
    best = said[SERVED_SIZE if serves else SMALL] / said[SIZE]
    if best > 1 and not today.known("served_token_count"):
        return (
            f"the cheapest training of this loss is of a larger model ({count(best * said[SIZE])} parameters), which "
            "takes more to serve: state known.served_token_count to have that counted, 0 if nothing is served"
        )
    found = [way for power in STEPS if (way := _way(today, best**power, said[SIZE], said[DATA])) is not None]
    return found or f"no size that laws agree can reach this loss saves {LEAST:.0%} of the work"


def _way(today: Today, ratio: float, parameters: float, trained: float) -> Way | None:
    """A size near a ratio to today's; ``None`` where it saves too little, or not all laws say that it can do."""
    scenario = today.ledger.scenario
    given = "layer_count" not in today.ledger.figures
    shape = {SIZE: parameters * ratio} if given else resized(today, ratio)
    if shape is None:
        return None
    size = parameters * ratio if given else sizes(today, [shape])[0]
    found = [equal_loss(scenario, law.id, shape) for law in of_laws.laws(scenario)]
    tokens = [each for each in found if each is not None]
    if len(tokens) < len(found) or size / parameters * tokens[0] > 1 - LEAST:
        return None
    own, least, most = tokens[0], min(tokens), max(tokens)
    if of_laws.outside(size, trained * most) or of_laws.outside(size, trained * least):
        return None
    sets: dict[str, float | None] = {}
    if given:
        whole = today.figure("parameter_count")
        sets["workload.parameters"] = ratio * (parameters if whole is None else whole.value)
        if SIZE in today.ledger.figures:
            sets["workload.active_parameters"] = size
    else:
        sets |= settings(shape)
        if today.known("parameter_count"):
            sets["workload.parameters"] = None
    words = (f"train {count(size)} parameters on {count(trained * own)} tokens (laws say {count(trained * least)} to "
             f"{count(trained * most)}; today {count(parameters)} on {count(trained)})")  # fmt: skip
    return Way(words, sets, {"token_count": (own, least, most)}, id=f"{size / 1e9:.3g}b")


def equal_loss(scenario: Scenario, law: str, shape: Mapping[str, float]) -> float | None:
    """Tokens at which a law predicts today's loss for another shape, to today's; ``None`` where no amount does."""
    before = of_laws.predicted(scenario, law, None, (LOSS, "token_count"))
    if LOSS not in before:
        return None
    loss, tokens = float(before[LOSS][0]), float(before["token_count"][0])
    low, high = tokens / REACH, tokens * REACH
    wide = {name: np.full(POINTS, value) for name, value in shape.items()}
    for _ in range(ROUNDS):
        tried = np.geomspace(low, high, POINTS)
        predicted = of_laws.predicted(scenario, law, {**wide, "token_count": tried}, (LOSS,))[LOSS]
        place = int(np.argmax(predicted <= loss))
        if predicted[place] > loss or place == 0:
            return None
        low, high = float(tried[place - 1]), float(tried[place])
    return high / tokens


LEVER = Lever(
    id="compute-optimal",
    title="another size at equal predicted loss",
    group="model",
    changes="layers, widths and heads, and the tokens with which the law predicts the same loss",
    effort_d=(10, 4, 40),
    risk="medium",
    doubt="laws extrapolate and are of loss, not of tasks; a smaller model asks for that many new tokens, which have "
    "to exist, and what is tuned for the present size is to be tuned anew",
    quality=EQUAL_LOSS,
    evidence=(
        Evidence(
            "a model of 70 billion parameters on 1.4 trillion tokens was better than one of 280 billion on 300 billion "
            "with the same work",
            "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556",
            "measured",
        ),
        Evidence(
            "the same runs fitted again give other constants: at GPT-3's loss 0.61 of its work instead of 0.34",
            "Besiroglu et al. 2024, Chinchilla Scaling: A Replication Attempt, arXiv:2404.10102",
            "replicated",
        ),
        Evidence(
            "with serving counted the cheapest model is smaller and trained for longer",
            "Sardana et al. 2023, Beyond Chinchilla-Optimal, arXiv:2401.00448",
            "reasoned",
        ),
    ),
    ways=ways,
    excludes=others("compute-optimal"),
)
