"""Models of the table, by a name of the hub or by their sizes."""

from __future__ import annotations

from collections.abc import Mapping

from thirdwatt.facts import Row, table
from thirdwatt.scenario.foreign.draft import BLOCK, Draft

_ENDINGS = (
    "-hf",
    "-instruct",
    "-it",
    "-base",
    "-chat",
    "-pt",
    "-v0.1",
    "-v0.2",
    "-v0.3",
    "-v1.0",
    "-bnb-4bit",
    "-2507",
    "-fp16",
)


def model_named(name: str) -> Row | None:
    """Model of the table that a hub name means: ``meta-llama/Llama-3.1-8B-Instruct`` is ``llama-3.1-8b``."""
    short = name.rstrip("/").rpartition("/")[2].lower().replace("meta-llama", "llama").replace("_", "-")
    while True:
        row = table("models").find(short)
        ending = next((each for each in _ENDINGS if short.endswith(each)), None)
        if row is not None or ending is None:
            return row
        short = short.removesuffix(ending)


_ARCHITECTURE = {
    "layers": "layer_count", "hidden": "hidden_width", "heads": "head_count", "kv_heads": "kv_head_count",
    "ffn": "ffn_width", "vocab": "vocabulary_count", "experts": "expert_count", "expert_ffn": "expert_ffn_width",
}  # fmt: skip


def known_model(found: Draft) -> Row | None:
    """Model of the table with the same sizes."""
    sizes = {quantity: found.value(f"{BLOCK}.{field}") for field, quantity in _ARCHITECTURE.items()}
    if not sizes["layer_count"]:
        return None
    for row in table("models"):
        figures = row.figures
        if "layer_count" in figures and all(
            (figures[quantity].value if quantity in figures else None) in _same(size, quantity, sizes)
            for quantity, size in sizes.items()
        ):
            return row
    return None


def _same(size: float | None, quantity: str, sizes: Mapping[str, float | None]) -> tuple[float | None, ...]:
    """What a row may say of a size: the same, or nothing where that means the same."""
    if size is None:
        return (None, sizes["head_count"]) if quantity == "kv_head_count" else (None, 0)
    return (size, None) if quantity in ("ffn_width",) and sizes["expert_count"] else (size,)
