"""The outlook as one page: fans with the table behind each, self-contained, without scripts or requests."""

from __future__ import annotations

from typing import Any

import thirdwatt
from thirdwatt.amounts import percent, plain, scale
from thirdwatt.facts import digest, table
from thirdwatt.facts.prices import today
from thirdwatt.ledger.samples import Array
from thirdwatt.outlook.answer import REFUSED, Outlook
from thirdwatt.outlook.paths import CAPS, DEMAND, PERCENTILES
from thirdwatt.outlook.runs import COMPUTE, ENERGY, POWER
from thirdwatt.quantity import unit
from thirdwatt.report import outlook
from thirdwatt.report.charts import BUILDING, INK, MACHINES, WHOLE, WIDTH_PX, Chart, drawn_on, styled
from thirdwatt.report.html import template
from thirdwatt.validation.outlook_scores import ACCOUNTS, bars, pooled

BANDS = ((5, 95, 0.2), (10, 90, 0.3), (25, 75, 0.45))
"""Percentiles that a band lies between, and how dense it is drawn."""

HEIGHT_PX = 240
ONE_YEAR_PX = 40
"""Width of the bands of a single year, between whose ends an area would be nothing."""

W_PER_KW = outlook.W_PER_KW
CAP_COLOURS = ("#d9d9d9", "#999999", "#0072B2", "#56B4E9", "#D55E00", "#404040")
"""Of what binds: nothing lightest; each name stands in the legend and each share in the table."""

FANS = (
    ("frontier_flop", "Compute of a frontier run", COMPUTE, 1.0),
    ("frontier_power_kw", "Power of a frontier run", POWER, W_PER_KW),
    ("frontier_energy_kwh", "Energy of a frontier run", ENERGY, 1.0),
    ("frontier_cost_usd", "Cost of a frontier run", "", 1.0),
    ("frontier_carbon_kg", "Carbon of a frontier run, by the mean of the US grid", "", 1.0),
    (DEMAND, "Electricity of data centres, a year", "", 1.0),
    ("ai_kwh_per_year", "Electricity of AI, a year", "", 1.0),
    ("data_centre_generation_share", "Data centres' part of generation", "", 1.0),
)


def page(found: Outlook) -> str:
    """The outlook as HTML."""
    drawn = [
        fan(found, name, _title(found, name, title), measure, times)
        for name, title, measure, times in FANS
        if name in found.fans
    ]
    drawn.insert(3, binding(found))
    third = outlook.third_rows(found)
    rendered: str = template("outlook.html.j2").render(
        title=f"Outlook: {outlook.PLACES[found.assumed.scope]}",
        scenario=found.assumed.name,
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        paths=f"{found.samples:,}",
        seed=found.seed,
        first=found.years[0],
        last=found.years[-1],
        lead=[*outlook.lead(found), *outlook.unread_says(found)],
        charts=[(chart, chart.svg()) for chart in drawn],
        few_years=[
            outlook.named_in_full(outlook.fan_rows(found, rows, name))
            for rows, name in (
                (outlook.FRONTIER_ROWS, "a frontier run"),
                (outlook.DEMAND_ROWS, f"{outlook.PLACES[found.assumed.scope]}, a year"),
            )
        ],
        third_head=third[0],
        third=third[1:],
        growth=list(outlook.growth_says(found)),
        site="" if found.site is None else outlook.site_says(found.site, found.years),
        claims=[*outlook.claims(found), *outlook.foreseen_says(found)],
        track=(track := outlook.track(found))[:1].upper() + track[1:],
        bars=[
            (bar.what, bar.demanded, f"{100 * bar.value:.1f} %", "yes" if bar.holds else "no")
            for bar in bars(found.runs)
        ],
        pit=list(pooled(COMPUTE, among=found.runs).histogram),
        judged=(pooled(COMPUTE, among=found.runs).n, pooled(COMPUTE, among=found.runs).runs),
        efficiency=outlook.efficiency_name(found),
        refused=REFUSED,
        inputs=outlook.rests_on(found),
    )
    return rendered


def _title(found: Outlook, name: str, title: str) -> str:
    stated = name == "frontier_carbon_kg" and outlook.grid_is_stated(found)
    return "Carbon of a frontier run, by the grid that is stated" if stated else title


def fan(found: Outlook, name: str, title: str, measure: str, times: float) -> Chart:
    """Percentiles of a quantity over the years, with published runs before them where there are some."""
    import altair as alt

    rows = found.fans[name] * times
    symbol = "W" if times == W_PER_KW else unit(name).removesuffix("/year")
    share = name.endswith("_share")
    factor, word = (0.01, "%") if share else (1.0, "FLOP") if symbol == "FLOP" else scale([float(rows[-1, 3])], symbol)
    data: list[dict[str, Any]] = []
    for low, high, _ in BANDS:
        for year, row in zip(found.years, rows, strict=True):
            ends = (float(row[PERCENTILES.index(each)]) / factor for each in (low, high))
            data.append(
                {"year": year + 0.5, "low": (pair := tuple(ends))[0], "high": pair[1], "band": f"{low} to {high} %"}
            )
    axis = alt.Axis(format=".0e") if symbol == "FLOP" else alt.Axis()
    y = alt.Y("low:Q", title=f"{word}", scale=alt.Scale(type="linear" if share else "log"), axis=axis)
    x = alt.X("year:Q", title="year", scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(format="d", tickMinStep=1))
    names = [f"{low} to {high} %" for low, high, _ in BANDS]
    drawn = drawn_on(data)
    bands = (
        drawn.mark_area(color=MACHINES) if len(found.years) > 1 else drawn.mark_bar(color=MACHINES, size=ONE_YEAR_PX)
    )
    area = bands.encode(
        x=x, y=y, y2="high:Q",
        opacity=alt.Opacity("band:N", scale=alt.Scale(domain=names, range=[dense for *_, dense in BANDS]),
                            legend=alt.Legend(title="of paths between", orient="top", symbolType="square")),
    )  # fmt: skip
    layers = area
    known = _accounts(found, factor) if name == DEMAND else _published(found, measure, times / factor)
    if known:
        layers = (
            drawn_on(known).mark_point(filled=True, size=30, color=WHOLE, opacity=0.8).encode(x=x, y="low:Q") + area
        )
    if name == DEMAND:
        told = [
            {"year": each.year + 0.5, "low": each.kwh / factor} for each in found.foreseen if int(each.issued) >= 2025
        ]
        if told:
            layers += drawn_on(told).mark_point(shape="diamond", size=50, color=BUILDING).encode(x=x, y="low:Q")
    last = found.years[-1]
    end = rows[-1] / factor
    what = "Bands, from inside: 50, 80 and 90 % of each year by itself; no path runs along one."
    says = (
        f"{last}: {_plain(end[1], symbol)} to {_plain(end[5], symbol)} {word} on four of five paths, half of all below "
        f"{_plain(end[3], symbol)}. {what}"
    )
    if known:
        says += " Points are what accounts told." if name == DEMAND else " Points are published runs."
        if measure in (POWER, ENERGY):
            says += " Those whose energy is imputed are left out."
    if name == DEMAND and found.foreseen:
        says += " Diamonds are forecasts of others since 2025."
    head = ("year", *(f"{each} %" for each in PERCENTILES))
    rows_of = tuple(
        (str(year), *(_plain(float(each) / factor, symbol) for each in row))
        for year, row in zip(found.years, rows, strict=True)
    )
    chart = styled(layers.properties(width=WIDTH_PX, height=HEIGHT_PX))
    return Chart(name.replace("_", "-"), f"{title}, {word}", says, head, rows_of, chart)


def _plain(value: float | Array, symbol: str) -> str:
    return f"{float(value):.1e}".replace("e+", "e") if symbol == "FLOP" else plain(float(value))


def _published(found: Outlook, measure: str, times: float) -> list[dict[str, Any]]:
    """Runs since 2018 that tell a measure."""
    if not measure:
        return []
    return [
        {"year": run.when, "low": run.figures[measure] * times}
        for run in found.runs
        if run.when >= 2018 and run.tells(measure)
    ]


def _accounts(found: Outlook, factor: float) -> list[dict[str, Any]]:
    """What data centres took by the accounts that forecasts are held against."""
    names = ACCOUNTS.get(found.assumed.scope, ())
    told = [(table("demand").rows[name].text["year"], table("demand").rows[name].figures[DEMAND]) for name in names]
    return [{"year": float(year) + 0.5, "low": figure.value / factor} for year, figure in told]


def binding(found: Outlook) -> Chart:
    """What binds, as shares of paths, year by year."""
    import altair as alt

    data = [
        {"year": str(year), "share": 100 * each[name], "cap": name, "order": order}
        for year, each in zip(found.years, found.binding, strict=True)
        for order, name in enumerate(CAPS)
    ]
    drawn = drawn_on(data).mark_bar(stroke="white", strokeWidth=0.5).encode(
        x=alt.X("year:N", title=None), y=alt.Y("share:Q", title="% of paths", scale=alt.Scale(domain=[0, 100])),
        order="order:Q",
        color=alt.Color("cap:N", scale=alt.Scale(domain=list(CAPS), range=list(CAP_COLOURS)),
                        legend=alt.Legend(title="what limits a frontier run", orient="top", labelColor=INK)),
    )  # fmt: skip
    head, *rows = ((str(each[0]), *each[1:]) for each in zip(*outlook.bound_rows(found), strict=True))
    last = found.binding[-1]
    most = max(CAPS, key=lambda name: last[name])
    says = (
        f"In {found.years[-1]} it is {most} on {percent(last[most])} of paths, nothing on {percent(last[CAPS[0]])}. A "
        "cap is a distribution of its own: what is assumed of each stands below."
    )
    heads = ("year", *(f"{name}, %" for name in head[1:]))
    return Chart(
        "binding",
        "What limits a frontier run",
        says,
        heads,
        tuple(rows),
        styled(drawn.properties(width=WIDTH_PX, height=HEIGHT_PX)),
    )
