"""Colder media for what is rarely read: disks for flash, tape for the copy in a second place."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way, said

TAPE_W_PER_TB = (0.03, 0.01, 0.1)
"""A library of 8 drives at rest and its frames, some 300 W, and as much again for the server, over 6 to 60 PB."""


def ways(today: Today) -> Sequence[Way] | str:
    """The archive on disks, or the backup on tape."""
    media = today.choice("media")
    if media == "drive":
        return "the data are on the machine's own drive"
    found = []
    if media == "ssd" and not today.known("archive_w_per_tb"):
        found.append(Way("move the archive from flash to disks", {"storage.media": "hdd"}, id="disks"))
    copies, watts = today.figure("backup_copies"), today.figure("backup_w_per_tb")
    if copies is not None and copies.value > 0 and watts is not None and watts.value > TAPE_W_PER_TB[2]:
        tape = said(*TAPE_W_PER_TB, "a half filled library of LTO-9: IBM TS4500, power of frames and drives")
        found.append(Way("move the backup to tape", {"known.backup_w_per_tb": tape}, id="tape"))
    return found or "the archive is on disks and the backup draws no more than tape would"


LEVER = Lever(
    id="storage-tier",
    title="colder storage",
    group="lifecycle",
    changes="what archive or backup draw for a terabyte",
    effort_d=(3, 1, 15),
    risk="low",
    doubt="disks read slower than flash, and tape takes minutes to the first byte; tape pays from petabytes on, "
    "rented as an archive tier below; its price and embodied carbon are left as they are",
    quality=SAME,
    evidence=(
        Evidence(
            "a drive draws 18 W at rest and 37 W at work, a frame 95 to 130 W; a cartridge of 18 TB in its slot "
            "nothing",
            "IBM, TS4500 tape library, power consumption and cooling requirements",
            "claimed",
        ),
        Evidence(
            "disks draw 0.65 W for a terabyte, flash 1.2 W",
            "Cloud Carbon Footprint, methodology",
            "claimed",
        ),
    ),
    ways=ways,
)
