"""Bytes and packets of every network device, from /proc/net/dev by psutil.

Unit: bytes and packets as the driver counts them, link layer included on most.
Width and restart: 64 bits on every kernel that esimmon runs on; some drivers restart
  at zero when the device is reloaded or plugged in again (`monitor.counters`).
Scope: this process's network namespace.
Privilege: none.
Cost: one file of a line a device, and the list of names twice.
Source: proc_pid_net(5); psutil, because it is the given library: its wrap guess is
  off (`nowrap=False`), since a smaller value is a restart here, never a wrap.
"""

from __future__ import annotations

import socket

import psutil

from monitor.devices import DeviceCounters
from monitor.errors import SourceError
from monitor.usage import Traffic


def collect() -> tuple[DeviceCounters, ...]:
    """Read the counters of all devices of this namespace.

    psutil knows devices by name only, and a name can pass to another device between
    two calls: a device whose index differs before and after the read is left out of
    this snapshot, and is whole again in the next.

    Returns:
        One value a device, loopback included, in order of ifindex.

    Raises:
        SourceError: /proc/net/dev cannot be read or understood.
    """
    before = {name: ifindex for ifindex, name in socket.if_nameindex()}
    try:
        counters = psutil.net_io_counters(pernic=True, nowrap=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceError(f"/proc/net/dev: {error}; is /proc mounted?") from error
    after = {name: ifindex for ifindex, name in socket.if_nameindex()}
    devices = [
        DeviceCounters(
            name=name,
            ifindex=before[name],
            counter=Traffic(
                raw.bytes_recv, raw.bytes_sent, raw.packets_recv, raw.packets_sent
            ),
        )
        for name, raw in counters.items()
        if name in before and before[name] == after.get(name)
    ]
    return tuple(sorted(devices, key=lambda device: device.ifindex))
