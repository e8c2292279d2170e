"""A run in words, for people."""

from __future__ import annotations

import math

from .share import UNSEEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def plain(said: object) -> str:
    """A text that a file states, as it may be shown: what moves a cursor is written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in str(said))


def shares(found: Mapping[str, Any]) -> str:
    """How much of the energy was measured."""
    if not found["energy_j"] and not found["modelled"]:
        return "nothing was measured"
    percent = round(100 * found["measured_share"])
    percent = min(99, percent) if found["modelled"] else percent
    what = "node" if len(found["hosts"]) < 2 else "nodes"
    what = f"job's share of the {what}" if shared(found) else what
    return f"measured {percent} % of the {what}, modelled {100 - percent} %"


def shared(found: Mapping[str, Any]) -> bool:
    """Whether others were on a machine of the run, so that only a share of it is the run's."""
    return any(each["share"]["low"] < 1 for each in found["machines"])


def energy_text(joules: float) -> str:
    """Joules in the unit that fits them.

    Examples
    --------
    >>> energy_text(12.3), energy_text(45_600.0), energy_text(7.2e6)
    ('12.3 J', '45.6 kJ', '2.00 kWh')
    """
    for limit, size, name in ((1e3, 1.0, "J"), (1e6, 1e3, "kJ"), (3.6e9, 3.6e6, "kWh"), (math.inf, 3.6e9, "MWh")):
        if joules < limit:
            number = joules / size
            return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f} {name}"
    return f"{joules:g} J"


def time_text(duration_s: float) -> str:
    """A duration for people.

    Examples
    --------
    >>> time_text(3.21), time_text(75), time_text(7300)
    ('3.2 s', '1 min 15 s', '2 h 01 min')
    """
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, rest = divmod(round(duration_s), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def line(found: Mapping[str, Any]) -> str:
    """A run in one line."""
    energy, guess = found["energy_j"], found["modelled_j"]
    said = f"{found['id']}: {time_text(found['duration_s'])}"
    if energy:
        low, high = energy_text(energy["low"]), energy_text(energy["high"])
        said += f", {energy_text(energy['value'])} ({low} to {high}); {shares(found)}"
    elif guess:
        low, high = energy_text(guess["low"]), energy_text(guess["high"])
        said += f"; no energy was measured, a model says {low} to {high}; thirdwatt doctor says what is missing"
    else:
        said += "; no energy was measured, thirdwatt doctor says what is missing"
    return said


def text(found: Mapping[str, Any]) -> str:
    """A run for people."""
    energy, guess = found["energy_j"], found["modelled_j"]
    rows: list[tuple[str, str]] = []
    if energy:
        low, high = energy_text(energy["low"]), energy_text(energy["high"])
        what = "the job's share of the node" if shared(found) else "the node"
        rows.append(("energy", f"{energy_text(energy['value'])} ({low} to {high}) of {what}, before the facility"))
    elif guess:
        rows.append(("energy", "not measured: thirdwatt doctor says which sensors are missing, and why"))
        rows.append(("model", f"{energy_text(guess['low'])} to {energy_text(guess['high'])}, a guess and no result"))
    else:
        rows.append(("energy", "not measured"))
    for each in found["machines"]:
        part = each["share"]
        if part["low"] < 1:
            low, value, high = (f"{100 * part[end]:.2g}" for end in ("low", "value", "high"))
            rows.append(("share", f"{value} % ({low} to {high} %) of {plain(each['host'])}: {part['how']}"))
            if part["how"] == UNSEEN:
                rows.append(("", "THIRDWATT_SHARE=1 says that all of the machine is the job's"))
    for each in found["devices"]:
        watts = "" if each["mean_w"] is None else f", mean {each['mean_w']:.4g} W"
        gap = f", {time_text(each['gap_s'])} without samples" if each["gap_s"] > 1.0 else ""
        trouble = "".join(f", {count} × {event}" for event, count in each["events"].items() if event != "wrap")
        joules, ours = energy_text(each["energy_j"]["value"]), energy_text(each["job_j"]["value"])
        of_the_job = "" if ours == joules else f", {ours} of it the job's"
        rows.append((f"  {each['component']}", f"{joules} measured{watts}{of_the_job}: "
                     f"{plain(each['device'])}, {plain(each['source'])}{gap}{trouble}"))  # fmt: skip
    for each in found["modelled"]:
        three = each["energy_j"]
        rows.append((f"  {each['component']}", f"{energy_text(three['low'])} to {energy_text(three['high'])} modelled: "
                     f"{each['how']}"))  # fmt: skip
    if found["steps"]:
        tries = f" in {found['attempts']} attempts" if found["attempts"] > 1 else ""
        rows.append(
            ("steps", f"{found['steps']:,}" + (f" of {found['step_s']:.4g} s" if found["step_s"] else "") + tries)
        )
    if found["tokens_per_s"]:
        each = found["j_per_token"]
        joules = f", {each['value']:.3g} J a token" if each else ""
        rows.append(("tokens", f"{found['tokens']:,}, {found['tokens_per_s']['value']:,.4g} a second{joules}"))
    for each in sorted(found["phases"], key=lambda each: -each["time_s"])[:12]:
        rows.append((f"  {plain(each['phase'])}", f"{each['count']:,} times, {time_text(each['time_s'])}"))
    share = "" if found["processor_share"] is None else f" ({100 * found['processor_share']:.0f} % of the node's work)"
    own = f"{found['own_cpu_s']:.2g} s of measuring"
    rows.append(("processors", f"{time_text(found['processor_s'])} of the job{share}, {own}"))
    if found.get("slurm_j") is not None:
        rows.append(("Slurm", f"{energy_text(found['slurm_j'])} for the whole nodes, by its own accounting"))
    if found["slept_s"]:
        rows.append(("slept", f"{time_text(found['slept_s'])}, which is in no figure here"))
    if found["bad_lines"]:
        rows.append(("files", f"{found['bad_lines']} lines could not be read and were left out"))
    rows += [("note", plain(note)) for note in found["notes"]]
    width = max(len(name) for name, _ in rows) + 2
    hosts = plain(", ".join(found["hosts"]))
    head = f"{found['id']}  {found['state']}  {time_text(found['duration_s'])}  {hosts}".rstrip()
    return "\n".join([head, *(f"  {name:{width}}{said}" for name, said in rows), f"  {shares(found)}"])
