"""The networks of this machine: what is attached now, and what was lately.

`read_networks` asks the store, everything else is pure; text, JSON and csv are made
from the value.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.networks.facts import with_own_word
from monitor.networks.uplink import Network
from monitor.store import networks, queries
from monitor.store.networks import Met
from monitor.usage import Traffic, total
from monitor.views.network_names import find_network, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.networks.facts import Present
    from monitor.store.engine import Store
    from monitor.store.queries import InterfaceBill
    from monitor.usage import Attachment, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRow:
    """One network.

    Attributes:
        network: as it is now, or was the last time.
        name: as people read it, told from all others; harmless.
        label: what a person calls it; empty when nobody does.
        interface: on which device it is or was last; None when it never was on any.
        is_attached: whether it is on that device now.
        plan: which pays for it; None without one.
        seen: first and last second with usage; None when that is not known.
        today: IP bytes and packets of the local day, by interface.
    """

    network: Network
    name: str
    label: str
    interface: str | None
    is_attached: bool
    plan: str | None
    seen: Interval | None
    today: Mapping[str, Traffic]

    @property
    def is_uncovered(self) -> bool:
        """Whether its bytes cost, and no plan pays for them."""
        return self.network.metered is True and self.plan is None

    @property
    def total(self) -> Traffic:
        """What was moved today."""
        return total(self.today.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is wanted, and what is known beside the store.

    Attributes:
        since_s: UTC second; networks that were not seen since are left out.
        today: the local day.
        zone: in which times are shown.
        present: what is attached now; None without a daemon.
        plan_of: which plan pays for what is attached so.
        has_plans: whether there is any.
    """

    since_s: int
    today: Interval
    zone: ZoneInfo
    present: Sequence[Present] | None
    plan_of: Callable[[Attachment], str | None]
    has_plans: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that is shown.

    Attributes:
        asked: what was wanted.
        rows: what is attached first, then what was seen last.
        older: how many more were seen before.
        last_s: UTC second at which esimmon last ran; None when it never did.
        store: the database that was read.
        recorded: first and last second with records; None without any.
    """

    asked: Asked
    rows: tuple[NetworkRow, ...]
    store: Path
    older: int = 0
    last_s: int | None = None
    recorded: Interval | None = field(default=None)


def read_networks(store: Store, asked: Asked) -> Overview:
    """Ask the store.

    Args:
        store: open for reading.
        asked: what is wanted.

    Returns:
        The overview.

    Raises:
        StoreError: the database cannot be read.
    """
    bills = queries.interface_bills(store, asked.today)
    rows = network_rows(networks.met(store), bills, asked)
    shown = [row for row in rows if row.is_attached or _last_s(row) >= asked.since_s]
    run = queries.last_run(store)
    return Overview(
        asked=asked,
        rows=tuple(shown),
        store=store.path,
        older=len(rows) - len(shown),
        last_s=run.to_s if run else None,
        recorded=queries.recorded(store),
    )


def keys_of(store: Store, texts: Iterable[str]) -> frozenset[str]:
    """The networks that a person means.

    Args:
        store: open for reading.
        texts: what they are called, see `network_names.find_network`.

    Returns:
        Their keys.

    Raises:
        UsageError: one of them is none, or several.
        StoreError: the database cannot be read.
    """
    wanted = tuple(texts)
    met = networks.met(store) if wanted else []
    return frozenset(find_network(met, text).network.key for text in wanted)


def network_rows(
    met: Iterable[Met], bills: Iterable[InterfaceBill], asked: Asked
) -> list[NetworkRow]:
    """All networks that were ever attached, are now, or have a name.

    Args:
        met: what the store has.
        bills: of today.
        asked: what is known beside it.

    Returns:
        In order.
    """
    here = {each.key: each for each in reversed(asked.present or ())}
    known = {each.network.key: each for each in met}
    for key, now in here.items():
        before = known.get(key) or Met(Network(key))
        known[key] = before._replace(network=now.of(before.network))
    names = names_of(known.values())
    today = _by_network(bills)
    rows = [
        _row(each, here.get(key), names[key], today.get(key, {}), asked)
        for key, each in known.items()
        if key in here or each.where is not None or each.label
    ]
    return sorted(
        rows, key=lambda row: (not row.is_attached, -_last_s(row), row.network.key)
    )


def _row(
    each: Met,
    now: Present | None,
    name: str,
    today: Mapping[str, Traffic],
    asked: Asked,
) -> NetworkRow:
    network, where = each.network, each.where
    plan = None
    if now is not None:
        plan = now.plan
    elif where is not None:
        network, plan = with_own_word(network, where), asked.plan_of(where)
    last = where.device if where else None
    return NetworkRow(
        network=network,
        name=name,
        label=each.label,
        interface=now.device if now else last,
        is_attached=now is not None,
        plan=plan,
        seen=each.seen,
        today=today,
    )


def _last_s(row: NetworkRow) -> int:
    return row.seen.to_s if row.seen else 0


def _by_network(bills: Iterable[InterfaceBill]) -> dict[str, dict[str, Traffic]]:
    found: defaultdict[str, dict[str, Traffic]] = defaultdict(dict)
    for bill in bills:
        if bill.billed:
            of_network = found[bill.network]
            of_network[bill.name] = of_network.get(bill.name, Traffic()) + bill.l3
    return found
