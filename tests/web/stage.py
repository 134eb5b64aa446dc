"""A machine's past for the dashboard, and `esimmon web` as a person starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.accounts import agreements
from monitor.alerts import BACKGROUND_RATE, Alert, Cleared, Key, Raised
from monitor.client import statusfile
from monitor.config import control_socket
from monitor.store.batch import Batch
from monitor.store.engine import open_store
from monitor.store.rollups import roll_up
from monitor.store.writer import Writer
from monitor.usage import SLOT_S, Application, Bill, Interval, Share, Traffic, total
from monitor.zones import local_zone
from tests.networking import ESIM, attachment, wifi
from tests.unit.commands.plan_stores import agreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Page

    from monitor.usage import Attachment
    from tests.browser import Witness

    Shown = tuple[Page, Witness]

# Where it is about noon: no test runs in the first minutes of a day, week or month.
ZONE: Final = f"Etc/GMT{int(time.time()) // 3600 % 24 - 13:+d}"
HOUR_S: Final = 3600
DAY_S: Final = 86_400
MB: Final = 10**6
GB: Final = 10**9
DAYS: Final = 6
MARKUP: Final = "<img src=x onerror=alert(1)><script>alert(2)</script>"
RIGHT_TO_LEFT: Final = "evil\u202egpj.exe\x1b[31m\n" + b"\xff".decode(
    "utf-8", "surrogateescape"
)
SSID: Final = wifi(b"</td><b>caf\xc3\xa9</b>\xe2\x80\xae", 3)
APPLICATIONS: Final = {
    "firefox": ("interactive", 9 * MB),
    "apt": ("background", 4 * MB),
    MARKUP: ("unknown", 2 * MB),
    RIGHT_TO_LEFT: ("background", MB),
}
PLANS: Final[tuple[dict[str, Any], ...]] = (
    {
        "plan": {
            "id": "home",
            "tz": ZONE,
            "buckets": [{"id": "main", "bytes": 16 * GB}],
            "cycle": {"kind": "month"},
        }
    },
    {
        "plan": {
            "id": "pack",
            "tz": ZONE,
            "buckets": [{"id": "main", "bytes": GB}],
            "cycle": {"kind": "whole"},
            "validity": {
                "kind": "fixed",
                "start": "2023-10-01T00:00:00Z",
                "end": "2023-11-01T00:00:00Z",
            },
        },
        "patterns": ["usb*"],
    },
)
_BOOT: Final = "b007b007-0000-4000-8000-00000000000b"
_PATIENCE_S: Final = 20
_WAYS: Final = (attachment(ESIM, "wwan0"), attachment(SSID, "wlan0"))


class Past(NamedTuple):
    """What was recorded.

    Attributes:
        store: the database.
        end_s: UTC second up to which it has records.
        gap: a time without a daemon.
    """

    store: Path
    end_s: int
    gap: Interval


def make_past(store: Path, now_s: int) -> Past:
    """Write two runs with a gap between them, the last one up to now.

    Args:
        store: the database to make.
        now_s: UTC second.
    """
    end_s = now_s - now_s % SLOT_S
    begin_s = end_s - DAYS * DAY_S
    gap = Interval(end_s - 3 * DAY_S - 5 * HOUR_S, end_s - 3 * DAY_S)
    with open_store(store, writable=True, create=True) as made:
        agreed = [agreement(table, at) for at, table in enumerate(PLANS)]
        agreements.keep(made, agreed, begin_s)
        for run in (Interval(begin_s, gap.from_s), Interval(gap.to_s, end_s)):
            with Writer(made) as writer:
                writer.start(_BOOT, run.from_s, "ebpf", "0.1.0", begin_s - 1000)
                writer.flush(_usage(run), run.to_s, trusted=True)
                if run.to_s == end_s:
                    writer.flush(_alerts(end_s), end_s, trusted=True)
                writer.stop(run.to_s)
        roll_up(made, now_s, local_zone({"TZ": ZONE}))
    return Past(store, end_s, gap)


def _usage(run: Interval) -> Batch:
    """A slot an hour: more by day than at night, twice as much on the SIM."""
    batch = Batch(networks={each.key: each for each in (ESIM, SSID)})
    for from_s in range(run.from_s, run.to_s, HOUR_S):
        when = Interval(from_s, from_s + SLOT_S)
        for factor, where in enumerate(reversed(_WAYS), start=1):
            _book(batch, when, where, factor * (1 + from_s // HOUR_S % 24 // 6))
    return batch


def _book(batch: Batch, when: Interval, where: Attachment, factor: int) -> None:
    moved = []
    for name, (app_class, rx_bytes) in APPLICATIONS.items():
        traffic = Traffic(rx_bytes * factor, rx_bytes * factor // 7, 50, 9)
        share = Share(Application(name, "executable"), app_class=app_class, uid=1000)
        batch.explanation[when, where, share] = traffic
        moved.append(traffic)
    whole = total([*moved, Traffic(MB // 2, MB // 9, 3, 3)])
    batch.bill[when, where] = Bill(whole, whole)


def _alerts(at_s: int) -> Batch:
    """One that holds, about a program with a bad name, and one that is over."""
    batch = Batch()
    for step, name in enumerate((MARKUP, "apt")):
        key = Key(BACKGROUND_RATE, 0, "", f"if:wwan0/{name}")
        title = f"{name} moved 60.0 MB in the background"
        alert = Alert(key, "home", name, ESIM.key, "60000000", title, f"By {name}.")
        batch.alerts.append(Raised(alert, at_s - 7200 * (step + 1)))
        if step:
            batch.alerts.append(Cleared(key, at_s - 600, rearmed=True))
    return batch


class Web(NamedTuple):
    """A running `esimmon web`.

    Attributes:
        address: without the token, such as "http://127.0.0.1:8080".
        token: what its data wants.
        process_id: of the server.
    """

    address: str
    token: str
    process_id: int

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Ask without a browser.

        Args:
            path: from its slash on, sent as it is.
            headers: more of them, or others; by default the token is sent.
            method: of HTTP.

        Returns:
            Status, headers and body.
        """
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        connection = http.client.HTTPConnection(self.address.rpartition("/")[2])
        with closing(connection):
            connection.putrequest(method, path, skip_host="Host" in given)
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def json(self, path: str) -> dict[str, Any]:
        """The same of a document."""
        status, _, body = self.get(path)
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def open(self, page: Page, query: str = "") -> None:
        """Show it as a person does who follows the address.

        Args:
            page: of a browser.
            query: such as "?period=today".
        """
        page.goto(f"{self.address}/{query}#token={self.token}")
        settle(page)


def settle(page: Page) -> None:
    """Wait until all that was asked for is shown."""
    page.wait_for_selector("html[data-shown=all]", state="attached")


@contextmanager
def web(store: Path, home: Path, *arguments: str, zone: str = ZONE) -> Iterator[Web]:
    """Start `esimmon web`.

    Args:
        store: of which database.
        home: for whatever it would keep.
        arguments: more of them.
        zone: of the machine.

    Yields:
        It, once it answers.
    """
    command = [sys.executable, "-m", "monitor", "web", "--store", str(store)]
    environ = {**os.environ, "HOME": str(home), "TZ": zone}
    # Where its daemon would be, also for root.
    environ |= {"RUNTIME_DIRECTORY": f"{home}/esimmon", "XDG_STATE_HOME": str(home)}
    with subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as process:
        try:
            assert process.stdout is not None
            address, _, token = process.stdout.readline().strip().partition("/#token=")
            assert token, process.stderr and process.stderr.read()
            yield Web(address, token, process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            _, complaints = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, complaints) == (130, ""), complaints


def write_status(past: Past, home: Path, document: dict[str, Any]) -> None:
    """Be the daemon of that past.

    Args:
        past: whose store it writes.
        home: of the server.
        document: as of its last tick.
    """
    (home / "esimmon").mkdir(exist_ok=True)
    environ = {"RUNTIME_DIRECTORY": str(home / "esimmon")}
    socket = control_socket(past.store, environ, is_root=True, explicit=True)
    statusfile.write(statusfile.status_path(socket), document)


def now_s() -> int:
    """UTC second."""
    return int(time.time())
