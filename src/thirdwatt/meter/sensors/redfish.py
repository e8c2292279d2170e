"""Redfish: the power that a machine's own controller sees at its inputs. Asked only where the environment names it.

``THIRDWATT_REDFISH_URL`` is the address of a Power resource (``https://bmc/redfish/v1/Chassis/1/Power``) or of the
controller, ``THIRDWATT_REDFISH_TOKEN`` the token of a session, ``THIRDWATT_REDFISH_CA`` a file with the certificate to
trust.
"""

from __future__ import annotations

import math
import os

from .base import Channel, Probe, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from typing import Any

URL, TOKEN, CA = "THIRDWATT_REDFISH_URL", "THIRDWATT_REDFISH_TOKEN", "THIRDWATT_REDFISH_CA"
TIMEOUT_S, EVERY_S = 3.0, 5.0
STALE = 4
"""Answers missed in a row after which the last one is no longer told."""
MOST_BYTES = 1 << 20


class Refused(Exception):  # noqa: N818 - an answer, and never out of this file
    """Why there is no answer, and what would give one."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.fix = fix


class Redfish:
    """Watts of the chassis. A thread asks, so that a slow controller keeps no other sensor waiting."""

    name = "redfish"

    def __init__(
        self,
        root: str = "/",  # noqa: ARG002
        environ: Mapping[str, str] | None = None,
        pid: int | None = None,  # noqa: ARG002
        every_s: float = EVERY_S,
    ) -> None:
        self.notes: list[str] = []
        environ = os.environ if environ is None else environ
        self._url, self._token, self._ca = (environ.get(name, "").strip() for name in (URL, TOKEN, CA))
        self._every_s = every_s
        self._connection: Any = None
        self._path = ""
        self._last: tuple[float, int] | None = None
        self._thread: threading.Thread | None = None
        self._end: threading.Event | None = None

    def probe(self) -> Probe:
        """Whether the controller that the environment names gives power."""
        if not self._url:
            fix = f"To read it, set {URL} to the address of its Power resource and {TOKEN} to a token that may read it."
            return Probe(False, "No controller is named, so none is asked.", fix)
        try:
            self._watts(self._found())
        except Refused as error:
            return Probe(False, str(error), error.fix)
        finally:
            self._disconnect()
        return Probe(True, "", "")

    def open(self) -> list[Channel]:
        """Ask once, and go on asking until closed."""
        import threading
        import time

        self.close()
        self.notes = []
        if not self._url:
            return []
        try:
            self._path = self._found()
            self._last = (self._watts(self._path), time.monotonic_ns())
        except Refused as error:
            self.notes.append(f"The controller gives no power: {error}")
            self._disconnect()
            return []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(self._end,), name="redfish", daemon=True)
        self._thread.start()
        self.notes.append(f"The controller is asked every {self._every_s:g} s, and tells what it saw a while ago.")
        source = "Redfish PowerConsumedWatts"
        return [Channel("redfish:node:power", "node", "node", "device", "gauge", "W", 0.0, source)]

    def read(self, now_ns: int) -> list[Reading]:
        """The last answer, at the moment it came; none once it is old."""
        if self._thread is None:
            return []
        import time

        last = self._last
        if last is None:
            return [Reading("redfish:node:power", None, now_ns)]
        age_ns = max(0, time.monotonic_ns() - last[1])
        if age_ns > (STALE * self._every_s + TIMEOUT_S) * 1e9:
            return [Reading("redfish:node:power", None, now_ns)]
        return [Reading("redfish:node:power", last[0], now_ns - age_ns)]

    def close(self) -> None:
        """Stop asking."""
        if self._end is not None and self._thread is not None:
            self._end.set()
            self._thread.join(TIMEOUT_S + 1)
        self._thread = self._end = self._last = None
        self._disconnect()

    def _ask(self, end: threading.Event) -> None:
        import time

        while not end.wait(self._every_s):
            try:
                self._last = (self._watts(self._path), time.monotonic_ns())
            except Refused:
                self._disconnect()

    def _found(self) -> str:
        """The path of the Power resource: as it is named, or that of the only chassis that has one."""
        from urllib.parse import urlsplit

        try:
            path = urlsplit(self._url).path.rstrip("/")
        except ValueError:
            raise Refused(f"{URL} is no address.") from None
        if path not in ("", "/redfish", "/redfish/v1"):
            return path
        found = []
        for member in _list(self._get("/redfish/v1/Chassis").get("Members")):
            chassis = self._get(_link(member))
            link = _link(chassis.get("Power"))
            if link:
                try:
                    self._watts(link)
                except Refused:
                    continue
                found.append(link)
        if not found:
            raise Refused("No chassis of the controller gives PowerConsumedWatts.")
        if len(found) > 1:
            raise Refused(
                f"{len(found)} chassis give power, and which is this machine cannot be told.",
                f"Set {URL} to one of them: {', '.join(found)}.",
            )
        return found[0]

    def _watts(self, path: str) -> float:
        for control in _list(self._get(path).get("PowerControl")):
            value = control.get("PowerConsumedWatts") if isinstance(control, dict) else None
            if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
                return float(value)
        raise Refused("The Power resource has no PowerConsumedWatts.")

    def _get(self, path: str) -> dict[str, Any]:
        import http.client
        import json

        headers = {"Accept": "application/json"}
        if self._token:
            headers["X-Auth-Token"] = self._token
        try:
            if self._connection is None:
                self._connection = self._connected()
            self._connection.request("GET", path or "/", headers=headers)
            answer = self._connection.getresponse()
            body = answer.read(MOST_BYTES + 1)
            if answer.status in (401, 403):
                raise Refused(
                    "The controller refuses the token.", f"Set {TOKEN} to the token of a session that may read power."
                )
            if answer.status != 200:
                raise Refused(f"The controller answered with status {answer.status}.")
            document = json.loads(body) if len(body) <= MOST_BYTES else None
        except Refused:
            self._disconnect()
            raise
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self._disconnect()
            raise Refused(
                f"The controller gave no answer that can be read: {type(error).__name__}.",
                f"Check {URL}, and {CA} if its certificate is its own.",
            ) from None
        if not isinstance(document, dict):
            raise Refused("The controller's answer is no object.")
        return document

    def _connected(self) -> Any:
        import http.client
        from urllib.parse import urlsplit

        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(f"{URL} is no address that begins with https:// or http://.")
        if parts.scheme == "http":
            if self._token and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
                raise Refused(
                    "A token is not sent over a line that is not encrypted.", f"Let {URL} begin with https://."
                )
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
        import ssl

        context = ssl.create_default_context(cafile=self._ca or None)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _link(value: object) -> str:
    found = value.get("@odata.id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and found.startswith("/") else ""
