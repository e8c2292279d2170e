"""Text kept in columns and compressed: fewer bytes for a token, as long as it is kept."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.facts import table
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

PACKED = (2.2, 1.5, 2.9)
"""Bytes for a token of published corpora as they are distributed, compressed: of 156 billion tokens in 305 GB to 15
trillion in 44 TB; some compress better."""
WORD = "one token"
"""Begins what a token of a model is where its bytes are those of text."""
TEXT = 10.0
"""Bytes for a token of text at most, whatever its script."""


def ways(today: Today) -> Sequence[Way] | str:
    """Compress, where it is larger."""
    if "dataset_byte" in today.ledger.figures:
        if not today.known("dataset_byte"):
            return Lacking("neither the size of the data nor its tokens are known: state workload.tokens")
        return ("the size of the data is stated, not what it is made of: thirdwatt data scan PATH --json tries "
                "formats; state the best as known.dataset_byte")  # fmt: skip
    present = today.figure("byte_per_token")
    if present is None or "token_count" not in today.ledger.figures:
        return Lacking("the tokens are not known: state workload.tokens")
    model = table("models").rows.get(today.choice("model"))
    other = "" if model is None else model.text.get("token", WORD)
    if present.kind == "assumed" and other and not other.startswith(WORD):
        return Lacking(f"a token is {other}, and how many bytes it takes is not known: state known.byte_per_token")
    if present.value > TEXT:
        return f"{present.value:.3g} bytes for a token are no text, and images and sound are compressed already"
    if present.value <= PACKED[2]:
        return f"{present.value:.3g} bytes for a token is what compressed columns take"
    packed = said(*PACKED, "public corpora as distributed", "modelled")
    return [Way(f"keep the text in compressed columns: {present.value:.3g} bytes for a token become {PACKED[0]:g}",
                {"known.byte_per_token": packed})]  # fmt: skip


LEVER = Lever(
    id="storage-format",
    title="compressed columns",
    group="data",
    changes="the bytes that the data take at rest",
    effort_d=(2, 0.5, 5),
    risk="low",
    doubt="today's bytes are what plain text takes unless they are stated or observed; small beside training unless "
    "data are kept for years",
    quality=SAME,
    evidence=(
        Evidence(
            "15 trillion tokens of web text are 44 TB in compressed columns: 2.9 bytes each",
            "Penedo et al. 2024, FineWeb, arXiv:2406.17557 and its data card",
            "measured",
        ),
        Evidence(
            "156 billion tokens of web text are 305 GB compressed: 2 bytes each",
            "Dodge et al. 2021, Documenting Large Webtext Corpora, arXiv:2104.08758, and the data card of C4",
            "measured",
        ),
    ),
    ways=ways,
)
