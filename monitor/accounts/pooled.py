"""What a plan is judged on that several devices share: the words of all of them.

Every device of a pool judges for itself, on the same entries in the same order and on
the same sums, so that all come to the same figures whatever reached them first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from monitor.plans.samples import Sample
from monitor.plans.writing import canonical
from monitor.store import agreed, pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitor.plans.agreement import Agreement
    from monitor.store.engine import Store
    from monitor.store.ledger import Noted
    from monitor.store.pool import Device, Said

_LAST: Final = 1 << 62  # of a device's words: what it has not told yet


class Shared(NamedTuple):
    """What other devices say of a plan.

    Attributes:
        own: this device.
        samples: what the others moved, by hours.
        origins: of which device entries of the ledger are, by their ids.
    """

    own: Device
    samples: list[Sample]
    origins: Mapping[str, tuple[str, str, int]]


def shared(store: Store, plan: str) -> Shared | None:
    """Read what the pool says of a plan.

    Args:
        store: open.
        plan: its id.

    Returns:
        None where this device shares it with nobody.

    Raises:
        StoreError: the store cannot be read.
    """
    with store.read() as connection:
        own = pool.own_of(pool.read_devices(connection))
        if own is None or plan not in own.terms:
            return None
        said = pool.said_by_others(connection, own, plan)
        return Shared(own, _samples(said), pool.origins(connection))


def _samples(said: Iterable[tuple[str, Said]]) -> list[Sample]:
    return [
        Sample(
            each.key.from_s,
            each.amount.to_s,
            f"@{device}",
            each.key.app or None,
            each.amount.rx_bytes,
            each.amount.tx_bytes,
            (),
            each.key.mcc or None,
            each.key.tethered,
            each.key.member or None,
            None,
            matched=True,
        )
        for device, each in said
        if each.amount.rx_bytes or each.amount.tx_bytes
    ]


def shared_hash(agreement: Agreement) -> str:
    """The name of what all devices must agree on: not which networks a plan pays for.

    Args:
        agreement: the plan and what belongs to it.

    Returns:
        In hexadecimal.
    """
    words = replace(agreement, position=0, binds=(), patterns=(), matches=())
    return agreed.hash_of(canonical(words))


def in_order(noted: Iterable[Noted], found: Shared) -> list[Noted]:
    """The ledger as every device of the pool has it.

    Entries stand in the order in which they were said, not in which they were heard;
    at one second by the name of the device.

    Args:
        noted: as they were written down here.
        found: says whose they are.
    """

    def place(numbered: tuple[int, Noted]) -> tuple[int, str, int]:
        number, each = numbered
        own = (found.own.name, found.own.instance, _LAST + number)
        device, _, revision = found.origins.get(each.entry.id, own)
        return each.entry.ts, device, revision

    return [each for _, each in sorted(enumerate(noted), key=place)]
