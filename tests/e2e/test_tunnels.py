"""What a tunnel carries belongs to the programs inside, and is billed once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import tunnelled
from tests.behind import BRIDGE, HOTSPOT, Behind
from tests.e2e.daemon import QUICK
from tests.e2e.places import root_in
from tests.e2e.truth import (
    NOTHING,
    Transfer,
    adds_up,
    free_port,
    moved,
    of_process,
    of_reason,
)
from tests.lab import Both
from tests.load import next_line
from tests.tunnelled import INNER_FAR
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab
    from tests.tunnelled import Tunnel


def converse(lab: Lab, up: int, down: int) -> tuple[int, int]:
    """A conversation through the tunnel; returns the pid in near, and the port."""
    port = free_port()
    server = lab.far.traffic("serve", INNER_FAR, port)
    next_line(server)
    client = lab.near.traffic("transfer", INNER_FAR, port, up, down)
    assert (client.wait(), server.wait()) == (0, 0)
    lab.wire()
    return client.pid, port


def minus(whole: Both, part: Both) -> Both:
    """Their difference."""
    return whole.since(part)


def segmented(seen: Both, like: Both) -> Both:
    """What nftables counted inside, had it been cut into so many packets.

    Super-packets pass it whole; each packet more has a header of TCP over IPv4 more.
    """
    ways = zip(seen, like, strict=True)
    return Both(
        *(
            Way(way.bytes + (cut.packets - way.packets) * HEADER_BYTES, cut.packets)
            for way, cut in ways
        )
    )


HEADER_BYTES = 52
KINDS = {
    "wireguard-go": tunnelled.wireguard_go,
    "tun": tunnelled.tun,
    "vxlan": tunnelled.vxlan,
}


@pytest.fixture(params=[*KINDS])
def tunnel(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Tunnel]:
    """One kind after the other."""
    with KINDS[request.param](lab) as made:
        yield made


@pytest.mark.needs("wireguard-go", "wg")
def test_programs_have_their_inner_bytes_and_the_tunnel_its_overhead(
    lab: Lab, tunnel: Tunnel, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(root_in(lab.near))
    daemon = esimmon.start()
    before, inside_before = lab.wire(), tunnel.total()
    conversations = [
        converse(lab, up, down) for up, down in ((900_000, 20_000), (5_000, 700_000))
    ]
    outer = minus(lab.wire(), before)
    inside = minus(tunnel.total(), inside_before)

    report = esimmon.report()
    assert adds_up(report)
    assert moved(report["rows"]) == outer
    for pid, port in conversations:
        assert of_process(report, pid) == tunnel.inner(port)
    assert of_reason(report, "tunnel_overhead") == minus(outer, inside)
    vias = {row["via"] for row in report["rows"] if row["reason"] == "tunnel_overhead"}
    assert vias == {tunnel.device}
    if tunnel.pid:
        assert tunnel.pid not in {row["pid"] for row in report["rows"]}
    assert daemon.stop() == 0


def learn(lab: Lab, esimmon: Esimmon) -> None:
    """Let it see how the device counts, in a tick that nothing moves in."""
    host = lab.address["far4"]
    port = free_port()
    server = lab.far.datagrams("serve", host, port)
    next_line(server)
    assert lab.near.datagrams("ask", host, port, 150).wait() == 0
    server.communicate("stop\n")
    lab.wire()
    assert esimmon.report()["l3"] == "exact"


def test_a_tunnel_that_compresses_charges_what_the_carrier_moved(
    lab: Lab, esimmon: Esimmon
) -> None:
    """Programs moved ten times as much inside: it is scaled down."""
    with tunnelled.tun(lab, "zlib") as tunnel:
        esimmon.start()
        before = lab.wire()
        pid, port = converse(lab, 500_000, 0)
        outer = minus(lab.wire(), before)
        assert outer.tx.bytes < tunnel.inner(port).tx.bytes // 2
        report = esimmon.report()
        assert adds_up(report)
        assert moved(report["rows"]) == outer
        assert of_process(report, pid).tx.bytes == outer.tx.bytes


@pytest.mark.parametrize("kind", [*KINDS])
@pytest.mark.needs("wireguard-go", "wg")
def test_bytes_beside_the_tunnel_are_not_mixed_up_with_those_inside(
    any_lab: Lab, kind: str, make: Callable[[Place], Esimmon]
) -> None:
    """Over some ticks, whose readings are never simultaneous."""
    lab = any_lab
    with KINDS[kind](lab) as tunnel:
        esimmon = make(root_in(lab.near))
        esimmon.start()
        before = lab.wire()
        learn(lab, esimmon)
        beside = [Transfer(lab, down=40_000_000), Transfer(lab, up=20_000_000)]
        inside = [converse(lab, 2_000_000, 3_000_000) for _ in range(3)]
        direct = [(each.pid, each.wait()) for each in beside]
        outer = minus(lab.wire(), before)

        report = esimmon.report()
        assert adds_up(report)
        assert moved(report["rows"]) == outer
        for pid, wire in direct:
            assert of_process(report, pid) == wire
        for pid, port in inside:
            mine = of_process(report, pid)
            assert mine == segmented(tunnel.inner(port), mine)
        assert of_reason(report, "over-explained") == NOTHING
        assert of_reason(report, "unattributed") == NOTHING


def test_a_vpn_that_ends_leaves_its_last_bytes_to_the_programs(
    lab: Lab, esimmon: Esimmon
) -> None:
    """The device is gone before the daemon looks."""
    esimmon.configure('[sampling]\ntick = "3 s"\nflush = "3 s"\n')
    esimmon.start()
    with tunnelled.tun(lab) as tunnel:
        pid, port = converse(lab, 100_000, 10_000)
        esimmon.report()  # it has seen the device
        later, later_port = converse(lab, 50_000, 200_000)
        inner = [tunnel.inner(each) for each in (port, later_port)]
    report = esimmon.report()
    assert adds_up(report)
    assert [of_process(report, each) for each in (pid, later)] == inner


def test_a_restart_of_the_daemon_mixes_nothing_up(lab: Lab, esimmon: Esimmon) -> None:
    with tunnelled.tun(lab) as tunnel:
        daemon = esimmon.start()
        first, first_port = converse(lab, 100_000, 10_000)
        esimmon.report()
        daemon.kill()
        meanwhile, port = converse(lab, 10_000, 300_000)
        esimmon.start()
        report = esimmon.report()
        assert adds_up(report)
        assert of_process(report, first) == tunnel.inner(first_port)
        assert of_process(report, meanwhile) == tunnel.inner(port)
        assert of_reason(report, "gap") == NOTHING


def test_an_alert_names_the_program_inside_and_not_the_vpn(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(f'{QUICK}\n[background]\nrate = "2 MB"\nwithin = "1 min"\n')
    with tunnelled.tun(lab):
        esimmon.start()
        converse(lab, 100_000, 3_000_000)
        esimmon.report()
        own = ("--config", esimmon.config, "--store", esimmon.store)
        done = esimmon.plainly("alerts", "list", *own, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        alerts = json.loads(done.stdout)["alerts"]
        assert [alert["application"] for alert in alerts] == ["traffic.py"]


@pytest.fixture
def behind(lab: Lab) -> Iterator[Behind]:
    """Containers and a client behind near."""
    with Behind(lab) as made:
        yield made


@pytest.mark.parametrize("kind", ["tun", "vxlan"])
def test_who_is_behind_a_tunnel_is_on_the_carrier_by_name(
    lab: Lab, behind: Behind, kind: str, make: Callable[[Place], Esimmon]
) -> None:
    """A container and a hotspot's client, both sent through the VPN."""
    with KINDS[kind](lab) as tunnel:
        behind.masquerade(tunnel.device)
        esimmon = make(root_in(lab.near))
        esimmon.start()
        before = lab.wire()
        ports = {}
        for guest in (behind.containers[0], behind.client):
            ports[guest.application] = port = free_port()
            server = lab.far.traffic("serve", INNER_FAR, port)
            next_line(server)
            client = guest.traffic("transfer", INNER_FAR, port, 300_000, 500_000)
            assert (client.wait(), server.wait()) == (0, 0)
        outer = minus(lab.wire(), before)
        report = esimmon.report("application")
        assert adds_up(report)
        assert moved(report["rows"]) == outer
        contained = behind.containers[0].application
        rows = {
            (row["application"], row["reason"], row["via"]): row
            for row in report["rows"]
        }
        mine = rows[contained, "forwarded", BRIDGE]
        assert moved([mine]) == tunnel.inner(ports[contained])
        shared = rows[None, "forwarded", HOTSPOT]
        assert moved([shared]) == tunnel.inner(ports[""])
