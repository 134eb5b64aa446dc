"""What the status file says that was moved only grows, through stop and kill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from monitor.client import statusfile
from tests.e2e.daemon import wait_for
from tests.e2e.truth import transfer
from tests.lab import DEVICE

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab


def totals(esimmon: Esimmon) -> tuple[int, int]:
    """Received and sent by the device that is billed, once the daemon says so."""
    path = statusfile.status_path(esimmon.control())
    wait_for(Path(path).exists, "the status file")
    found = statusfile.read(path)["totals"]
    rows = [each for each in found if each["interface"] == DEVICE]
    return sum(row["rx_bytes"] for row in rows), sum(row["tx_bytes"] for row in rows)


def test_totals_go_on_after_a_stop_and_after_a_kill(esimmon: Esimmon, lab: Lab) -> None:
    expected_rx = expected_tx = 0
    for end in ("stop", "kill", "stop"):
        daemon = esimmon.start()
        before = totals(esimmon)
        assert before == (expected_rx, expected_tx)
        _, wire = transfer(lab, down=50_000)
        expected_rx += wire.rx.bytes
        expected_tx += wire.tx.bytes
        wait_for(
            lambda: totals(esimmon) == (expected_rx, expected_tx),  # noqa: B023 - at once
            "the bytes of the transfer",
        )
        if end == "kill":
            daemon.kill()
            Path(statusfile.status_path(esimmon.control())).unlink()
        else:
            assert daemon.stop() == 0
