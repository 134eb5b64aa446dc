"""A WireGuard tunnel of the kernel between the two sides of a lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

from tests.lab import Both
from tests.namespaces import run
from tests.wire import Way

if TYPE_CHECKING:
    from tests.lab import Lab
    from tests.namespaces import Namespace

DEVICE = "wg0"
ADDRESS = {"near": "10.99.0.1", "far": "10.99.0.2"}
OUTER_HEADERS_BYTES = 20 + 8
"""IPv4 and UDP: what the tunnel's own counters do not hold of its packets."""

_PORT = 51820


class Tunnel:
    """The tunnel, from near to far; use it with `with`.

    It talks on its own (keepalives, some ten seconds after the last packet), so that no
    other test may share the wire with it.
    """

    def __init__(self, lab: Lab) -> None:
        """Remember where it shall be.

        Args:
            lab: whose wire the outer packets cross.
        """
        self._lab = lab

    def __enter__(self) -> Self:
        lab = self._lab
        near, far = run("wg", "genkey").strip(), run("wg", "genkey").strip()
        _end(lab.near, near, ADDRESS["near"])
        _end(lab.far, far, ADDRESS["far"])
        _meet(lab.near, far, ADDRESS["far"], lab.address["far4"])
        _meet(lab.far, near, ADDRESS["near"], lab.address["near4"])
        return self

    def __exit__(self, *error: object) -> None:
        for side in (self._lab.near, self._lab.far):
            side.ip(f"link del {DEVICE}")

    def counters(self) -> Both:
        """The counters of near's tunnel device."""
        line = ("ip", "netns", "exec", self._lab.near.name, "ip", "-j", "-s", "link")
        (link,) = json.loads(run(*line, "show", DEVICE))
        stats = link["stats64"]
        return Both(
            *(Way(stats[way]["bytes"], stats[way]["packets"]) for way in ("rx", "tx"))
        )


def _wg(side: Namespace, *words: str, key: str | None = None) -> None:
    run("ip", "netns", "exec", side.name, "wg", "set", DEVICE, *words, text=key)


def _end(side: Namespace, key: str, address: str) -> None:
    side.ip(f"link add {DEVICE} type wireguard")
    _wg(side, "listen-port", str(_PORT), "private-key", "/dev/stdin", key=key)
    side.ip(f"addr add {address}/24 dev {DEVICE}", f"link set {DEVICE} up")


def _meet(side: Namespace, key_of_other: str, address: str, endpoint: str) -> None:
    public = run("wg", "pubkey", text=key_of_other).strip()
    words = ("allowed-ips", f"{address}/32", "endpoint", f"{endpoint}:{_PORT}")
    _wg(side, "peer", public, *words)
