"""What near forwards is on its uplink, to the byte, by who is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.behind import BRIDGE, HOTSPOT, Behind
from tests.e2e.daemon import SLOW
from tests.e2e.places import root_in
from tests.e2e.truth import NOTHING, adds_up, free_port, moved, of_reason
from tests.lab import Both
from tests.load import next_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.behind import Guest
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab


@pytest.fixture
def behind(any_lab: Lab, request: pytest.FixtureRequest) -> Iterator[Behind]:
    """Containers and a client behind near."""
    offload = "offload" in request.node.callspec.id
    with Behind(any_lab, offload=offload) as made:
        yield made


def converse(lab: Lab, guest: Guest, up: int, down: int) -> Both:
    """A conversation over the Internet; returns what it put on the wire."""
    port, far = free_port(), lab.address["far4"]
    server = lab.far.traffic("serve", far, port)
    next_line(server)
    client = guest.traffic("transfer", far, port, up, down)
    assert (client.wait(), server.wait()) == (0, 0)
    lab.wire()
    return lab.port(port)


def ask(lab: Lab, guest: Guest) -> Both:
    """Questions over UDP; returns what they put on the wire."""
    port, far = free_port(), lab.address["far4"]
    server = lab.far.datagrams("serve", far, port)
    next_line(server)
    client = guest.datagrams("ask", far, port, 100)
    assert client.wait() == 0
    server.communicate("stop\n")
    lab.wire()
    return lab.port(port)


def of(report: dict[str, Any], **named: object) -> Both:
    """What the rows say that have these words."""
    rows = report["rows"]
    return moved([r for r in rows if all(r[name] == x for name, x in named.items())])


def plus(*parts: Both) -> Both:
    """Their sum."""
    return Both(
        *(
            type(ways[0])(*(sum(numbers) for numbers in zip(*ways, strict=True)))
            for ways in zip(*parts, strict=True)
        )
    )


def test_containers_have_their_bytes_and_a_hotspot_the_rest(
    any_lab: Lab, behind: Behind, make: Callable[[Place], Esimmon]
) -> None:
    lab, (first, second) = any_lab, behind.containers
    esimmon = make(root_in(lab.near))
    daemon = esimmon.start()
    truth = {
        first.application: plus(converse(lab, first, 2_000_000, 3_000_000)),
        second.application: plus(
            converse(lab, second, 10_000, 700_000), ask(lab, second)
        ),
    }
    shared = plus(converse(lab, behind.client, 400_000, 900_000))
    ping = behind.client.datagrams("ping", lab.address["far4"], "dgram", 3, 100)
    assert ping.wait() == 0
    lab.wire()

    report = esimmon.report("application")
    assert adds_up(report)
    for application, wire in truth.items():
        assert of(report, application=application, via=BRIDGE) == wire
    pinged = Both(*(type(way)(3 * 128, 3) for way in shared))
    assert of(report, reason="forwarded", via=HOTSPOT) == plus(shared, pinged)
    assert of(report, reason="forwarded", via=BRIDGE, application=None) == NOTHING
    assert of_reason(report, "unattributed") == NOTHING
    assert daemon.stop() == 0


def test_what_containers_tell_each_other_is_on_no_uplink(
    lab: Lab, esimmon: Esimmon
) -> None:
    """The bridge is busy meanwhile, over several ticks."""
    with Behind(lab) as behind:
        first, second = behind.containers
        esimmon.start()
        server = first.traffic("serve", first.address, 7000, 2)
        next_line(server)
        local = [
            second.traffic("transfer", first.address, 7000, up, down)
            for up, down in ((100, 60_000_000), (30_000_000, 100))
        ]
        truth = {
            first.application: converse(lab, first, 50_000, 4_000_000),
            second.application: converse(lab, second, 2_000_000, 30_000),
        }
        assert {process.wait() for process in (*local, server)} == {0}

        report = esimmon.report("application")
        assert adds_up(report)
        for application, wire in truth.items():
            assert of(report, application=application).rx == wire.rx
        # Who sent what is known only of all together while they talk to each other.
        assert of(report, via=BRIDGE).tx == plus(*truth.values()).tx
        assert of_reason(report, "unattributed") == NOTHING


def test_a_kill_loses_no_forwarded_byte_and_no_name(lab: Lab, esimmon: Esimmon) -> None:
    with Behind(lab) as behind:
        guest = behind.containers[0]
        daemon = esimmon.start()
        before = converse(lab, guest, 10_000, 300_000)
        esimmon.report()
        daemon.kill()
        meanwhile = converse(lab, guest, 200_000, 20_000)
        esimmon.start()
        report = esimmon.report("application")
        assert of(report, application=guest.application) == plus(before, meanwhile)
        assert adds_up(report)
        assert of_reason(report, "gap") == NOTHING


def test_a_container_that_nobody_is_in_any_more_is_known_all_the_same(
    lab: Lab, esimmon: Esimmon
) -> None:
    """The kernel noted where the pair leads when the first packet came for it."""
    esimmon.configure(SLOW)
    with Behind(lab) as behind:
        guest = behind.containers[0]
        assert guest.sleeper
        guest.sleeper.kill()
        esimmon.start()
        wire = converse(lab, guest, 10_000, 300_000)
        report = esimmon.report("application")
        assert of(report, application=guest.application, via=BRIDGE) == wire
        assert adds_up(report)
