"""Which accelerators of a node a job may use, by the environment in which it was started."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


VARIABLES = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")
"""What leaves a job a part of a node's accelerators."""


def whole(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment that leaves every accelerator of the node visible."""
    return {name: value for name, value in environ.items() if name not in VARIABLES}


def named(environ: Mapping[str, str], variable: str) -> list[str] | None:
    """The entries of a list of devices; ``None`` if the variable is not set, so that all are visible."""
    stated = environ.get(variable)
    return None if stated is None else [entry.strip() for entry in stated.split(",") if entry.strip()]


def indices(entries: Sequence[str], uuids: Sequence[str]) -> list[int]:
    """Places of the devices that a list names by number or by the beginning of a UUID.

    An entry that names nothing ends the list, and what comes after it is not visible: so do CUDA and HIP.
    """
    found: list[int] = []
    for entry in entries:
        if entry.isascii() and entry.isdigit():
            place = int(entry) if int(entry) < len(uuids) else None
        else:
            fits = [each for each, uuid in enumerate(uuids) if uuid.lower().startswith(entry.lower())]
            place = fits[0] if len(fits) == 1 else None
        if place is None:
            break
        if place not in found:
            found.append(place)
    return found


def amd(environ: Mapping[str, str], uuids: Sequence[str]) -> list[int]:
    """Places of the AMD devices a job may use: those that ROCR shows, and of these those that HIP shows."""
    places = list(range(len(uuids)))
    for names in (("ROCR_VISIBLE_DEVICES",), ("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")):
        for variable in names:
            entries = named(environ, variable)
            if entries is not None:
                shown = indices(entries, [uuids[each] for each in places])
                places = [places[each] for each in shown]
                break
    return places


def intel(environ: Mapping[str, str], count: int) -> list[int]:
    """Places of the Intel devices a job may use; a part of one, ``0.1``, stands for the whole."""
    entries = named(environ, "ZE_AFFINITY_MASK")
    if entries is None:
        return list(range(count))
    return indices([entry.partition(".")[0] for entry in entries], [""] * count)
