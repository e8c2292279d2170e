"""``thirdwatt doctor``."""

from __future__ import annotations

import time
from typing import Any

import click

from thirdwatt.cli.options import dumped, json_option

SCHEMA = "thirdwatt/doctor/1"

PAUSE_S = 0.25
"""Time between two looks at every channel: a counter is refreshed within a tenth of a second."""

WATCHED = ("accelerator", "cpu", "dram", "node")
"""Components of a machine that are measured, modelled or not there; a module is three of them."""

WORDS = {
    "accelerator": "accelerators",
    "cpu": "processors",
    "dram": "memory",
    "node": "whole machine",
}


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Which sensors work on this machine, why others do not, and the least that would make them work."""
    from thirdwatt.meter.run import kernel

    found = document(kernel())
    click.echo(dumped(found) if as_json else said(found), nl=as_json)


def document(root: str = "/") -> dict[str, Any]:
    """Every sensor and every component of this machine."""
    from thirdwatt.meter.sensors import ALL, make, overlap

    rows: list[dict[str, Any]] = []
    channels = []
    for name in ALL:
        sensor = make(name, root)
        probe = sensor.probe()
        row: dict[str, Any] = {"name": name, "works": probe.ok, "reason": probe.reason, "fix": probe.fix}
        opened = list(sensor.open()) if probe.ok else []
        row["channels"] = [
            {**channel._asdict(), "watts": watts}
            for channel, watts in zip(opened, _looked(sensor, opened), strict=True)
        ]
        row["notes"] = list(sensor.notes)
        sensor.close()
        channels += opened
        rows.append(row)
    choice = overlap.chosen(channels)
    counted = {*choice.parts, *choice.whole}
    for row in rows:
        for channel in row["channels"]:
            channel["counted"] = channel["id"] in counted
    return {"schema": SCHEMA, "sensors": rows, "components": _components(root, channels, choice)}


def _looked(sensor: Any, channels: list[Any]) -> list[float | None]:
    """Watts of every channel of energy or power: by two looks at a counter, by the second at a gauge."""
    if not any(channel.unit in ("J", "W") for channel in channels):
        return [None] * len(channels)
    from thirdwatt.meter.sensors.counters import intervals, usable

    seen = []
    for turn in range(2):
        if turn:
            time.sleep(PAUSE_S)
        seen.append({reading.channel: reading for reading in sensor.read(time.monotonic_ns())})
    watts: list[float | None] = []
    for channel in channels:
        first, second = (each.get(channel.id) for each in seen)
        value = None
        if channel.unit == "W" and second is not None and usable(second.value):
            value = float(second.value)
        elif channel.unit == "J" and first is not None and second is not None:
            for each in intervals([first, second], channel.wrap):
                value = None if each.amount is None else each.amount / (each.end_ns - each.start_ns) * 1e9
        watts.append(value)
    return watts


def _components(root: str, channels: list[Any], choice: Any) -> list[dict[str, Any]]:
    """What of the machine is measured, by what; else that it would be modelled, or is not there."""
    from thirdwatt.meter.sensors import model

    counted = [each for each in channels if each.id in {*choice.parts, *choice.whole}]
    host = model.host(root)
    rows = []
    for component in WATCHED:
        within = ("module", "platform") if component in ("cpu", "dram") else ("module",)
        by = [each for each in counted if each.component == component]
        if component != "node":
            by = by or [each for each in counted if each.component in within]
        row: dict[str, Any] = {
            "component": component,
            "status": "measured" if by else "absent",
            "by": sorted({each.source for each in by}),
            "devices": len({each.device for each in by}),
            "low_w": None,
            "high_w": None,
        }
        if not by and component == "cpu":
            row |= {"status": "modelled", "devices": host.packages or 1}
            power = model.package_w(host.threads, host.packages, host.virtual)
            row["low_w"], row["high_w"] = (each * row["devices"] for each in power)
        elif not by and component == "dram":
            whole = model.dram(1.0, 1.0, host.memory_bytes, host.packages or 1)
            row |= {"status": "modelled", "low_w": whole.low, "high_w": whole.high}
        elif not by and component == "node":
            row["status"] = "not measured"
        elif not by and _boards(root):
            row |= {"status": "not measured", "devices": _boards(root)}
        rows.append(row)
    return rows


def _boards(root: str) -> int:
    """Accelerators on the bus, by the class of device that the maker states."""
    from thirdwatt.meter.sensors import files

    folder = f"{root.rstrip('/')}/sys/bus/pci/devices"
    makers = ("0x10de", "0x1002", "0x8086", "0x1da3")
    found = 0
    for entry in files.names(folder):
        kind = files.text(f"{folder}/{entry}/class") or ""
        maker = files.text(f"{folder}/{entry}/vendor")
        found += maker in makers and (
            kind.startswith(("0x0302", "0x0380", "0x12")) or (kind[:4] == "0x03" and maker == "0x10de")
        )
    return found


def said(found: dict[str, Any]) -> str:
    """The same in words."""
    lines = ["Sensors"]
    for row in found["sensors"]:
        lines.append(f"  {row['name']:9} {'works' if row['works'] else row['reason']}")
        if row["fix"]:
            lines.append(f"            fix: {row['fix']}")
        for channel in row["channels"]:
            watts = "" if channel["watts"] is None else f", {channel['watts']:.1f} W now"
            inside = "" if channel["counted"] or channel["unit"] not in ("J", "W") else " (inside another, not added)"
            lines.append(f"            {channel['device']}: {channel['source']}, {channel['kind']}{watts}{inside}")
        lines += [f"            note: {note}" for note in row["notes"]]
    lines += ["", "This machine"]
    for row in found["components"]:
        lines.append(f"  {WORDS[row['component']]:14} {_status(row)}")
    if any(row["status"] == "modelled" for row in found["components"]):
        lines += ["", "What is modelled is a range; a result shows it apart from what is measured."]
    return "\n".join(lines) + "\n"


def _status(row: dict[str, Any]) -> str:
    if row["status"] == "measured":
        return f"measured by {', '.join(row['by'])}"
    if row["status"] == "modelled":
        return f"modelled: anything from {row['low_w']:g} to {row['high_w']:g} W at work"
    if row["component"] == "accelerator" and row["status"] == "absent":
        return "none seen"
    return row["status"] if row["component"] == "node" else "there, but not measured"
