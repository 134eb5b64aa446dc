"""A backup of a daemon that counts, restored: what came since is in the counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.truth import transfer
from tests.lab import DEVICE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab


def billed(esimmon: Esimmon) -> tuple[int, int]:
    """Received and sent by the device, as IP packets."""
    rows = [each for each in esimmon.report()["interfaces"] if each["name"] == DEVICE]
    return sum(row["rx_bytes"] for row in rows), sum(row["tx_bytes"] for row in rows)


def test_nothing_is_lost_or_doubled_by_a_restore_in_the_same_boot(
    esimmon: Esimmon, lab: Lab, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    daemon = esimmon.start()
    _, first = transfer(lab, down=50_000)
    made = esimmon.call("backup", str(file))
    assert made.returncode == 0, made.stderr
    refused = esimmon.call("restore", str(file))
    assert refused.returncode == 1
    assert "A daemon that counts must be stopped first" in refused.stderr
    _, second = transfer(lab, down=70_000)
    assert daemon.stop() == 0
    restored = esimmon.call("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert "What was here is kept as " in restored.stdout
    assert billed(esimmon) == (first.rx.bytes, first.tx.bytes)
    daemon = esimmon.start()
    assert billed(esimmon) == (
        first.rx.bytes + second.rx.bytes,
        first.tx.bytes + second.tx.bytes,
    )
    assert daemon.stop() == 0
