"""What a person wants to be forgotten, and what of it plans do not allow.

The bill and the balances of plans never change. So names stay of which a plan charges
otherwise, networks stay by whose identity it is decided who pays, and users stay who
share a plan: who asks for one of them is refused, with the reason; who asks for much
is told what was kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from monitor.accounts.needs import Needed, needed_by
from monitor.errors import RejectedError, StoreError, UsageError
from monitor.escapes import visible
from monitor.networks.attaching import whole
from monitor.plans.scopes import patterns
from monitor.store import forgetting, ledger, networks, queries, scouring
from monitor.store.forgetting import ANY_TIME, NEUTRAL, Doomed
from monitor.store.labels import Labels
from monitor.store.rollups import roll_up
from monitor.usage import Interval
from monitor.users import user_name
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from monitor.networks.uplink import Network
    from monitor.plans.agreement import Agreement
    from monitor.store.engine import Store
    from monitor.usage import Share

_OF_INTERFACE: Final = "if:"
_WISHES: Final = ("app", "network", "before", "uid", "everything")


class Wish(NamedTuple):
    """What is to be forgotten: one of these.

    Attributes:
        app: shell pattern of applications.
        network: key.
        before_s: all names of what was before a UTC second.
        uid: what the programs of a user moved.
        everything: all names.
    """

    app: str = ""
    network: str = ""
    before_s: int | None = None
    uid: int | None = None
    everything: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it names nobody, so that what plans need is left out of it."""
        return self.everything or self.before_s is not None


class _Undone(Exception):  # noqa: N818 - nothing failed
    """Takes a transaction back that was only to show what it would do."""


def wish_of(given: Mapping[str, Any]) -> Wish:
    """Read what was asked for.

    Args:
        given: `app`, `network`, `before` (UTC second), `uid` or `everything`.

    Raises:
        UsageError: it is not exactly one of them, or makes no sense.
    """
    found = {name: given[name] for name in _WISHES if given.get(name) is not None}
    kinds = {"app": str, "network": str, "before": int, "uid": int, "everything": bool}
    if len(found) != 1 or any(type(found[name]) is not kinds[name] for name in found):
        raise UsageError(f"data.forget wants one of {', '.join(_WISHES)}")
    ((name, value),) = found.items()
    if value in ("", False) and type(value) is not int:
        raise UsageError(f"data.forget: {name} is empty")
    if type(value) is int and not 0 <= value < ANY_TIME:
        raise UsageError(f"data.forget: {name} is out of range")
    return Wish(**{"before_s" if name == "before" else name: value})


def carry_out(
    store: Store, plans: Iterable[Agreement], wish: Wish, now_s: int, *, dry_run: bool
) -> dict[str, Any]:
    """Forget it, or see what that would do; all in one transaction.

    Args:
        store: open for writing, with everything flushed.
        plans: all plans.
        wish: what is to be forgotten.
        now_s: UTC second now.
        dry_run: take all of it back.

    Returns:
        `rows` by what they were, `bytes` that lose their name, `kept`: sentences on
        what stays, `names`: how many programs and networks.

    Raises:
        RejectedError: nothing is known of it, or a plan needs it.
        StoreError: nothing was changed.
    """
    while wish.before_s is not None and roll_up(store, now_s, local_zone(os.environ)):
        pass  # only whole days that are summed can lose their names
    needed = needed_by(store, tuple(plans), now_s)
    kept: list[str] = []
    told: dict[str, Any] = {}
    with suppress(_Undone), store.begin() as connection:
        doomed = _doomed(connection, store, wish, needed, kept)
        told["bytes"] = _bytes(store, doomed, now_s)
        told["rows"] = forgetting.forget(connection, doomed)
        told["names"] = len(doomed.names)
        if dry_run:
            raise _Undone
    kept += _in_ledger(store, doomed.names)
    return told | {"kept": kept}


def scour(store: Store, now_s: int) -> bool:
    """See to it that no file has the names any more; whether that is done.

    Args:
        store: open for writing.
        now_s: UTC second now.
    """
    try:
        scouring.scour(store, now_s)
    except StoreError:  # the mark stays: the calendar tries again within the hour
        return False
    return True


def _doomed(
    connection: Connection,
    store: Store,
    wish: Wish,
    needed: Needed,
    kept: list[str],
) -> Doomed:
    """What goes.

    Raises:
        RejectedError: nothing of it is known, or a plan needs it.
    """
    labels = Labels(store).by_key
    if wish.network:
        return _of_network(connection, wish.network, needed, labels)
    if wish.uid is not None and wish.uid in needed.users:
        raise RejectedError(
            f"{visible(user_name(wish.uid))} shares the plan {needed.users[wish.uid]}, "
            "and what that user moves is charged to its share. Nothing was forgotten."
        )
    shares, applications = _shares(connection, wish, needed, kept)
    if not (shares or wish.is_wide):
        raise RejectedError("nothing is known of that. Nothing was forgotten.")
    until_s = ANY_TIME
    if wish.before_s is not None:
        until_s = forgetting.until_whole_days(connection, wish.before_s)
    names = {each.application.name for each in shares.values() if each.application}
    gone: tuple[str, ...] = ()
    if wish.everything:
        known = networks.known(connection)
        gone = tuple(_unneeded(known, needed, kept))
        names |= {name for key in gone for name in _names(known[key], labels)}
    is_named = wish.app or wish.everything
    return Doomed(
        shares=shares,
        keeps_users=None if wish.app else frozenset(needed.users),
        applications=applications if is_named else frozenset(),
        uid=wish.uid,
        networks=gone,
        until_s=until_s,
        is_over=wish.is_wide,
        names=frozenset(names) if is_named else frozenset(),
    )


def _shares(
    connection: Connection, wish: Wish, needed: Needed, kept: list[str]
) -> tuple[dict[int, Share], frozenset[int]]:
    """Shares that lose their name, and the ids of their applications."""
    found: dict[int, Share] = {}
    applications: set[int] = set()
    spared: dict[str, set[str]] = {}
    charged = {plan: patterns(each) for plan, each in needed.apps.items()}
    for share_id, (application_id, share) in forgetting.owned(connection).items():
        name = "" if share.application is None else share.application.name
        if wish.app and not (name and fnmatchcase(name, wish.app)):
            continue
        if wish.uid is not None and share.uid != wish.uid:
            continue
        plan = next((p for p, matches in charged.items() if name and matches(name)), "")
        if plan:
            spared.setdefault(plan, set()).add(name)
            continue
        found[share_id] = share
        if name:
            applications.add(application_id)
    for plan, apps in spared.items():
        sentence = f"the plan {plan} charges {_listed(apps)} apart"
        if not wish.is_wide:
            raise RejectedError(
                f"{sentence}: without the name its balance would be another one. "
                "Nothing was forgotten."
            )
        kept.append(f"{sentence}: that stays.")
    return found, frozenset(applications)


def _of_network(
    connection: Connection, key: str, needed: Needed, labels: Mapping[str, str]
) -> Doomed:
    known = networks.known(connection).get(key)
    if known is None:
        raise RejectedError(f'no network "{visible(key)}" is known.')
    if key.startswith((_OF_INTERFACE, NEUTRAL)):
        raise RejectedError("nothing is known of that network but its interface.")
    if key in needed.networks:
        raise RejectedError(
            f"the plan {needed.networks[key]} pays because it is this network: without "
            "the name its balance would be another one. Nothing was forgotten."
        )
    return Doomed(networks=(key,), names=frozenset(_names(known, labels)))


def _unneeded(
    known: Mapping[str, Network], needed: Needed, kept: list[str]
) -> Iterable[str]:
    for key in known:
        if key.startswith((_OF_INTERFACE, NEUTRAL)) or key != whole(key):
            continue
        if key in needed.networks:
            kept.append(
                f"the plan {needed.networks[key]} pays because of the network "
                f"{visible(key)}: that stays."
            )
            continue
        yield key


def _names(network: Network, labels: Mapping[str, str]) -> set[str]:
    ssid = network.ssid.decode("utf-8", "surrogateescape")
    own = {network.key, network.name, ssid, network.uuid, network.iccid, network.eid}
    return (own | {labels.get(network.key, "")}) - {""}


def _bytes(store: Store, doomed: Doomed, now_s: int) -> int:
    """How many bytes lose their name, both directions."""
    period = Interval(0, min(doomed.until_s, now_s + 1))
    if doomed.networks and not doomed.shares:
        bills = queries.interface_bills(store, period)
        return sum(
            bill.l3.bytes for bill in bills if whole(bill.network) in doomed.networks
        )
    return queries.spent_by(store, period, doomed.shares)


def _in_ledger(store: Store, names: Iterable[str]) -> list[str]:
    """Entries of a ledger stay as they are, whatever they name."""
    texts = [str(each.entry) for each in ledger.entries(store)]
    if any(name in text for name in names for text in texts):
        return ["the ledger of a plan names some of it: its entries stay."]
    return []


def _listed(names: Iterable[str]) -> str:
    return ", ".join(visible(name) for name in sorted(names))
