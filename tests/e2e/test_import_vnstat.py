"""What the real vnstatd counted in a namespace is taken over to the byte."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from monitor import clock
from monitor.cli import main
from monitor.store import queries, vnstat
from monitor.store.engine import open_store
from monitor.usage import Interval, total
from monitor.zones import local_zone
from tests import vnstats
from tests.namespaces import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs("root", "ip", "nsenter", "ping", "vnstat", "vnstatd")

CONFIG = """
DatabaseDir "{0}"
LogFile "{0}/log"
UseLogging 1
UpdateInterval 2
PollInterval 2
TimeSyncWait 0
"""


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A network of one's own with a cable."""
    made = Namespace("esimmon-inout")
    made.ip(
        "link add wan0 type veth peer name far0",
        "address add 192.0.2.1/24 dev wan0",
        "link set wan0 up",
        "link set far0 up",
        "neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev wan0",
    )
    yield made
    made.close()


def test_what_vnstatd_counted_is_taken_over(
    namespace: Namespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "vnstat").mkdir()
    database = vnstats.make(tmp_path / "vnstat")
    config = tmp_path / "vnstat" / "vnstat.conf"
    config.write_text(CONFIG.format(tmp_path / "vnstat"))
    store = tmp_path / "usage.db"
    words = ["vnstatd", "--config", str(config), "--nodaemon", "--alwaysadd", "1"]
    for _ in range(2):
        daemon = namespace.popen(words)
        wait_for(database, "wan0")
        time.sleep(3)  # it takes what is there as the beginning
        ping = ["ping", "-q", "-i", "0.01", "-c", "200", "-s", "1400", "192.0.2.2"]
        namespace.popen(ping).communicate()
        time.sleep(3)
        daemon.send_signal(signal.SIGTERM)  # so that it writes down what it has
        daemon.wait(timeout=30)
        given = ["import", "vnstat", str(database), "--store", str(store)]
        assert main([*given, "--network", "wan0=if:wan0", "--yes"]) == 0
        told = vnstats.told(database, "wan0")["year"]
        assert counted(store) == sum_of(told)
    assert counted(store)[1] >= 2 * 200 * 1400
    assert "wan0" in capsys.readouterr().out


def wait_for(database: Path, name: str) -> None:
    """Until vnstatd knows an interface."""
    end_s = time.monotonic() + 60
    while True:
        try:
            if any(each.name == name for each in seen(database)):
                return
        finally:
            assert time.monotonic() < end_s
        time.sleep(0.2)


def seen(database: Path) -> list[vnstat.Interface]:
    """What it knows."""
    zone = local_zone({})
    return vnstat.read(database, vnstat.Calendar(zone), lambda *_: None)


def sum_of(rows: dict[tuple[int, ...], tuple[int, int]]) -> tuple[int, int]:
    """Of a table."""
    return sum(rx for rx, _ in rows.values()), sum(tx for _, tx in rows.values())


def counted(store: Path) -> tuple[int, int]:
    """Of everything."""
    with open_store(store, writable=False) as opened:
        bills = queries.interface_bills(opened, Interval(0, clock.now_s() + 1))
    bill = total(each.counter for each in bills if each.name == "wan0")
    return bill.rx_bytes, bill.tx_bytes
