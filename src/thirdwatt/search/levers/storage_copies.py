"""Erasure coding in place of whole copies: ten blocks and four of parity survive four losses in 1.4 of the bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

CODE, TAKES = "10+4", 1.4


def ways(today: Today) -> Sequence[Way] | str:
    """Code what is copied."""
    if today.choice("media") == "drive":
        return "the data are on the machine's own drive: there is no array to code over"
    if today.known("erasure_data_count"):
        return "the data are erasure coded already"
    present = today.value("storage_copies")
    if present is None:
        return Lacking("what the data are kept in is not known")
    if present <= TAKES:
        return f"the data take {present:.3g} bytes for each of theirs: no more than coding would"
    sets: dict[str, Any] = {"storage.erasure": CODE}
    if today.known("storage_copies"):
        field = "storage.copies" in today.stated
        sets = {"storage.erasure": CODE, "storage.copies": None} if field else {"known.storage_copies": TAKES}
    return [Way(f"code the archive {CODE} in place of {present:.3g} copies", sets)]


LEVER = Lever(
    id="storage-copies",
    title="erasure coding",
    group="lifecycle",
    changes="the bytes on media for each byte of data and checkpoints",
    effort_d=(3, 1, 10),
    risk="low",
    doubt="three copies are taken to be kept unless something is stated; reading what was lost takes ten blocks, so "
    "it is for what is read in large pieces",
    quality=SAME,
    evidence=(
        Evidence(
            "k blocks of data and m of parity take (k + m)/k and survive any m losses",
            "Plank 2013, Erasure Codes for Storage Systems, ;login: 38(6)",
            "reasoned",
        ),
        Evidence(
            "a warm store of photographs and videos cut its copies from 3.6 to 2.8 and 2.1 with codes of 10 and 4",
            "Muralidhar et al. 2014, f4: Facebook's Warm BLOB Storage System, OSDI 2014",
            "second-hand",
        ),
    ),
    ways=ways,
)
