"""Devices and default routes, by the collectors that a daemon uses."""

from __future__ import annotations

from monitor.checks.networks import Networks
from monitor.collectors import netdev, routes, rtnetlink
from monitor.errors import SourceError


def look() -> Networks:
    """Look at the network of this process."""
    try:
        return Networks(
            links=rtnetlink.collect(),
            busy=frozenset(
                device.ifindex for device in netdev.collect() if device.counter
            ),
            default_routes=routes.collect(),
        )
    except SourceError as error:
        return Networks(
            links={}, busy=frozenset(), default_routes=frozenset(), failure=str(error)
        )
