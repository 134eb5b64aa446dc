"""What is attached now, for programs: written by the daemon, read by commands."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from monitor.networks.uplink import CONFIG, INTERFACE, Network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.usage import Attachment


@dataclass(frozen=True, slots=True)
class Present:
    """A device that is attached now; None is what nobody knows.

    Of the network's identity only the key is told: everybody may read this.

    Attributes:
        key: of the network.
        device: the kernel's name.
        kind: of the network, and so on as `uplink.Network` has it.
        name: the same.
        label: what the person calls it.
        metered: the same, or the person's word on the interface.
        metered_by: who says so.
        tether: as `uplink.Network` has it.
        roaming: the same.
        mcc: the same.
        operator_code: the same.
        operator_name: the same.
        plan: which pays for it.
    """

    key: str
    device: str
    kind: str = INTERFACE
    name: str | None = None
    label: str | None = None
    metered: bool | None = None
    metered_by: str | None = None
    tether: str | None = None
    roaming: bool | None = None
    mcc: str | None = None
    operator_code: str | None = None
    operator_name: str | None = None
    plan: str | None = None

    def of(self, known: Network) -> Network:
        """The network as it is now.

        Args:
            known: as it was when it was last written down.
        """
        return replace(
            known,
            kind=self.kind,
            name=self.name or "",
            metered=self.metered,
            metered_by=self.metered_by or "",
            tether=self.tether or "",
            roaming=self.roaming,
            mcc=self.mcc or "",
            operator_code=self.operator_code or "",
            operator_name=self.operator_name or "",
        )


def with_own_word(network: Network, where: Attachment) -> Network:
    """A network with what the person said of the interface that it is on.

    Args:
        network: as it is known.
        where: how its bytes are booked.
    """
    if where.metered in (None, network.metered):
        return network
    return replace(network, metered=where.metered, metered_by=CONFIG)


def network_facts(
    attached: Iterable[Attachment],
    networks: Mapping[str, Network],
    labels: Mapping[str, str],
    plan_of: Callable[[Attachment], str | None],
) -> list[dict[str, Any]]:
    """Write which network each billed device is attached to.

    Args:
        attached: devices that can carry something now, billed or not.
        networks: what is known of their networks, by name of the device.
        labels: what the person calls them, by key.
        plan_of: which plan pays.

    Returns:
        Values for JSON, by name of the device.
    """
    found = []
    for where in sorted(attached, key=lambda each: each.device):
        if where.billed:
            known = networks.get(where.device) or Network(where.network)
            network = with_own_word(known, where)
            label = labels.get(network.key) or None
            told = _present(where, network, plan_of(where))
            found.append(asdict(replace(told, label=label)))
    return found


def _present(where: Attachment, network: Network, plan: str | None) -> Present:
    return Present(
        key=network.key,
        device=where.device,
        kind=network.kind,
        name=network.name or None,
        metered=network.metered,
        metered_by=network.metered_by or None,
        tether=network.tether or None,
        roaming=network.roaming,
        mcc=network.mcc or None,
        operator_code=network.operator_code or None,
        operator_name=network.operator_name or None,
        plan=plan,
    )


def present(document: Mapping[str, Any]) -> list[Present]:
    """Read the same.

    Args:
        document: of the status file.

    Returns:
        Nothing of a daemon of another version, which tells it otherwise or not at all.
    """
    try:
        return msgspec.convert(document.get("networks", []), list[Present])
    except msgspec.ValidationError:
        return []
