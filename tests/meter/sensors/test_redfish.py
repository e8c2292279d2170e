"""Redfish against a server on this machine: never asked unless named, and no answer is an answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from thirdwatt.meter.sensors.redfish import TOKEN, URL, Redfish

POWER = "/redfish/v1/Chassis/1/Power"


class Controller(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.documents: dict[str, Any] = {POWER: {"PowerControl": [{"PowerConsumedWatts": 812}]}}
        self.token = "abc"
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Controller

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        found = self.server.documents.get(self.path)
        status = 401 if self.headers["X-Auth-Token"] != self.server.token else 200 if found is not None else 404
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def controller() -> Iterator[Controller]:
    server = Controller()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def sensor(controller: Controller, path: str = POWER, token: str = "abc", every_s: float = 5.0) -> Redfish:
    return Redfish(environ={URL: controller.url + path, TOKEN: token}, every_s=every_s)


def test_without_an_address_nobody_is_asked() -> None:
    redfish = Redfish(environ={})
    assert redfish.probe().reason == "No controller is named, so none is asked."
    assert redfish.open() == []
    assert redfish.read(0) == []
    assert "redfish" not in {thread.name for thread in threading.enumerate()}


def test_the_inputs_of_the_machine(controller: Controller) -> None:
    redfish = sensor(controller, every_s=0.02)
    assert redfish.probe().ok
    (channel,) = redfish.open()
    assert (channel.component, channel.kind, channel.unit) == ("node", "gauge", "W")
    now = time.monotonic_ns()
    (first,) = redfish.read(now)
    assert first.value == 812
    assert now - 10**9 < first.t_ns <= now
    controller.documents[POWER] = {"PowerControl": [{"Name": "x"}, {"PowerConsumedWatts": 640.5}]}
    end = time.monotonic() + 10
    while redfish.read(0)[0].value != 640.5 and time.monotonic() < end:
        time.sleep(0.01)
    assert redfish.read(0)[0].value == 640.5
    redfish.close()
    assert redfish.read(0) == []
    assert "redfish" not in {thread.name for thread in threading.enumerate()}


def test_an_answer_grows_old(controller: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    redfish = sensor(controller, every_s=1000.0)
    redfish.open()
    later = time.monotonic_ns() + 5_000 * 10**9
    monkeypatch.setattr(time, "monotonic_ns", lambda: later)
    assert redfish.read(later)[0].value is None
    redfish.close()


def test_the_only_chassis_with_power_is_found(controller: Controller) -> None:
    chassis = [{"@odata.id": f"/redfish/v1/Chassis/{name}"} for name in ("Disk", "1")]
    controller.documents["/redfish/v1/Chassis"] = {"Members": [*chassis, "odd", {}]}
    controller.documents["/redfish/v1/Chassis/1"] = {"Power": {"@odata.id": POWER}}
    controller.documents["/redfish/v1/Chassis/Disk"] = {}
    controller.documents[""] = controller.documents["/"] = {}
    redfish = sensor(controller, "/redfish/v1/")
    assert redfish.probe().ok
    controller.documents["/redfish/v1/Chassis/Disk"] = {"Power": {"@odata.id": "/other"}}
    controller.documents["/other"] = controller.documents[POWER]
    probe = redfish.probe()
    assert "which is this machine cannot be told" in probe.reason
    assert POWER in probe.fix
    assert "/other" in probe.fix


@pytest.mark.parametrize(
    "document",
    [{}, [], "x", b"\xff not json", {"PowerControl": []}, {"PowerControl": [{"PowerConsumedWatts": None}]},
     {"PowerControl": [{"PowerConsumedWatts": -1}]}, {"PowerControl": [{"PowerConsumedWatts": True}]},
     b'{"PowerControl": [{"PowerConsumedWatts": NaN}]}', b"[" * 100_000],
)  # fmt: skip
def test_answers_that_say_nothing(controller: Controller, document: object) -> None:
    controller.documents[POWER] = document
    redfish = sensor(controller)
    assert not redfish.probe().ok
    assert redfish.open() == []
    assert redfish.notes[0].startswith("The controller gives no power: ")
    redfish.close()


def test_refusals(controller: Controller) -> None:
    probe = sensor(controller, token="wrong").probe()
    assert probe.reason == "The controller refuses the token."
    assert TOKEN in probe.fix
    assert sensor(controller, "/nowhere").probe().reason == "The controller answered with status 404."


@pytest.mark.parametrize(
    "url", ["x", "ftp://127.0.0.1/a", "http://", "http://[::1/a", "http://127.0.0.1:1/a", "http://127.0.0.1:x/a"]
)
def test_addresses_that_lead_nowhere(url: str) -> None:
    redfish = Redfish(environ={URL: url})
    assert not redfish.probe().ok
    assert redfish.open() == []


def test_a_token_goes_over_no_open_line() -> None:
    probe = Redfish(environ={URL: "http://bmc.invalid/redfish/v1", TOKEN: "abc"}).probe()
    assert probe == (False, "A token is not sent over a line that is not encrypted.", f"Let {URL} begin with https://.")
