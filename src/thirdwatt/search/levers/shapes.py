"""Shapes of models, as levers change them: one of another size, one with experts, one of the same family.

A shape is layers, widths and heads by quantity; what it sets are the fields of ``workload.transformer``. Parameters are
counted by the book, never here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from thirdwatt.facts import Row, table
from thirdwatt.ledger.laws import SIZE
from thirdwatt.ledger.sweep import prepared
from thirdwatt.search.levers.lever import Today

Shape = Mapping[str, float]

PATHS: Mapping[str, str] = {
    "layer_count": "workload.transformer.layers",
    "hidden_width": "workload.transformer.hidden",
    "head_count": "workload.transformer.heads",
    "kv_head_count": "workload.transformer.kv_heads",
    "head_width": "workload.transformer.head_dim",
    "ffn_width": "workload.transformer.ffn",
}
"""Fields that make a shape, by the quantity that each states."""

_TRAININGS = frozenset(
    {"compute-optimal", "experts", "pruning", "distillation", "upcycling", "early-stopping", "warm-start",
     "continue-training"}
)  # fmt: skip
"""Levers that say what is trained, from where and to where: one of them at a time."""

MULTIPLE = 128
"""Widths are multiples of it, as tiles of tensor cores like them."""
MANY = 16
"""Heads from which on their number is kept a multiple of 8, and layers from which on theirs is kept even."""
SPREAD = (0.65, 1.5)
"""Layers that are tried, to those of a model of the same proportions."""

_SIZE = re.compile(r"-(\d+x)?\d+(\.\d+)?[bm](-a\d+(\.\d+)?b)?$")
"""The size at the end of a model's id."""


def shape(today: Today) -> Shape | None:
    """Layers, widths and heads of the model; ``None`` where they are not known, or attention is latent."""
    found = {name: _number(today, name) for name in PATHS}
    layers, hidden, heads, ffn = (found[name] for name in ("layer_count", "hidden_width", "head_count", "ffn_width"))
    if not (layers and hidden and heads and ffn) or _number(today, "kv_rank"):
        return None
    found["kv_head_count"] = found["kv_head_count"] or heads
    found["head_width"] = found["head_width"] or hidden / heads
    return {name: value for name, value in found.items() if value}


def _number(today: Today, name: str) -> float | None:
    figure = today.figure(name)
    return None if figure is None else figure.value


def size(today: Today) -> float | None:
    """Parameters that a token of the model uses."""
    found = prepared(today.ledger.scenario, (), (SIZE,)).once()
    return float(found[SIZE]) if SIZE in found else None


def sizes(today: Today, shapes: list[Shape]) -> list[float]:
    """Parameters that a token uses in models of other shapes, all else as it is."""
    over = {name: np.array([each[name] for each in shapes]) for name in shapes[0]}
    return [float(each) for each in prepared(today.ledger.scenario, over, (SIZE,)).of(over)[SIZE]]


def resized(today: Today, ratio: float) -> Shape | None:
    """A shape of so many times the parameters with much the same proportions: whole heads, widths of whole tiles.

    Layers, heads and widths follow the cube root of the ratio; of the shapes near that it is the one whose parameters
    come nearest to what is wanted, and of equals the one whose proportions do.
    """
    now, parameters = shape(today), size(today)
    if now is None or parameters is None:
        return None
    tried = list(_near(now, ratio ** (1 / 3), _whole_layers(today, now)))
    wanted = parameters * ratio
    slim = now["layer_count"] / now["hidden_width"]

    def off(place: int) -> float:
        proportion = tried[place]["layer_count"] / tried[place]["hidden_width"] / slim
        return float(abs(np.log(counted[place] / wanted)) + 0.1 * abs(np.log(proportion)))

    counted = sizes(today, tried)
    return tried[min(range(len(tried)), key=off)]


def _whole_layers(today: Today, now: Shape) -> int:
    """What layers are multiples of: the stages of a stated pipeline, lest some hold less than others."""
    stages = _number(today, "pipeline_count")
    return int(stages) if stages and stages > 1 else 2 if now["layer_count"] >= MANY else 1


def _near(now: Shape, scale: float, whole: int) -> Iterator[Shape]:
    """Shapes of about so many times the width and the depth."""
    step = 8 if now["head_count"] >= MANY else 1
    heads = now["head_count"] * scale
    layers = now["layer_count"] * scale
    many = {max(step, round(heads / step + side) * step) for side in (-0.5, 0.5)}
    deep = range(max(1, round(layers * SPREAD[0] / whole)), max(1, round(layers * SPREAD[1] / whole)) + 1)
    for count, depth in product(sorted(many), deep):
        hidden = tiled(now["hidden_width"] * count / now["head_count"])
        yield {
            "layer_count": depth * whole,
            "hidden_width": hidden,
            "head_count": count,
            "kv_head_count": _sharing(count, now["kv_head_count"] * count / now["head_count"]),
            "head_width": now["head_width"],
            "ffn_width": tiled(now["ffn_width"] * hidden / now["hidden_width"]),
        }


def tiled(width: float) -> int:
    """A width of whole tiles."""
    return max(MULTIPLE, round(width / MULTIPLE) * MULTIPLE)


def _sharing(heads: int, wanted: float) -> int:
    """Key and value heads nearest to what is wanted of which each serves as many heads."""
    return min((each for each in range(1, heads + 1) if heads % each == 0), key=lambda each: abs(each - wanted))


def settings(wanted: Shape) -> dict[str, int | float]:
    """What a shape sets in a scenario."""
    return {PATHS[name]: int(value) if float(value).is_integer() else value for name, value in wanted.items()}


def others(own: str) -> frozenset[str]:
    """Levers that a training of another kind excludes."""
    return _TRAININGS - {own}


def scratch(today: Today, what: str) -> str:
    """Why a lever that trains a model otherwise from the start has nothing to change; empty if it has."""
    if today.choice("method") != "pretrain" or today.choice("adapter") != "none":
        return f"{what} is for pre-training, and this is fine-tuning"
    return ""


def dense(today: Today) -> bool:
    """Whether the model has no experts."""
    return not _number(today, "expert_count")


# --- families -----------------------------------------------------------------------------------------------------


def family(model: str) -> str:
    """A model's id without its size; empty where it has none."""
    return _SIZE.sub("", model) if _SIZE.search(model) else ""


def relatives(today: Today) -> list[tuple[float, Row]]:
    """Dense published models of the family of today's, with their parameters, the smallest first."""
    name = family(today.choice("model"))
    found = [(_published(row), row) for row in table("models")
             if name and family(row.id) == name and "expert_count" not in row.figures]  # fmt: skip
    return sorted((each for each in found if each[0] and "layer_count" in each[1].figures), key=lambda each: each[0])


def _published(row: Row) -> float:
    names = ("published_parameter_count", "parameter_count")
    return next((row.figures[name].value for name in names if name in row.figures), 0.0)


def of_row(row: Row) -> Shape:
    """The shape of a published model."""
    found = {name: row.figures[name].value for name in PATHS if name in row.figures}
    found.setdefault("kv_head_count", found["head_count"])
    found.setdefault("head_width", found["hidden_width"] / found["head_count"])
    return found


def count(value: float) -> str:
    """A number of parameters or tokens in words: 41.2 billion."""
    for factor, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if value >= factor:
            return f"{value / factor:.3g}{name}"
    return f"{value:,.0f}"
