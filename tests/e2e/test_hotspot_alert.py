"""A machine that begins to share metered data says so once; its containers do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.behind import HOTSPOT, Behind
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import free_port
from tests.load import next_line

if TYPE_CHECKING:
    from tests.behind import Guest
    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

METERED = f'{QUICK}\n[interfaces]\nmetered = ["wwan*"]\n'


def load(lab: Lab, guest: Guest) -> None:
    """Two megabytes from the Internet."""
    port, far = free_port(), lab.address["far4"]
    server = lab.far.traffic("serve", far, port)
    next_line(server)
    client = guest.traffic("transfer", far, port, 1000, 2_000_000)
    assert (client.wait(), server.wait()) == (0, 0)


def test_sharing_a_metered_network_is_told_once(lab: Lab, esimmon: Esimmon) -> None:
    esimmon.configure(METERED)
    with Behind(lab) as behind:
        daemon = esimmon.start()
        load(lab, behind.containers[0])
        daemon.flush()
        assert esimmon.alerts() == []
        load(lab, behind.client)
        wait_for(esimmon.alerts, "the alert")
        (alert,) = esimmon.alerts()
        assert (alert["kind"], alert["network"]) == ("forwarding.started", "if:wwan0")
        assert alert["title"] == "Other devices use wwan0"
        assert f"behind {HOTSPOT}: " in alert["body"]
        daemon.kill()
        daemon = esimmon.start()
        load(lab, behind.client)
        daemon.flush()
        assert esimmon.alerts() == [alert]
        assert daemon.stop() == 0
