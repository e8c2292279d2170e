"""What a scan found, through the ledger: each waste is the difference between the run as it is and the run without it.

Both ledgers draw the same streams with the same seed, so a difference is taken draw by draw and its interval is its
own. What a scan is not sure of is a figure with its ends in one of the two and so part of that interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thirdwatt.ledger.change import (
    HELD,
    HIDING,
    SAME,
    WORK,
    Change,
    Three,
    changed,
    difference_of,
    ends,
    figure,
    ledger_after,
    times,
)

if TYPE_CHECKING:
    from thirdwatt.facts import Figure
    from thirdwatt.ledger import Ledger
    from thirdwatt.ledger.samples import Array
    from thirdwatt.scenario import Scenario

SMALL_SHARE = 0.001
"""Share of the run's energy below which a waste is said to be small."""
SAMPLES = 1_000

PRICED = ("accelerator_hours", "wall_time_h", "facility_energy_kwh", "cost_usd", "carbon_kg", "water_l")
"""What a waste is priced in; carbon by location."""
ENERGY = "facility_energy_kwh"

REPEATS = ("exact_duplicates", "near_duplicates")
"""Findings whose tokens are there already: no token is in two of them."""
REMOVED = (*REPEATS, "repeated_lines", "page_chrome", "empty_documents")
"""Findings that are priced as tokens that need not be trained on."""

BATCHING: Mapping[str, tuple[str, ...]] = {
    "pad": ("pad", "context", "longest"),
    "dynamic": ("dynamic",),
    "bucketed": ("bucketed",),
    "packed": ("packed",),
    "concat": ("concatenated",),
}
"""Ways to make batches as somebody says them, and as a scan may call them."""
PACKED = "packed"

UNPRICED = {
    "small_files": "the ledger knows no cost of requests and seeks",
    "overlap": "it spoils what is measured on the second set, and costs no training by itself",
}
LAW = "Muennighoff et al. 2023, arXiv:2305.16264, equation 5"
OVERLAPPING = ("repeated_lines", "page_chrome")
"""Findings that hold tokens of others, and are no part of all at once."""
SHARELESS = ("padding", "tokenised_each_epoch", "storage_format", "small_files")
"""Findings of which a share of tokens says nothing."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """The present run, its ledger, and what a difference to it is drawn with."""

    scenario: Scenario
    ledger: Ledger
    source: str
    samples: int
    seed: int
    notes: list[str] = field(default_factory=list)


def priced(
    scan: Mapping[str, Any],
    source: str | Mapping[str, Any],
    settings: Sequence[str] = (),
    batching: str = "",
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """Prices of all that a scan found.

    Parameters
    ----------
    scan
        Its document, ``thirdwatt/scan/1``; what it lacks is not priced.
    source
        A scenario: a preset's name, a file, or a document.
    settings
        Fields to change: ``workload.epochs=3``.
    batching
        How batches are made now: a word of :data:`BATCHING`, or the id of a strategy of the scan. Without it padding
        has no price, unless the scenario states its ``padding_share``.

    Returns
    -------
    dict
        ``prices``, the largest first, and ``priced_at``: the run they are part of.

    Raises
    ------
    InputError
        If the scenario, a setting or the way to make batches is wrong.
    InsufficientError
        If too little is known to say how much energy the run takes.
    """
    run = _present(scan, _scenario(source, settings), batching, samples, seed)
    rows: list[dict[str, Any]] = []
    changes: list[Change] = []
    for finding in _findings(scan):
        for row, change in _row(run, scan, finding, batching):
            rows.append(row)
            if change is not None and finding["id"] not in OVERLAPPING:
                changes.append(change)
    rows.sort(key=lambda row: -(row[ENERGY] or {"value": -np.inf})["value"])
    return {"prices": rows, "priced_at": _priced_at(run, scan, changes)}


def _scenario(source: str | Mapping[str, Any], settings: Sequence[str]) -> Scenario:
    from thirdwatt.cli.options import settled
    from thirdwatt.ledger.book import book
    from thirdwatt.scenario.parse import parse
    from thirdwatt.scenario.read import changed, read

    name, document = read(source) if isinstance(source, str) else ("scenario", source)
    return settled(parse(changed(document, list(settings)), book().names, name=name))


def _present(scan: Mapping[str, Any], scenario: Scenario, batching: str, samples: int, seed: int) -> Pricing:
    """The run as it is: the scenario, with what the scan tells of its data where the scenario is silent."""
    from thirdwatt.ledger import estimate
    from thirdwatt.ledger.leaves import figures

    source = f"scan {scan.get('id') or scan.get('path') or ''}".strip()
    seen: dict[str, Figure] = {}
    notes: list[str] = []
    tokens = _tokens(scan)
    timed = scenario.given.keys() & {*WORK, *HELD, "trained_token_count"}
    leaves = figures(scenario)
    if tokens and tokens[0] > 0 and "token_count" not in leaves and not timed:
        kind = scan["tokens"].get("kind", "measured") if isinstance(scan["tokens"], Mapping) else "measured"
        seen["token_count"] = figure("token_count", tokens, source, kind=kind)
        notes.append("the scenario states no tokens: those of the scan are taken")
    unique = _complement(_repeated(scan))
    if unique is not None:
        seen["unique_token_share"] = figure("unique_token_share", unique, source)
    share = _padding(scan, batching)
    if share is not None:
        seen["padding_share"] = figure("padding_share", share, source)
    elif batching and scan.get("padding"):
        raise _no_strategy(scan, batching)
    cpu = three((scan.get("tokenise") or {}).get("cpu_s_per_token"))
    if cpu and _finding(scan, "tokenised_each_epoch"):
        seen["tokenise_cpu_s_per_token"] = figure("tokenise_cpu_s_per_token", cpu, source)
        seen["tokenise_pass_count"] = leaves["epochs"]
    stored = _stored(scan)
    if stored and "dataset_byte" in leaves and "token_count" not in seen:
        seen["dataset_byte"] = figure("dataset_byte", (stored[0],) * 3, source)
    elif stored and tokens and tokens[0] > 0:
        per_token = (stored[0] / tokens[0], stored[0] / tokens[2], stored[0] / tokens[1])
        seen["byte_per_token"] = figure("byte_per_token", per_token, source)
    if batching and "padding_share" in scenario.given:
        notes.append("the scenario states its padding_share: that counts, not --batching")
    whole = replace(scenario, given={**seen, **scenario.given})
    return Pricing(whole, estimate(whole, samples=samples, seed=seed), source, samples, seed, notes)


# --- each finding -------------------------------------------------------------------------------------------------


def _row(
    run: Pricing, scan: Mapping[str, Any], finding: Mapping[str, Any], batching: str
) -> Iterator[tuple[dict[str, Any], Change | None]]:
    """The price of a finding, and the change that it is the price of; nothing of one that found nothing."""
    name, share = finding["id"], three(finding.get("tokens_share"))
    by = "tokens"
    if share is None:
        share, by = three(finding.get("bytes_share")), "bytes"
    row: dict[str, Any] = {
        "id": name,
        "what": finding.get("what") or "",
        "how": "",
        "tokens_share": None if name in SHARELESS else _document(share),
        **dict.fromkeys(PRICED),
        "energy_share": None,
        "small": None,
        "faded": None,
        "why": "",
        "fix": finding.get("fix") or "",
    }
    of_rows = finding.get("rows") is not None or share is not None
    if name not in SHARELESS and of_rows and not finding.get("rows") and not (share and share[0]):
        return
    if not finding.get("verified", True):
        from thirdwatt.report.scan_prices import NOT_VERIFIED

        yield {**row, "why": NOT_VERIFIED}, None
    elif name in UNPRICED:
        yield {**row, "why": UNPRICED[name]}, None
    elif name == "padding":
        yield _padding_row(run, scan, row, batching)
    elif name == "tokenised_each_epoch":
        yield _tokenise_row(run, row)
    elif name == "storage_format":
        yield _storage_row(run, scan, row)
    elif name in REMOVED and share is not None:
        yield _removed_row(run, row, share, by)
    else:
        yield {**row, "why": "no quantity of the ledger tells it"}, None


def _removed_row(run: Pricing, row: dict[str, Any], share: Three, by: str) -> tuple[dict[str, Any], Change | None]:
    """Tokens that need not be trained on: the run without them, and what they still taught if they are repeats."""
    change = _without_tokens(run, share)
    after = ledger_after(run.ledger, change)
    why = [] if by == "tokens" else ["by its share of bytes, since tokens were not counted"]
    faded = None
    if row["id"] in REPEATS:
        faded = _faded(run.ledger, after)
        if faded is None:
            why.append("what repeats still taught is not known without tokens")
    return {**row, "how": "tokens removed", **_differences(run.ledger, after), "faded": faded,
            "why": "; ".join(why)}, change  # fmt: skip


def _without_tokens(run: Pricing, share: Three) -> Change:
    kept = _complement(share)
    assert kept is not None  # noqa: S101 - a share that is known has a rest
    given = {}
    if (own := run.scenario.given.get("kept_token_share")) is not None:
        given["kept_token_share"] = times(own, kept)
    else:
        given["kept_token_share"] = figure("kept_token_share", kept, run.source, "given/unique_token_share")
    return Change(given, kept, removed=True)


def _faded(before: Ledger, after: Ledger) -> dict[str, Any] | None:
    """The part of a price that taught nothing new: the price times what repeated tokens are short of new ones."""
    found = [ledger.samples(name) for name in ("trained_token_count", "effective_token_count")
             for ledger in (before, after)]  # fmt: skip
    if any(each is None for each in found):
        return None
    trained, less, effective, less_effective = (np.asarray(each) for each in found)
    repeats = trained - less
    worth = np.where(repeats > 0, (effective - less_effective) / np.where(repeats > 0, repeats, 1.0), 1.0)
    return {"worth_share": ends(worth), "by": LAW, **_differences(before, after, 1 - worth)}


def _padding_row(
    run: Pricing, scan: Mapping[str, Any], row: dict[str, Any], batching: str
) -> tuple[dict[str, Any], Change | None]:
    """The present way to make batches against packing, and what each way would take."""
    strategies = (scan.get("padding") or {}).get("strategies") or []
    packed = _share_of(strategies, BATCHING[PACKED])
    present = run.scenario.given.get("padding_share")
    if packed is None:
        return {**row, "why": "the scan has no packing to compare with"}, None
    best = figure("padding_share", packed, run.source)
    ways = [
        {"id": each["id"], "padding_share": _document(share), ENERGY: _of_strategy(run, share, best)}
        for each in strategies
        if (share := three(each.get("padding_share"))) is not None
    ]
    row = {**row, "by_strategy": ways}
    if present is None:
        words = "|".join(BATCHING)
        return {**row, "why": f"how batches are made is not known: say --batching {words}"}, None
    change = _repadded(present, best)
    said = _named(scan, batching) if present.source == run.source else "as stated"
    return {
        **row,
        "how": f"batches {said}, against packed ones",
        "padding_share": _document((present.value, present.low, present.high)),
        **_differences(run.ledger, ledger_after(run.ledger, change)),
        "why": "padding over all that is processed, for the same tokens learned from",
    }, change


def _of_strategy(run: Pricing, share: Three, best: Figure) -> dict[str, float] | None:
    """Energy of a way to make batches beyond packing, all else as it is.

    What is known of the run is taken to be that of this way, where the present one is not known.
    """
    padded = figure("padding_share", share, run.source)
    now = run.scenario.given.get("padding_share")
    with_it = Change({"padding_share": padded}) if now is None else _repadded(now, padded)
    one, other = (ledger_after(run.ledger, each) for each in (with_it, _repadded(now or padded, best)))
    return _differences(one, other)[ENERGY]  # type: ignore[no-any-return]


def _repadded(present: Figure, other: Figure) -> Change:
    now = (1 - present.value, 1 - present.high, 1 - present.low)
    then = (1 - other.value, 1 - other.high, 1 - other.low)
    work = (now[0] / then[0], now[1] / then[2], now[2] / then[1])
    return Change({"padding_share": other}, work)


def _tokenise_row(run: Pricing, row: dict[str, Any]) -> tuple[dict[str, Any], Change | None]:
    """Tokens made in every epoch against once: time of processor cores."""
    if "tokenise_cpu_s_per_token" not in run.scenario.given:
        return {**row, "why": "the time to make a token was not measured"}, None
    if run.ledger.figures["tokenise_pass_count"].value <= 1:
        return {**row, "why": "one epoch: tokens are made once either way"}, None
    once = figure("tokenise_pass_count", (1.0, 1.0, 1.0), run.source)
    change = Change({"tokenise_pass_count": once}, aside=True)
    found = _beside(run, change)
    if found is None:
        return {**row, "why": "too little is known beside the run's known energy"}, None
    before, after = found
    hours = difference_of(before, after, "tokenise_core_hours")
    if hours is None:
        return {**row, "why": "how many tokens the run makes is not known: state workload.tokens"}, None
    cores = before.of("tokenise_core_count")
    why = ["tokens kept on scratch, which is held anyway"]
    if cores is not None:
        why.append(f"making them while it trains keeps {cores.value:.3g} cores beside each accelerator busy")
    found_row = {**row, "how": "tokens made once", "core_hours": ends(hours), **_differences(before, after)}
    return _unrented(run, found_row, "the cores are in the rent of their hosts", why), change


def _storage_row(run: Pricing, scan: Mapping[str, Any], row: dict[str, Any]) -> tuple[dict[str, Any], Change | None]:
    """The dataset as it is stored against the best that was tried, for as long as it is kept."""
    from thirdwatt.amounts import percent

    stored = _stored(scan)
    if stored is None:
        return {**row, "why": "no other format was tried"}, None
    present, best = stored
    if best >= present:
        return {**row, "why": "nothing that was tried takes less"}, None
    name = "dataset_byte" if "dataset_byte" in run.ledger.figures else "byte_per_token"
    now = run.ledger.figures[name]
    ratio = best / present
    change = Change({name: times(now, (ratio, ratio, ratio))}, aside=True)
    found = _beside(run, change)
    if found is None:
        return {**row, "why": "too little is known beside the run's known energy"}, None
    kept = run.ledger.of("retention_year")
    long = f" and {kept.value:g} year{'' if kept.value == 1 else 's'} after it" if kept else ""
    why = [f"{percent(1 - ratio)} fewer bytes, copies and backup with them, for the run{long}"]
    found_row = {**row, "how": "stored as the best that was tried", **_differences(*found)}
    return _unrented(run, found_row, "storage is not in the rent of accelerators", why), change


def _unrented(run: Pricing, row: dict[str, Any], text: str, why: Sequence[str]) -> dict[str, Any]:
    """A row without money where a rent by the hour does not tell it."""
    said = list(why)
    if run.scenario.choices["tenure"] == "rented":
        row, said = {**row, "cost_usd": None}, [*why, f"{text}: no money is known"]
    return {**row, "why": "; ".join(said)}


# --- the other ledger ---------------------------------------------------------------------------------------------


def _beside(run: Pricing, change: Change) -> tuple[Ledger, Ledger] | None:
    """The ledgers before and after a change that known totals would hide, without these; nothing if that is too little.

    A part that changes by itself moves no total that is stated.
    """
    from thirdwatt.ledger import estimate
    from thirdwatt.scenario import InsufficientError

    hiding = run.scenario.given.keys() & HIDING
    if not hiding:
        return run.ledger, ledger_after(run.ledger, change)
    given = {name: figure for name, figure in run.scenario.given.items() if name not in hiding}
    bare = replace(run.scenario, given=given)
    try:
        before, after = (estimate(each, samples=run.samples, seed=run.seed) for each in (bare, changed(bare, change)))
    except InsufficientError:
        return None
    return (before, after) if ENERGY in before.values else None


def _differences(before: Ledger, after: Ledger, part: Array | float = 1.0) -> dict[str, Any]:
    """What one ledger takes beyond another, draw by draw, or a part of it."""
    found: dict[str, Any] = {}
    for name in PRICED:
        difference = difference_of(before, after, name)
        found[name] = None if difference is None else ends(difference * part)
    energy, whole = difference_of(before, after, ENERGY), before.samples(ENERGY)
    share = None if energy is None or whole is None else ends(energy * part / whole)
    return {**found, "energy_share": share, "small": None if share is None else abs(share["value"]) < SMALL_SHARE}


def _priced_at(run: Pricing, scan: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The run that prices are part of, and all changes at once: they touch one another and do not add up."""
    from thirdwatt.amounts import amount

    ledger = run.ledger
    tokens, seen = ledger.of("token_count"), _tokens(scan)
    notes = list(run.notes)
    if tokens and seen and abs(tokens.value - seen[0]) > 0.01 * tokens.value:
        saw, trains = (amount(each, "1") for each in (seen[0], tokens.value))
        notes.append(f"the scan saw {saw} tokens, the run has {trains}: shares of the one are taken for the other")
    context, length = (scan.get("padding") or {}).get("context"), ledger.of("sequence_length")
    if context and length and context != length.value:
        notes.append(f"padding is that at a context of {context:,} tokens, the run has {length.value:,.0f}")
    held = sorted(run.scenario.given.keys() & {*WORK, *HELD})
    if scan.get("sample"):
        notes.append("a sample was read: copies of what was not read are not among the repeats, so they are the least")
    if held:
        notes.append(f"{', '.join(held)}: known of this run, and taken to be less in proportion to what is processed")
    together = None
    whole = _together(changes, hidden=bool(run.scenario.given.keys() & HIDING))
    if whole is not None:
        together = _differences(ledger, ledger_after(run.ledger, whole))
    return {
        "scenario": run.scenario.title or run.scenario.name,
        "samples": run.samples,
        "seed": run.seed,
        "tokens": ends(tokens),
        "epochs": ends(ledger.of("epochs")),
        "trained_tokens": ends(ledger.of("trained_token_count")),
        "processed_tokens": ends(ledger.of("processed_token_count")),
        "effective_tokens": ends(ledger.of("effective_token_count")),
        **{name: ends(ledger.of(name)) for name in PRICED},
        "together": together,
        "notes": notes,
    }


def _together(changes: Sequence[Change], *, hidden: bool) -> Change | None:
    """All changes as one, if there are several; shares of tokens that are removed add up."""
    used = [each for each in changes if not (hidden and each.aside)]
    if len(used) < 2:
        return None
    removed = [each for each in used if each.removed]
    others = [each for each in used if not each.removed]
    given: dict[str, Figure] = {}
    work: Three = SAME
    if removed:
        figures = [each.given["kept_token_share"] for each in removed]
        kept = tuple(
            max(1 - sum(1 - getattr(figure, end) for figure in figures), 1e-9) for end in ("value", "low", "high")
        )
        own = (kept[0], kept[1], kept[2])
        given["kept_token_share"] = replace(figures[0], value=own[0], low=own[1], high=own[2])
        shares = [tuple(1 - end for end in each.work) for each in removed]
        less = [max(1 - sum(ends), 1e-9) for ends in zip(*shares, strict=True)]
        work = (less[0], less[1], less[2])
    for each in others:
        given |= each.given
        work = (work[0] * each.work[0], work[1] * each.work[1], work[2] * each.work[2])
    return Change(given, work, removed=bool(removed))


# --- what the scan says -------------------------------------------------------------------------------------------


def three(said: Any) -> Three | None:
    """Value, low and high of a figure as a document has it: a table, or a number that is sure.

    Examples
    --------
    >>> three(0.5), three({"value": 0.5, "low": 0.25, "high": 1.0}), three(None)
    ((0.5, 0.5, 0.5), (0.5, 0.25, 1.0), None)
    """
    if said is None or isinstance(said, bool):
        return None
    if isinstance(said, int | float):
        return float(said), float(said), float(said)
    value = said.get("value")
    if value is None:
        return None
    low, high = (value if said.get(end) is None else said[end] for end in ("low", "high"))
    return float(value), float(min(low, value)), float(max(high, value))


def _findings(scan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its findings; padding is one where ways to make batches were compared, whichever is the present one."""
    found = list(scan.get("findings") or ())
    if (scan.get("padding") or {}).get("strategies") and _finding(scan, "padding") is None:
        found.append({"id": "padding", "what": "padding among all tokens that are processed"})
    return found


def _tokens(scan: Mapping[str, Any]) -> Three | None:
    """Tokens of the whole, where only a sample of it was read too."""
    found = three(scan.get("tokens"))
    whole, read = three((scan.get("estimated") or {}).get("bytes")), scan.get("bytes")
    if found is None or whole is None or not read:
        return found
    return found[0] * whole[0] / read, found[1] * whole[1] / read, found[2] * whole[2] / read


def _finding(scan: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((each for each in scan.get("findings") or () if each["id"] == name), None)


def _repeated(scan: Mapping[str, Any]) -> Three | None:
    """Share of tokens that are verified to be there already."""
    found = [
        share
        for name in REPEATS
        if (each := _finding(scan, name)) and each.get("verified", True)
        if (share := three(each.get("tokens_share")) or three(each.get("bytes_share"))) is not None
    ]
    if not found:
        return None
    value, low, high = (sum(ends) for ends in zip(*found, strict=True))
    return value, low, high


def _complement(share: Three | None) -> Three | None:
    """What a share leaves, never nothing: the first of all copies stays."""
    if share is None:
        return None
    value, low, high = (min(max(1 - each, 1e-9), 1.0) for each in (share[0], share[2], share[1]))
    return value, low, high


def _padding(scan: Mapping[str, Any], batching: str) -> Three | None:
    strategies = (scan.get("padding") or {}).get("strategies") or []
    return _share_of(strategies, BATCHING.get(batching, (batching,)))


def _share_of(strategies: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Three | None:
    for name in names:
        for each in strategies:
            if each["id"] == name and (share := three(each.get("padding_share"))) is not None:
                value, low, high = (min(max(end, 0.0), 0.999) for end in share)
                return value, low, high
    return None


def _named(scan: Mapping[str, Any], batching: str) -> str:
    """Id of the strategy that a word means."""
    there = [each["id"] for each in (scan.get("padding") or {}).get("strategies") or []]
    return next((each for each in BATCHING.get(batching, (batching,)) if each in there), batching)


def _no_strategy(scan: Mapping[str, Any], batching: str) -> Exception:
    from thirdwatt.scenario.mistakes import InputError, Mistake

    there = [each["id"] for each in (scan.get("padding") or {}).get("strategies") or []]
    return InputError([Mistake(f"--batching {batching}", "is no way this scan knows", ", ".join([*BATCHING, *there]))])


def _stored(scan: Mapping[str, Any]) -> tuple[float, float] | None:
    """Bytes of the dataset as it is stored, and what they would be by the best trial; nothing without both.

    Trials are of a part of it: their ratio counts.
    """
    storage = scan.get("storage") or {}
    one, other = (
        _bytes(_trial(storage, each)) for each in (storage.get("present"), storage.get("best") or storage.get("better"))
    )
    whole = three(scan.get("stored_bytes"))
    if not one or not other or not whole or whole[0] <= 0:
        return None
    return whole[0], whole[0] * other / one


def _trial(storage: Mapping[str, Any], said: Any) -> Mapping[str, Any] | None:
    """A trial as it stands, or by its id."""
    if not isinstance(said, str):
        return said  # type: ignore[no-any-return]
    return next((each for each in storage.get("trials") or () if said in (each.get("id"), each.get("name"))), None)


def _bytes(trial: Mapping[str, Any] | None) -> float | None:
    for name in ("stored_ratio", "bytes", "stored_byte"):
        if trial and (found := three(trial.get(name))):
            return found[0]
    return None


# --- figures ------------------------------------------------------------------------------------------------------


def _document(share: Three | None) -> dict[str, float] | None:
    return None if share is None else dict(zip(("value", "low", "high"), share, strict=True))


# --- in words -----------------------------------------------------------------------------------------------------


def said(found: Mapping[str, Any]) -> str:
    """Prices for people, at most 100 columns wide."""
    from thirdwatt.report.scan_prices import text

    return text(found)
