"""Rows of :mod:`.pack` as batches for training, by which no document sees another one.

Positions restart in each document, and that alone tells ``transformers`` where one ends: given no attention mask it
makes one that keeps documents apart, and FlashAttention is given their lengths. For other models there is a mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

IGNORED = -100
"""A label that loss functions pass over."""


def collate(rows: Sequence[Mapping[str, Any]], *, mask: bool = False) -> dict[str, torch.Tensor]:
    """A batch of rows: ``input_ids``, ``position_ids`` and ``labels``, each of the shape (rows, context).

    Labels are the tokens themselves, for models that compare each with the prediction at the token before; the first
    of a document has none, since that one is of another document.

    Parameters
    ----------
    rows
        With ``input_ids``, ``position_ids`` and ``segment_ids``.
    mask
        Whether to give ``attention_mask`` too: true where a token sees another one, shape (rows, 1, context, context),
        for PyTorch's ``scaled_dot_product_attention``. What adds masks to scores, as the eager attention of
        ``transformers`` does, wants none of truths; there positions are enough.
    """
    import torch

    ids, positions, segments = (
        np.stack([np.asarray(row[name], np.int64) for row in rows])
        for name in ("input_ids", "position_ids", "segment_ids")
    )
    found: dict[str, NDArray[Any]] = {
        "input_ids": ids, "position_ids": positions, "labels": labels(ids, positions, segments),
    }  # fmt: skip
    if mask:
        found["attention_mask"] = attention(segments)
    return {name: torch.from_numpy(each) for name, each in found.items()}


def labels(ids: NDArray[Any], positions: NDArray[Any], segments: NDArray[Any]) -> NDArray[np.int64]:
    """Tokens that are to be predicted, and :data:`IGNORED` for padding and for the first of each document."""
    return np.where((segments > 0) & (positions > 0), ids.astype(np.int64), IGNORED)


def attention(segments: NDArray[Any]) -> NDArray[np.bool_]:
    """Which tokens see which: those of their own document up to themselves.

    Parameters
    ----------
    segments
        Shape (rows, context).

    Returns
    -------
    numpy.ndarray
        Shape (rows, 1, context, context). Padding sees padding, so that no row of it is empty.
    """
    same = segments[:, None, :, None] == segments[:, None, None, :]
    found: NDArray[np.bool_] = same & np.tri(segments.shape[1], dtype=bool)
    return found


def documents(row: Mapping[str, Any]) -> Iterator[NDArray[np.int64]]:
    """The documents of a row, or their pieces, without padding: what batches that are not padded are made of."""
    begin = 0
    for size in row["lengths"]:
        yield np.asarray(row["input_ids"][begin : begin + int(size)], np.int64)
        begin += int(size)
