"""``thirdwatt top``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from thirdwatt.cli.options import Finite

if TYPE_CHECKING:
    from thirdwatt.meter.sensors.base import Channel, Reading, Sensor

CLEAR = "\x1b[H\x1b[J"


@click.command("top")
@click.option(
    "--interval", "interval_s", type=Finite(0.1, 3600), default=1.0, show_default=True,
    help="Seconds between two readings.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="One line, and the end.")
@click.option("--dir", "where", metavar="DIR", help="Where runs live; by default $THIRDWATT_DIR, else .thirdwatt here.")
def command(interval_s: float, once: bool, where: str | None) -> None:
    """What this machine draws now, by device, and which runs are on. Ctrl-C ends it."""
    from thirdwatt.meter.run import kernel
    from thirdwatt.meter.sensors import available

    watched = [(sensor, list(sensor.open())) for sensor in available(kernel())]
    screen = sys.stdout.isatty() and not once
    try:
        last = _read(watched)
        while True:
            time.sleep(interval_s)
            now = _read(watched)
            rows = _rows([channel for _, channels in watched for channel in channels], last, now)
            last = now
            if screen:
                click.echo(CLEAR + "\n".join([time.strftime("%H:%M:%S"), *_lines(rows), "", *_running(where)]))
            else:
                click.echo(", ".join(f"{name} {watts:.4g} {unit}" for name, watts, unit, _ in rows) or _nothing())
            if once:
                return
    except KeyboardInterrupt:
        return
    finally:
        for sensor, _ in watched:
            sensor.close()


def _read(watched: list[tuple[Sensor, list[Channel]]]) -> dict[str, Reading]:
    now_ns = time.monotonic_ns()
    return {reading.channel: reading for sensor, _ in watched for reading in sensor.read(now_ns)}


def _rows(
    channels: list[Channel], last: dict[str, Reading], now: dict[str, Reading]
) -> list[tuple[str, float, str, str]]:
    """Name, number, unit and source of what may be shown side by side."""
    from thirdwatt.meter.sensors import counters, overlap

    choice = overlap.chosen(channels)
    found = []
    for channel in channels:
        readings = [each[channel.id] for each in (last, now) if channel.id in each]
        is_time = channel.unit == "s" and channel.scope == "device"
        if (channel.id not in (*choice.parts, *choice.whole) and not is_time) or len(readings) < 2:
            continue
        if channel.kind == "counter":
            parts = [each for each in counters.intervals(readings, channel.wrap) if each.amount is not None]
            if not parts:
                continue
            rate = parts[-1].amount / ((parts[-1].end_ns - parts[-1].start_ns) * 1e-9)
        elif counters.usable(readings[-1].value):
            rate = readings[-1].value
        else:
            continue
        found.append((f"{channel.component} {channel.device}", rate, "busy" if is_time else "W", channel.source))
    return found


def _lines(rows: list[tuple[str, float, str, str]]) -> list[str]:
    missing = [] if any(unit == "W" for _, _, unit, _ in rows) else [_nothing()]
    width = max((len(name) for name, *_ in rows), default=0)
    return [*(f"{name:{width}}  {rate:8.1f} {unit:4}  {source}" for name, rate, unit, source in rows), *missing]


def _running(where: str | None) -> list[str]:
    from thirdwatt.meter.analysis import result, words

    return [words.line(each) for each in result.running(where)] or ["no run is on"]


def _nothing() -> str:
    return "no sensor of energy here: thirdwatt doctor says why"
