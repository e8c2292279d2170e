"""The outlook in words and rows: fans everywhere, no year as one number without its percentiles."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping

from thirdwatt.amounts import amount, percent, plain, scale
from thirdwatt.facts import Figure, sources, table
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.answer import REFUSED, Company, Era, Foreseen, Outlook
from thirdwatt.outlook.assumptions import FRONTIER
from thirdwatt.outlook.paths import BY, CAPS, DEMAND, GROWTH, GROWTH_SHARE, LOW_CARBON, PERCENTILES
from thirdwatt.outlook.runs import COMPUTE
from thirdwatt.outlook.site import GENERATION, Site
from thirdwatt.outlook.third import AI, RUN_ENERGY, Banked
from thirdwatt.quantity import unit
from thirdwatt.report.retraining import columns
from thirdwatt.validation.outlook_scores import CUTS, LATE_CUT, late_score, missed, pooled

MONTHS_OF = "months of "
MOST_YEARS = 4
"""Columns of a table of fans, its title among them."""

LOW, MIDDLE, HIGH = (PERCENTILES.index(percentile) for percentile in (10, 50, 90))
W_PER_KW = 1_000.0

FRONTIER_ROWS = (
    ("frontier_flop", "compute, FLOP"), ("frontier_power_kw", "power"), ("frontier_energy_kwh", "energy"),
    ("frontier_run_h", "lasts"), ("frontier_cost_usd", "cost, billion USD"), ("frontier_carbon_kg", "CO2e, US grid"),
    ("achieved_flop_per_j", "FLOP/J"),
)  # fmt: skip
POWERS_OF_TEN = ("frontier_flop", "achieved_flop_per_j")
DEMAND_ROWS = (
    (DEMAND, "data centres"), ("data_centre_generation_share", "  of generation"),
    ("data_centre_it_kw", "  installed IT"), ("ai_kwh_per_year", "AI"), ("ai_generation_share", "  of generation"),
    ("ai_training_kwh_per_year", "  training"), ("ai_inference_kwh_per_year", "  inference"),
    ("ai_carbon_kg_per_year", "  CO2e"), (GROWTH, "more than before"), (LOW_CARBON, "low-carbon added"),
    (GROWTH_SHARE, "  data-centre growth"),
)  # fmt: skip
ASIDE = frozenset([
    "achieved_flop_per_j", "ai_training_kwh_per_year", "ai_inference_kwh_per_year", "data_centre_it_kw",
    "generation_kwh_per_year", "ai_generation_share", GROWTH,
])  # fmt: skip
"""Rows that a screen has no room for; pages, CSV and JSON have them."""

USED_UP_BY = {RUN_ENERGY: "a run's energy on its trend", AI: "AI's electricity"}
"""What a gain races against, as a sentence says it."""

FEW_RUNS = 3
"""Own runs that are called by their names."""

MOVED = 0.05
"""Share of paths by which a limit has to gain or lose to be told of on a screen."""

STOOD = 1.1
"""Up to which growth of all years of an era together is none to speak of."""

PLACES = {"world": "the world", "us": "the United States", "eu": "Europe", "china": "China", FRONTIER: "frontier runs"}


# --- small words --------------------------------------------------------------------------------------------------


def cell(name: str, fan: Array) -> str:
    """Median and the interval of 80 %, in one unit."""
    low, middle, high = (float(fan[at]) for at in (LOW, MIDDLE, HIGH))
    if name.endswith("_share"):
        return f"{plain(100 * middle, 2)} % ({plain(100 * low, 2)} to {plain(100 * high, 2)})"
    if name in POWERS_OF_TEN:
        return f"{_power(middle)} ({_power(low)} to {_power(high)})"
    times, symbol = _unit(name)
    factor, word = (1e9, "") if symbol == "USD" else scale([middle * times], symbol)
    if not high:
        return "none"
    least, most = (plain(each * times / factor, 2) for each in (low, high))
    return f"{plain(middle * times / factor, 2)} {word}".rstrip() + f" ({least} to {most})"


def _power(value: float) -> str:
    return f"{value:.1e}".replace("e+", "e")


def _in_months(value: float, digits: int = 3) -> str:
    return plain(value, digits) if math.isfinite(value) else "never"


def _unit(name: str) -> tuple[float, str]:
    """Factor to the unit in which a quantity is read, and that unit; what flows in a year is read as an amount."""
    symbol = unit(name).removesuffix("/year")
    return (W_PER_KW, "W") if symbol == "kW" else (1.0, symbol)


def shown_years(found: Outlook) -> tuple[int, ...]:
    """Few years that stand for all: the first, one in the middle, the last."""
    first, last = found.years[0], found.years[-1]
    return tuple(dict.fromkeys((first, 2030 if first < 2030 < last else (first + last) // 2, last)))


def key_year(found: Outlook) -> int:
    """The year that is told of first."""
    return 2030 if 2030 in found.years else found.years[-1]


def lead(found: Outlook) -> Iterator[str]:
    """What is to be known first, in sentences."""
    year = key_year(found)
    bound = found.binding[found.years.index(year)]
    caps = sorted((name for name in CAPS[1:] if bound[name] >= 0.005), key=lambda name: -bound[name])
    most = ", ".join(f"{name} {percent(bound[name])}" for name in caps)
    yield (
        f"A frontier run of {year}, typical of the largest few and no record: "
        f"{cell('frontier_energy_kwh', found.at('frontier_energy_kwh', year))}, "
        f"{cell('frontier_power_kw', found.at('frontier_power_kw', year))}. What limits it: nothing yet on "
        f"{percent(bound[CAPS[0]])} of paths; {most or 'no cap'}."
    )
    if DEMAND in found.fans:
        share = found.at("data_centre_generation_share", year)
        yield (
            f"Data centres of {PLACES[found.assumed.scope]} in {year}: {cell(DEMAND, found.at(DEMAND, year))}, "
            f"{cell('data_centre_generation_share', share)} of generation; AI: "
            f"{cell('ai_kwh_per_year', found.at('ai_kwh_per_year', year))}.{_supply(found)}"
        )
    if said := of_europe(found):
        yield said
    yield from third_says(found)


def _supply(found: Outlook) -> str:
    share = found.supply_bound[-1]
    return "" if share < 0.005 else f" What is generated limits them on {percent(share)} of paths by {found.years[-1]}."


def third_says(found: Outlook) -> Iterator[str]:
    """What the gain buys, in sentences."""
    third = found.third
    rebound = third.rebound or 0.0
    (own,) = (each for each in third.banked if each.rebound == rebound)
    gain = f"{plain(third.gain.factor)} times the work of a joule from {third.gain.when} by {third.gain.by}"
    if rebound == 1:
        yield f"{gain} saves nothing at a rebound of 100 %: all of it is spent on more."
        return
    after = f", at a rebound of {percent(rebound)}" if rebound else ""
    used = "; ".join(_used_up(what, own.months[name]) for name, what in USED_UP_BY.items() if name in own.months)
    yield f"{gain}{after}: {used}.{_saved(own, third.until, told_of_all=rebound == 0)}"


def _used_up(what: str, months: Array) -> str:
    low, middle, high = (float(months[at]) for at in (LOW, MIDDLE, HIGH))
    if not math.isfinite(middle):
        return f"{what} never outgrows it on half of the paths or more"
    return f"{what} outgrows it in {_in_months(middle, 2)} months ({_in_months(low, 2)} to {_in_months(high, 2)})"


def _saved(own: Banked, until: int, *, told_of_all: bool) -> str:
    if own.energy_kwh is None or own.carbon_kg is None:
        return ""
    rest = ", or nothing if all of it is spent on more" if told_of_all else ""
    return f" AI saves {cell('kwh', own.energy_kwh)} until {until}, {cell('kg', own.carbon_kg)} CO2e{rest}."


def of_europe(found: Outlook) -> str:
    """Where data centres and generation are of different areas, that they are; empty elsewhere."""
    if found.assumed.scope != "eu" or "base_data_centre_kwh_per_year" in found.assumed.stated:
        return ""
    return (
        "Data centres are those of Europe; generation, its carbon and what is added are those of the European Union, "
        "so that parts of them come out too large. Accounts of the Union alone differ: a file or --set may state one."
    )


def unread_says(found: Outlook) -> Iterator[str]:
    """What a file states in vain."""
    if found.unread:
        by = f"scope {found.assumed.scope} and a gain by {found.third.gain.by}"
        yield f"not read, of {by}: {', '.join(found.unread)}."


# --- for a terminal -----------------------------------------------------------------------------------------------


def text(found: Outlook, width: int) -> str:
    """The outlook for a terminal."""
    name = f" by {found.assumed.name}" if found.assumed.name else ""
    title = (
        f"Outlook{name}: {PLACES[found.assumed.scope]}, {found.years[0]} to {found.years[-1]}, {found.samples:,} "
        "possible paths; medians and, in brackets, 80 % of paths"
    )
    lines = _wrapped(title, width)
    for said in (*unread_says(found), *lead(found)):
        lines += _wrapped(said, width)
    lines += ["", *fans(found, FRONTIER_ROWS, "a frontier run", width)]
    if DEMAND in found.fans:
        lines += ["", *fans(found, DEMAND_ROWS, f"{PLACES[found.assumed.scope]}, a year", width)]
    lines += ["", *columns(_fitting(bound_rows(found), width), width)]
    lines += ["", *columns(_short(third_rows(found)), width)]
    for said in (gain_says(found), *(() if found.site is None else (site_says(found.site, found.years),))):
        lines += _wrapped(said, width)
    for said in (*foreseen_says(found), " ".join(claims(found))):
        lines += _wrapped(said, width)
    lines += _wrapped(track(found), width)
    lines += _wrapped(f"not told: {'; '.join(what for what, _ in REFUSED)} (--json says why)", width)
    lines += _wrapped(
        "next: --scope us --site-mw 500 --region us-va · all: --json, --html F · thirdwatt facts outlook", width
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def fan_rows(found: Outlook, rows: tuple[tuple[str, str], ...], title: str) -> list[tuple[str, ...]]:
    """Quantities by a few years, each a median with its interval."""
    years = shown_years(found)
    told = [(title, *map(str, years))]
    return told + [
        (_label(found, name, label), *(cell(name, found.at(name, year)) for year in years))
        for name, label in rows
        if name in found.fans
    ]


def _label(found: Outlook, name: str, label: str) -> str:
    return "CO2e, grid stated" if name == "frontier_carbon_kg" and grid_is_stated(found) else label


def grid_is_stated(found: Outlook) -> bool:
    """Whether carbon of runs is by an intensity that a file states, of no place."""
    return found.assumed.scope == FRONTIER and "base_intensity_kg_per_kwh" in found.assumed.stated


def named_in_full(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows whose names stand without the one they are set in below."""
    above, found = "", []
    for name, *cells in rows:
        above = name if name == name.lstrip() else above
        found.append((name if name == above else f"{above}: {name.strip()}", *cells))
    return found


def fans(found: Outlook, rows: tuple[tuple[str, str], ...], title: str, width: int) -> list[str]:
    """Quantities by year, each a median with its interval."""
    told = fan_rows(found, tuple(each for each in rows if each[0] not in ASIDE), title)
    return columns(told if _fits(told, width) else [(row[0], *row[2:]) for row in told], width)


def _fits(rows: list[tuple[str, ...]], width: int) -> bool:
    """Whether a terminal has room for the last column; the first years give way to the last ones."""
    return len(rows[0]) < MOST_YEARS or columns(rows, width)[0].rstrip().endswith(rows[0][-1])


def _fitting(rows: list[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Rows with every second, third, ... year from the last one back, until they fit."""
    for step in range(1, len(rows[0])):
        thinned = [(row[0], *row[:0:-step][::-1]) for row in rows]
        if columns(thinned, width)[0].rstrip().endswith(rows[0][-1]):
            return thinned
    return rows


def _short(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Heads of what a gain buys, the word months said once."""
    (rebound, first, *more), *others = rows
    return [(rebound, first, *(head.removeprefix(MONTHS_OF) for head in more)), *others]


def bound_rows(found: Outlook) -> list[tuple[str, ...]]:
    """Share of paths in which each cap binds, by year."""
    rows: list[tuple[str, ...]] = [("what limits it, % of paths", *map(str, found.years))]
    rows += [(name, *(percent(each[name]).removesuffix(" %") for each in found.binding)) for name in CAPS]
    return rows


def third_rows(found: Outlook) -> list[tuple[str, ...]]:
    """What is left of the gain, by rebound."""
    names = list(found.third.growth)
    saved = ("AI saved", "CO2e") if DEMAND in found.fans else ()
    rows: list[tuple[str, ...]] = [
        (f"rebound to {found.third.until}", *(f"{MONTHS_OF}{name}" for name in names), *saved)
    ]
    return rows + [_banked(each, names) for each in found.third.banked]


def _banked(each: Banked, names: list[str]) -> tuple[str, ...]:
    saved = () if each.energy_kwh is None else (cell("kwh", each.energy_kwh),)
    carbon = () if each.carbon_kg is None else (cell("kg", each.carbon_kg),)
    months = (_in_months(float(each.months[name][MIDDLE]), 2) for name in names)
    return (percent(each.rebound), *months, *saved, *carbon)


def growth_says(found: Outlook) -> Iterator[str]:
    """How fast what a gain races against grows, and what it does to a frontier run."""
    third = found.third
    told = ", ".join(
        f"{name} {plain(float(fan[MIDDLE]))} ({plain(float(fan[LOW]))} to {plain(float(fan[HIGH]))})"
        for name, fan in third.growth.items()
    )
    yield f"Growth, times a year: {told} (compute and energy of a frontier run, electricity of AI)."
    flop = third.run_flop
    yield (
        f"By {third.gain.by}: {BY[third.gain.by]}. Where something that the gain frees limits it, a frontier run does "
        f"more work instead of saving, at least {plain(float(flop[HIGH]), 2)} times on one path in ten."
    )
    yield gain_says(found)


def gain_says(found: Outlook) -> str:
    """What a gain does to a frontier run of the last year, and which limits move with it."""
    third, before = found.third, found.binding[-1]
    moved = ", ".join(
        f"{name} {percent(third.binding[name])} of paths (was {percent(before[name])})"
        for name in CAPS
        if abs(third.binding[name] - before[name]) >= MOVED
    )
    return (
        f"With the gain a frontier run of {third.until} takes {_three(third.run_energy)} of its energy for "
        f"{_three(third.run_flop)} times its work; what limits it: {moved or 'much the same'}."
    )


def _three(fan: Array) -> str:
    low, middle, high = (plain(float(fan[at]), 2) for at in (LOW, MIDDLE, HIGH))
    return f"{middle} ({low} to {high})"


def site_says(site: Site, years: tuple[int, ...]) -> str:
    """A site's part of what is generated around it, and which frontier runs outgrow it."""
    parts = [f"{site.name} {site.year} {_part(site.share)}"]
    if site.nation and not site.national:
        parts.append(f"{site.nation}: not in the tables")
    if site.local is not None:
        parts.append(f"{site.local.name.removesuffix(f', {site.nation}')} {site.local.year} {_part(site.local.share)}")
    elif site.within:
        parts.append(f"{site.within}: not in the tables")
    elif not site.nation:
        parts.append("which nation it stands in is not said")
    elif site.national:
        parts.append("where in it is not said")
    half = next((year for year, share in zip(years, site.too_small, strict=True) if share >= 0.5), None)
    grown = (
        "no frontier run here outgrows it on half of the paths"
        if half is None
        else f"from {half} on half of the frontier runs draw more"
    )
    return (
        f"A site of {amount(site.power_kw * W_PER_KW, 'W')}, {amount(site.energy_kwh[1], 'kWh')} a year, to what is "
        f"generated: {'; '.join(parts)}. {grown[:1].upper() + grown[1:]}."
    )


def _part(share: tuple[float, float, float]) -> str:
    """A part of a whole: in percent, or in times where it is more than the whole."""
    times, word = (100, "%") if share[1] < 1 else (1, "times")
    low, value, high = (plain(times * each, 2) for each in share)
    return f"{value} {word} ({low} to {high})"


def foreseen_says(found: Outlook) -> Iterator[str]:
    """Where the newest forecasts of others lie among the paths."""
    newest = max((each.issued for each in found.foreseen), default="")
    own = sorted((each for each in found.foreseen if each.issued == newest), key=lambda each: (each.year, each.kwh))
    for year in dict.fromkeys(each.year for each in own):
        first, *more = [each for each in own if each.year == year]
        if not more:
            yield f"A forecast of {newest} for {year}: {_told(first)}; {percent(first.below)} of paths lie below."
            continue
        last = more[-1]
        yield (
            f"Forecasts of {newest} for {year}: {_told(first)} to {_told(last)}; {percent(first.below)} and "
            f"{percent(last.below)} of paths lie below."
        )


def _told(each: Foreseen) -> str:
    by = f"{each.source}, as quoted" if each.second_hand else each.source
    return f"{amount(each.kwh, 'kWh')} ({by})"


def claims(found: Outlook) -> Iterator[str]:
    """Where it held that demand only grows, and where it did not."""
    told = [
        f"{'held' if era.grew > STOOD else 'did not hold'} from {era.first} to {era.last} ({_era(era)})"
        for era in found.eras
    ]
    if told:
        yield f"That demand only grows {', '.join(told)}."
    elif found.assumed.scope != FRONTIER:
        yield f"Whether demand only grew in {PLACES[found.assumed.scope]} no series of accounts here tells."
    if found.companies:
        yield f"What companies told: {'; '.join(f'{each.name} {_years(each)}' for each in found.companies)}."


def _years(company: Company) -> str:
    return ", ".join(f"{year} {amount(kwh, 'kWh')}" for year, kwh in company.told)


def _era(era: Era) -> str:
    return f"{amount(era.before_kwh, 'kWh')} to {amount(era.after_kwh, 'kWh')}, {era.grew - 1:+.0%}".replace("%", " %")


def track(found: Outlook) -> str:
    """How far to trust it, from what forecasts like this one did."""
    all_cuts = pooled(COMPUTE, among=found.runs)
    held = all_cuts.coverage[1]
    late = late_score(found.runs)
    named = ", ".join(found.own_runs) if len(found.own_runs) <= FEW_RUNS else f"{len(found.own_runs)} runs"
    own = f", with {named} of your own," if named else ""
    least, most = all_cuts.single
    whole, _ = missed()
    return (
        f"how far to trust it: the same fits{own} made at the end of {LATE_CUT} missed the compute of {late.n} later "
        f"runs by a factor of {10**late.mae:.1f} (no growth: {10**late.standing_still:.0f}); ranges of 80 % made at "
        f"the ends of {CUTS[0]} to {CUTS[-1]} held {percent(held)} of what followed, single ones {percent(least)} to "
        f"{percent(most)}. Five forecasts of data centres missed by a factor of {math.exp(whole):.2f}."
    )


def _wrapped(said: str, width: int) -> list[str]:
    return textwrap.wrap(said, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


# --- what it rests on ---------------------------------------------------------------------------------------------


def inputs(found: Outlook) -> Iterator[tuple[str, str, Figure]]:
    """Every figure that is read: its quantity, what it is of where that is not plain, and itself."""
    yield from ((name, "", figure) for name, figure in found.assumed.inputs.items())
    yield from ((name, "the grid of frontier runs", figure) for name, figure in found.assumed.grid_of_runs.items())
    if found.site is not None:
        yield from ((name, "the site", figure) for name, figure in table("outlook").rows["site"].figures.items())
        yield from ((GENERATION, "around the site", figure) for figure in found.site.generated)


def rests_on(found: Outlook) -> list[tuple[str, ...]]:
    """Every input with its unit, range, kind, source and note."""
    known: Mapping[str, Mapping[str, str]] = sources()
    return [
        (
            name.replace("_", " ") + (f", {of}" if of else ""), _stated(figure.value), unit(name).removesuffix("1"),
            f"{_stated(figure.low)} to {_stated(figure.high)}" if figure.spread else "", figure.kind,
            known[figure.source]["title"] if figure.source in known else figure.source, figure.note,
        )
        for name, of, figure in inputs(found)
    ]  # fmt: skip


def _stated(value: float) -> str:
    return plain(value) if value < 1e6 else f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def efficiency_name(found: Outlook) -> str:
    """How FLOP per joule is taken to grow."""
    if "efficiency_growth_factor" in found.assumed.stated:
        return "its growth as it is stated"
    return table("outlook").rows[found.assumed.regime].name
