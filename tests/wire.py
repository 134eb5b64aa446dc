"""The truth of the lab: bytes and packets on its wire, counted by nftables.

At the ingress hook of both ends of the link between the routers, where nothing is
aggregated: each packet is one that a carrier would see. Bytes are those of IP (the
hook sits behind the Ethernet header).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.namespaces import run

if TYPE_CHECKING:
    from tests.namespaces import Namespace

_SETTLED_S = 0.03
_LINK_HEADER_BYTES = 14  # which the egress hook counts, too
_KIND = "meta protocol . meta l4proto"
_FLOW = f"{_KIND} . th sport . th dport"
_NFT = f"""
table netdev TABLE {{
  counter everything {{ }}
  set flows {{
    type ether_type . inet_proto . inet_service . inet_service
    size 65535; flags dynamic; counter
  }}
  set others {{
    type ether_type . inet_proto
    size 256; flags dynamic; counter
  }}
  chain HOOK {{
    type filter hook HOOK device "DEVICE" priority 0; policy accept;
    meta protocol arp return
    icmpv6 type {{ 130-137, 143 }} return
    counter name everything
    ip frag-off & 0x3fff != 0 update @others {{ {_KIND} }} return
    exthdr frag exists update @others {{ {_KIND} }} return
    meta l4proto tcp update @flows {{ {_FLOW} }} return
    meta l4proto udp update @flows {{ {_FLOW} }} return
    update @others {{ {_KIND} }}
  }}
}}
"""


class Way(NamedTuple):
    """What went one way.

    Attributes:
        bytes: of IP.
        packets: as many as there were.
    """

    bytes: int
    packets: int

    def __sub__(self, other: Way) -> Way:
        return Way(self.bytes - other.bytes, self.packets - other.packets)


class Flow(NamedTuple):
    """Key of a flow, as one end sends it.

    Attributes:
        protocol: `tcp` or `udp`; else `icmp` and others, or fragments, without ports.
        sport: from this port.
        dport: to this port.
    """

    protocol: str
    sport: int = 0
    dport: int = 0


class Tap:
    """Counters at one end of the wire: what came in there, or goes out."""

    def __init__(
        self, namespace: Namespace, device: str, hook: str = "ingress"
    ) -> None:
        """Begin to count.

        Args:
            namespace: of the device.
            device: its name.
            hook: `ingress`; or `egress`, which sees super-packets and no IP multicast
                that this namespace itself gets back. Flows need `ingress`.
        """
        self._name = namespace.name
        self._table = f"wire_{device}_{hook}"
        text = _NFT.replace("TABLE", self._table).replace("HOOK", hook)
        self._nft("-f", "-", text=text.replace("DEVICE", device))
        self._beside = _LINK_HEADER_BYTES if hook == "egress" else 0

    def close(self) -> None:
        """Stop counting."""
        self._nft("delete", "table", "netdev", self._table)

    def _nft(self, *arguments: str, text: str | None = None) -> str:
        return run("ip", "netns", "exec", self._name, "nft", *arguments, text=text)

    def _list(self, kind: str, name: str) -> dict[str, Any]:
        answer = json.loads(self._nft("-j", "list", kind, "netdev", self._table, name))
        found: dict[str, Any] = next(
            item[kind] for item in answer["nftables"] if kind in item
        )
        return found

    def total(self) -> Way:
        """Everything but ARP and neighbour discovery."""
        counter = self._list("counter", "everything")
        packets = counter["packets"]
        return Way(counter["bytes"] - packets * self._beside, packets)

    def flows(self) -> dict[Flow, Way]:
        """The same by flow; IPv4 and IPv6 are not told apart."""
        sums: Counter[tuple[Flow, str]] = Counter()
        for name in ("flows", "others"):
            for element in self._list("set", name).get("elem", ()):
                value, counter = element["elem"]["val"], element["elem"]["counter"]
                _, protocol, *ports = value["concat"]
                flow = Flow(str(protocol), *ports)
                sums[flow, "bytes"] += counter["bytes"]
                sums[flow, "packets"] += counter["packets"]
        flows = {flow for flow, _ in sums}
        return {f: Way(sums[f, "bytes"], sums[f, "packets"]) for f in flows}


def settle(taps: tuple[Tap, Tap]) -> tuple[Way, Way]:
    """Wait until nothing moves any more.

    Args:
        taps: both ends.

    Returns:
        Their totals.
    """
    before, after = None, (taps[0].total(), taps[1].total())
    while before != after:
        time.sleep(_SETTLED_S)
        before, after = after, (taps[0].total(), taps[1].total())
    return after
