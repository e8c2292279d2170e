"""What is filled in: what follows from an instance, an accelerator, a region, and what is usual."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from thirdwatt.facts import Figure, Row, table
from thirdwatt.facts.prices import OLD_DAYS, age_days, offers, rent
from thirdwatt.scenario.mistakes import Mistake
from thirdwatt.scenario.scenario import Finding, Warn
from thirdwatt.scenario.stated import Given

BASES = ("life-cycle", "direct")
"""What a grid's intensity counts: also mines, wells and the making of plants, or stacks alone. Never mixed."""

UNSAID_BASIS = "as stated"
"""Basis of an intensity that a scenario states without one."""

USUAL_ACCELERATOR = "h100-sxm-80gb"
"""What a scenario without an accelerator is priced on: the commonest one."""

USUAL_LAW = "besiroglu"
"""Scaling law of a scenario that names none: it fits the data of the best known one better than its own constants."""

_FACILITY = {"rented": "hyperscale", "colo": "colo", "own": "enterprise"}
"""Kind of site by tenure."""


def with_experts(given: Mapping[str, Given]) -> dict[str, Given]:
    """Quantities, with no dense block where every layer has experts: there is none whose width could be stated."""
    dense = given.get("dense_layer_count")
    if "expert_count" not in given or "ffn_width" in given or (dense is not None and dense.figure.value != 0):
        return dict(given)
    path = "workload.transformer"
    figure = Figure(0.0, 0.0, 0.0, "stated", f"{path}: experts in every layer", "given/ffn_width")
    return {**given, "ffn_width": Given(path, figure)}


LATENT = {"q_rank": 1536.0, "kv_rank": 512.0}
"""Ranks of latent attention where only its heads are stated: those of DeepSeek-V3 and Kimi K2 (arXiv:2412.19437)."""


def with_latent(given: Mapping[str, Given]) -> tuple[dict[str, Given], list[Finding]]:
    """Quantities, with usual ranks where heads of different widths for keys and values say that attention is latent."""
    key, value = given.get("head_width"), given.get("value_head_width")
    if key is None or value is None or not key.figure.value > value.figure.value or "kv_rank" in given:
        return dict(given), []
    path = "workload.transformer"
    filled = {**LATENT, "rope_head_width": key.figure.value - value.figure.value}
    figures = {
        name: Given(path, Figure(number, number, number, "modelled", f"{path}: usual ranks", f"given/{name}"))
        for name, number in filled.items()
        if name not in given
    }
    said = ", ".join(f"{name} {each.figure.value:g}" for name, each in figures.items())
    text = f"heads of {key.figure.value:g} and {value.figure.value:g} say latent attention: {said} taken; state kv_rank"
    return {**given, **figures}, [Warn("latent_attention", text)]


PARTS = ("failed_run_ratio", "ablation_ratio")
"""Parts of development that are nothing where another is stated; the search is none where no way is."""


def with_development(choices: Mapping[str, str], given: Mapping[str, Given]) -> dict[str, Given]:
    """Quantities, with nothing for each part of development that is not stated where another part is."""
    if "search" not in choices and not given.keys() & {*PARTS, "search_ratio"}:
        return dict(given)
    path = "development"
    figures = {
        name: Given(path, Figure(0.0, 0.0, 0.0, "stated", f"{path}: none stated", f"given/{name}")) for name in PARTS
    }
    return {**figures, **given}


def with_instance(
    choices: Mapping[str, str], given: Mapping[str, Given]
) -> tuple[dict[str, str], dict[str, Given], list[Finding]]:
    """Choices and quantities with what an instance is made of, and where it contradicts what is stated."""
    if "instance" not in choices:
        return dict(choices), dict(given), []
    row = table("instances").rows[choices["instance"]]
    parts = {part: row.text[part] for part in ("accelerator", "network", "host") if part in row.text}
    whole = _filled(choices, parts)
    count = Given("cluster.instance", row.figures["accelerator_count"])
    findings: list[Finding] = []
    if whole["accelerator"] != parts["accelerator"]:
        problem = f"{whole['accelerator']} is not in {row.id}"
        findings.append(Mistake("cluster.accelerator", problem, f"it has {parts['accelerator']}"))
    return whole, {**given, "accelerator_count": given.get("accelerator_count", count)}, findings


def with_defaults(
    choices: Mapping[str, str], given: Collection[str], datasheet: Row | None = None
) -> tuple[dict[str, str], list[Finding]]:
    """Choices with everything that follows from them or is usual, and what is to be said of it.

    Parameters
    ----------
    given
        Names of the quantities that are given.
    datasheet
        The accelerator, if it is in no table.
    """
    whole = _filled(choices, {"accelerator": USUAL_ACCELERATOR, "law": USUAL_LAW})
    chip = datasheet or table("accelerators").rows[whole["accelerator"]]
    whole = _filled(whole, {part: chip.text[part] for part in ("generation", "precision", "host", "network")})
    software = table("stacks").rows[whole["stack"]]
    whole = _filled(whole, {"recompute_free": _free(whole.get("recompute"), software.text.get("free"))})
    whole = _filled(whole, {part: software.text[part] for part in ("zero", "recompute")})
    whole = _filled(whole, {"offload": "none", "context_by": software.text.get("context", "ring")})
    whole = _filled(whole, {"region": "world"})
    whole = _filled(whole, _vendor(whole))
    priced = _priced(whole, given)
    whole = _filled(whole, {"tenure": "rented" if priced else "own"})
    whole = _filled(whole, _site(whole))
    basis, of_basis = _basis(whole, given)
    return _filled(whole, basis), [*_rent(whole, given), *of_basis]


def _free(recompute: str | None, software: str | None) -> str:
    """Whether software keeps what fits of a layer: where nobody says, or where its selective policy does so anyway."""
    return "yes" if software is not None and recompute in (None, software) else "no"


def _filled(choices: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """Choices, and what is usual where there is none."""
    return {**choices, **{name: choice for name, choice in usual.items() if name not in choices}}


# --- tenure and price ---------------------------------------------------------------------------------------------


def _vendor(choices: Mapping[str, str]) -> dict[str, str]:
    """Whoever's machine or region is named sets the price, if its price for the chip is known."""
    for named in (choices.get("instance", ""), choices.get("region", "")):
        provider, colon, _ = named.partition(":")
        if colon and offers(choices["accelerator"], provider, choices["term"]):
            return {"vendor": provider}
    return {}


def _priced(choices: Mapping[str, str], given: Collection[str]) -> bool:
    """Whether a rent is stated or known."""
    stated = "rent_usd_per_accelerator_h" in given
    return stated or rent(choices["accelerator"], choices.get("vendor"), choices["term"]) is not None


def _rent(choices: Mapping[str, str], given: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the rent, or to be known of it."""
    if choices["tenure"] != "rented" or "rent_usd_per_accelerator_h" in given:
        return
    chip, vendor, term = choices["accelerator"], choices.get("vendor"), choices["term"]
    if not _priced(choices, given):
        fix = "state site.rent_usd_per_h, another vendor or term, or site.tenure = 'own'"
        yield Mistake("site.tenure", f"no {term} rent of {chip} by {vendor or 'any vendor'} is known", fix)
        return
    newest = offers(chip, vendor, term)[0]
    if age_days(newest.month) > OLD_DAYS:
        text = f"the newest rent of {chip} known is of {newest.month}, more than {OLD_DAYS} days ago"
        yield Warn("old_price", f"{text}; state site.rent_usd_per_h")


# --- site ---------------------------------------------------------------------------------------------------------


def _site(choices: Mapping[str, str]) -> dict[str, str]:
    """Kind of site and of storage, and whose overhead counts: a facility's that is named, else the region's own."""
    host = table("hosts").rows[choices["host"]]
    of_region = any("typical_pue_ratio" in row.figures for row in table("grids").lineage(choices["region"]))
    home = host.text.get("facility", "")
    rented_out = home == "room" and choices["tenure"] != "own"
    return {
        "overhead": "region" if of_region and "facility" not in choices else "facility",
        "facility": _FACILITY[choices["tenure"]] if rented_out or not home else home,
        "media": host.text.get("media", "hdd"),
    }


def _intensity(basis: str) -> str:
    return f"grid_intensity_kg_per_kwh@{basis}"


def _basis(choices: Mapping[str, str], given: Collection[str]) -> tuple[dict[str, str], list[Finding]]:
    """Basis of the grid's intensity: the one asked for, or what the nearest grid that publishes one has."""
    if "grid_intensity_kg_per_kwh" in given:
        return {"basis": UNSAID_BASIS}, []
    region = choices["region"]
    lineage = table("grids").lineage(region)
    findings: list[Finding] = []
    if conflict := lineage[0].text.get("conflict"):
        findings.append(Warn("mapping_conflict", f"{region}: {conflict}"))
    wanted = (choices["basis"],) if "basis" in choices else BASES
    nearest_row = next((row for row in lineage if _published(row, BASES)), None)
    for row in lineage:
        if basis := _published(row, wanted):
            if row is not nearest_row:
                text = f"no {basis} intensity of {region} is published; that of {row.id} stands in"
                findings.append(Warn("stand_in", text))
            return {"basis": basis}, findings
    fix = "leave site.basis out, or state site.intensity_kg_per_kwh"
    findings.append(Mistake("site.basis", f"no {choices['basis']} intensity of {region} is published", fix))
    return {}, findings


def _published(row: Row, bases: Collection[str]) -> str | None:
    """First of some bases on which a grid publishes its intensity."""
    return next((basis for basis in bases if _intensity(basis) in row.figures), None)
