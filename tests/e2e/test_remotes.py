"""Networks that programs talked to: exactly those of the wire, or none at all."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import free_port, moved
from tests.load import next_line
from tests.namespaces import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.daemon import Daemon, Esimmon
    from tests.lab import Both, Lab

ON = "[remotes]\nenabled = true\n"
LATE = '[sampling]\ntick = "1 s"\nflush = "10 min"\n'


class Away(NamedTuple):
    """A network beyond the lab, and a host in it."""

    network: str
    host: str


ONE = Away("198.51.100.0/24", "198.51.100.7")
TWO = Away("203.0.113.0/24", "203.0.113.200")
SIX = Away("2001:db8:77::/48", "2001:db8:77:1234::9")
PROGRAMS = ("traffic.py", "datagrams.py")


@pytest.fixture
def away(lab: Lab) -> Iterator[None]:
    """Far is also a host of each of these networks."""
    for place in (ONE, TWO, SIX):
        own = "fd77:{}" if place is SIX else "10.77.{}"
        end = "::2" if place is SIX else ".2"
        lab.far.ip(f"addr add {place.host} dev eth0")
        lab.right.ip(f"route add {place.network} via {own.format(3)}{end}")
        lab.left.ip(f"route add {place.network} via {own.format(2)}{end}")
    yield
    for place in (ONE, TWO, SIX):
        lab.far.ip(f"addr del {place.host} dev eth0")
        for router in (lab.right, lab.left):
            router.ip(f"route del {place.network}")


def _transfer(lab: Lab, to: Away, up: int, down: int) -> Both:
    """A TCP conversation; what was on the wire."""
    port = free_port()
    server = lab.far.traffic("serve", to.host, port)
    next_line(server)
    client = lab.near.traffic("transfer", to.host, port, up, down)
    assert (client.wait(), server.wait()) == (0, 0)
    lab.wire()
    return lab.port(port)


def _datagrams(lab: Lab, to: Away, count: int) -> Both:
    """Questions that are answered, a socket each; what was on the wire."""
    port = free_port()
    server = lab.far.datagrams("serve", to.host, port)
    next_line(server)
    client = lab.near.datagrams("ask", to.host, port, count)
    assert client.wait() == 0
    server.communicate("stop\n")
    lab.wire()
    return lab.port(port)


def _remotes(esimmon: Esimmon) -> dict[tuple[str, str], tuple[int, int]]:
    """What the report says of our programs; others of the machine talk as well."""
    return {
        (row["application"], row["remote"]): (row["rx_bytes"], row["tx_bytes"])
        for row in esimmon.report("remote")["rows"]
        if row["application"] in PROGRAMS and row["remote"] in _networks()
    }


def _networks() -> set[str]:
    return {place.network for place in (ONE, TWO, SIX)}


def _bytes(*wires: Both) -> tuple[int, int]:
    return sum(wire.rx.bytes for wire in wires), sum(wire.tx.bytes for wire in wires)


def _held(esimmon: Esimmon) -> list[dict[str, Any]]:
    """What the kernel holds."""
    pin = esimmon.pins() / "current" / "remotes"
    found: list[dict[str, Any]] = json.loads(
        run("bpftool", "-j", "map", "dump", "pinned", str(pin))
    )
    return found


def _reload(esimmon: Esimmon, daemon: Daemon, text: str) -> None:
    esimmon.configure(text)
    before = daemon.said().count("configuration reloaded")
    daemon.send(signal.SIGHUP)
    wait_for(
        lambda: daemon.said().count("configuration reloaded") > before, "the reload"
    )


@pytest.mark.usefixtures("away")
def test_each_program_has_its_networks_with_the_bytes_of_the_wire(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(QUICK + ON)
    daemon = esimmon.start()
    one = [_transfer(lab, ONE, 100_000, 3_000_000), _transfer(lab, ONE, 1, 1)]
    two = _transfer(lab, TWO, 500_000, 70_000)
    six = _transfer(lab, SIX, 40_000, 2_000_000)
    asked, six_asked = _datagrams(lab, TWO, 200), _datagrams(lab, SIX, 100)

    expected = {
        ("traffic.py", ONE.network): _bytes(*one),
        ("traffic.py", TWO.network): _bytes(two),
        ("traffic.py", SIX.network): _bytes(six),
        ("datagrams.py", TWO.network): _bytes(asked),
        ("datagrams.py", SIX.network): _bytes(six_asked),
    }
    assert _remotes(esimmon) == expected
    assert min(expected[key][0] for key in expected) > 0
    assert daemon.stop() == 0
    assert _remotes(esimmon) == expected
    # They are beside the sums, not in them.
    whole = esimmon.report("application")
    assert moved(whole["rows"]) == moved(whole["interfaces"])


@pytest.mark.usefixtures("away")
def test_nothing_is_counted_or_kept_where_that_is_off(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    _transfer(lab, ONE, 1000, 1000)
    assert _held(esimmon) == []
    report = esimmon.report("remote")
    assert (report["kept_s"], report["rows"]) == (0, [])
    assert daemon.stop() == 0
    assert ONE.network.encode() not in esimmon.store.read_bytes()
    shown = esimmon.call("report", "--by", "remote").stdout
    assert "are not kept: that is off." in shown


@pytest.mark.usefixtures("away")
def test_turned_off_by_a_reload_all_is_forgotten_and_turned_on_it_begins_anew(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(QUICK + ON)
    daemon = esimmon.start()
    _transfer(lab, ONE, 1000, 1000)
    assert set(_remotes(esimmon)) == {("traffic.py", ONE.network)}

    _reload(esimmon, daemon, QUICK)
    _transfer(lab, TWO, 1000, 1000)
    assert _held(esimmon) == []
    report = esimmon.report("remote")
    assert (report["kept_s"], report["rows"]) == (0, [])

    _reload(esimmon, daemon, QUICK + ON)
    wire = _transfer(lab, TWO, 5000, 5000)
    assert _remotes(esimmon) == {("traffic.py", TWO.network): _bytes(wire)}
    _reload(esimmon, daemon, QUICK)
    assert daemon.stop() == 0
    content = esimmon.store.read_bytes()
    assert ONE.network.encode() not in content
    assert TWO.network.encode() not in content


@pytest.mark.usefixtures("away")
def test_a_kill_costs_at_most_what_was_taken_since_the_last_flush(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(LATE + ON)
    daemon = esimmon.start()
    kept = _transfer(lab, ONE, 1000, 100_000)
    assert daemon.flush()
    lost = _transfer(lab, TWO, 1000, 100_000)
    wait_for(lambda: not _holds(esimmon), "a tick")
    daemon.kill()
    while_dead = _transfer(lab, SIX, 1000, 100_000)
    assert _holds(esimmon)
    daemon = esimmon.start()

    assert _remotes(esimmon) == {
        ("traffic.py", ONE.network): _bytes(kept),
        ("traffic.py", SIX.network): _bytes(while_dead),
    }
    # Of the sums nothing is missing.
    rows = esimmon.report("application", "--app", "traffic.py")["rows"]
    got = moved(rows)
    assert (got.rx.bytes, got.tx.bytes) == _bytes(kept, lost, while_dead)
    assert daemon.stop() == 0


def _holds(esimmon: Esimmon) -> bool:
    """Whether the kernel holds one of our networks: the machine has others."""
    text = json.dumps(_held(esimmon)).replace("0x", "").replace('", "', "")
    return any(head in text for head in ("cb0071", "20010db80077"))
