"""What is on offer: the ways in which levers can be taken today, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thirdwatt.ledger.change import Three
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.search.layout.axes import AXES
from thirdwatt.search.levers import levers
from thirdwatt.search.levers.lever import AUTO, GROUPS, QUALITY, UNKNOWN, Lacking, Lever, Today, Way

NOT_NOW, OFF, FORBIDDEN, USELESS = "does not apply", "off unless allowed", "forbidden", "saves nothing here"
"""Why a lever is in no path."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A lever that can be taken today."""

    lever: Lever
    ways: tuple[Way, ...]

    def effort_d(self, number: int) -> Three:
        """Days of work of one of its ways."""
        return self.ways[number].effort_d or self.lever.effort_d


@dataclass(frozen=True, slots=True)
class Refused:
    """A lever that is in no path, and why.

    Attributes
    ----------
    how
        One of the four words above.
    lacking
        Whether it is for want of something that is not known: it cannot be priced until that is.
    """

    lever: Lever
    how: str
    why: str
    lacking: bool = False


def offered(
    today: Today, allow: Iterable[str] = (), forbid: Iterable[str] = ()
) -> tuple[tuple[Offered, ...], tuple[Refused, ...]]:
    """Levers that can be taken, and the others.

    Parameters
    ----------
    allow
        Ids or groups of levers that are on although what they do to quality is not known.
    forbid
        Ids or groups of levers that are off.

    Raises
    ------
    InputError
        If there is no lever or group of a name.
    """
    allowed, forbidden = _named("--allow", allow), _named("--forbid", forbid)
    found: list[Offered] = []
    refused: list[Refused] = []
    for lever in levers():
        if lever.id in forbidden:
            refused.append(Refused(lever, FORBIDDEN, "it is forbidden"))
            continue
        ways = lever.ways(today)
        if isinstance(ways, str):
            refused.append(Refused(lever, NOT_NOW, str(ways), isinstance(ways, Lacking)))
        elif lever.quality == UNKNOWN and lever.id not in allowed:
            refused.append(Refused(lever, OFF, f"{QUALITY[UNKNOWN]}: --allow {lever.id}"))
        elif ways:
            found.append(Offered(lever, tuple(ways)))
        else:
            refused.append(Refused(lever, NOT_NOW, "there is no way to take it"))
    return tuple(found), tuple(refused)


def _named(option: str, names: Iterable[str]) -> frozenset[str]:
    """Ids of the levers that names stand for: a group stands for all of its."""
    by_group = {group: [each.id for each in levers() if each.group == group] for group in GROUPS}
    ids = [each.id for each in levers()]
    wanted: set[str] = set()
    mistakes = []
    for name in names:
        if name in by_group:
            wanted |= set(by_group[name])
        elif name in ids:
            wanted.add(name)
        else:
            mistakes.append(Mistake(option, f"there is no lever {name!r}", nearest(name, (*ids, *GROUPS))))
    if mistakes:
        raise InputError(mistakes)
    return frozenset(wanted)


def incompatible(one: Offered, way: int, other: Offered, also: int) -> bool:
    """Whether two ways of different levers cannot be taken together: they name each other, or set a field otherwise."""
    if other.lever.id in one.lever.excludes or one.lever.id in other.lever.excludes:
        return True
    mine, its = one.ways[way].sets, other.ways[also].sets
    return any(_clashing(path, value, its) for path, value in mine.items()) or any(
        _clashing(path, value, mine) for path, value in its.items()
    )


def _clashing(path: str, value: object, others: Mapping[str, object]) -> bool:
    """Whether some settings say something else of a path; a layout that is searched says it of all that is searched."""
    if path in AXES and others.get("layout") == AUTO:
        return True
    return path in others and others[path] != value


def together(chosen: Sequence[tuple[Offered, int]]) -> bool:
    """Whether all ways can be taken together, and each that needs another has it."""
    ids = {each.lever.id for each, _ in chosen}
    return all(each.lever.needs <= ids for each, _ in chosen) and not any(
        incompatible(one, way, other, also)
        for number, (one, way) in enumerate(chosen)
        for other, also in chosen[number + 1 :]
    )
