"""Counters of all devices, from the real kernel."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil
import pytest

from monitor.collectors import netdev
from monitor.errors import SourceError


def test_loopback_is_read_with_its_index() -> None:
    """Every namespace has one."""
    assert netdev.collect()[0].name == "lo"
    assert netdev.collect()[0].ifindex == 1


def test_the_counters_are_the_kernels_own() -> None:
    """Read between two looks at /proc/net/dev."""

    def received() -> int:
        lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if "lo:" in line)

    before = received()
    found = netdev.collect()[0].counter.rx_bytes
    assert before <= found <= received()


def test_a_device_renamed_during_the_read_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its name may already be another device's."""
    names = iter([[(1, "lo"), (2, "eth0")], [(1, "lo"), (3, "eth0")]])
    monkeypatch.setattr(socket, "if_nameindex", lambda: next(names))
    assert [device.name for device in netdev.collect()] == ["lo"]


def test_an_unreadable_proc_is_a_source_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says what to look at."""

    def broken(**_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(psutil, "net_io_counters", broken)
    with pytest.raises(SourceError, match="is /proc mounted"):
        netdev.collect()
