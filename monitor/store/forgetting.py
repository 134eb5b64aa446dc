"""Names taken out of the store for good, while every sum stays as it is.

Rows of the explanation go over to nobody, with the reason `forgotten`; networks get a
key that says nothing. The bill is not touched, nor is the ledger. All of it is one
transaction, with the mark that copies and free pages are still to be seen to
(`scouring`).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, func, insert, literal, or_, select, union, update

from monitor.networks.attaching import is_local, whole
from monitor.networks.uplink import Network
from monitor.store import alerts, dropping, meta, networks, unsaying
from monitor.store.alert_tables import ALERT_MARKS, ALERTS
from monitor.store.amounts import adding
from monitor.store.columns import TRAFFIC
from monitor.store.ids import NOBODY, Ids
from monitor.store.network_tables import NETWORKS
from monitor.store.schema import (
    APPLICATIONS,
    ATTACHMENTS,
    DAYS,
    DAYS_EXPLANATION,
    EVENTS,
    EXPLANATION,
    HOURS_EXPLANATION,
    PROCESS_HOURS,
    PROCESSES,
    REMOTE_HOURS,
    SHARES,
    SPANS,
    UNPLACED,
)
from monitor.usage import FORGOTTEN, SOCKET, Application, Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, Select, Table

ANY_TIME: Final = 1 << 40
NEUTRAL: Final = f"{FORGOTTEN}:"
"""Begins the key of a network of which nothing is known any more."""

_ALL: Final = 1 << 40


class Doomed(NamedTuple):
    """What goes.

    Attributes:
        shares: whose bytes go over, by id of the share.
        keeps_users: user ids that stay with bytes that went over: of members of plans.
            None for all.
        applications: ids of those whose processes and remotes go.
        uid: of the user whose processes go; None without one.
        networks: keys.
        until_s: only what began before this UTC second; `ANY_TIME` for all.
        is_over: whether events and alerts that are over go as well, and remotes and
            processes of everybody.
        names: of programs and networks, to be taken out of texts.
    """

    shares: Mapping[int, Share] = {}
    keeps_users: frozenset[int] | None = None
    applications: frozenset[int] = frozenset()
    uid: int | None = None
    networks: tuple[str, ...] = ()
    until_s: int = ANY_TIME
    is_over: bool = False
    names: frozenset[str] = frozenset()


def owned(connection: Connection) -> dict[int, tuple[int, Share]]:
    """All shares that name an application or a user.

    Args:
        connection: to the store.

    Returns:
        Id of the application and share, by id of the share.
    """
    joined = select(SHARES, APPLICATIONS.c.name, APPLICATIONS.c.kind.label("app_kind"))
    rows = connection.execute(joined.select_from(SHARES.join(APPLICATIONS))).mappings()
    return {
        row["share_id"]: (
            row["application_id"],
            Share(
                Application(row["name"], row["app_kind"])
                if row["application_id"] != NOBODY
                else None,
                row["kind"],
                row["app_class"],
                row["uid"],
                row["scope"],
                row["via"],
            ),
        )
        for row in rows
        if row["application_id"] != NOBODY or row["uid"] >= 0
    }


def until_whole_days(connection: Connection, before_s: int) -> int:
    """The end of the last whole day that is summed and over before a second.

    Only whole days can go over: then each sum of hours is still that of its day.

    Args:
        connection: to the store.
        before_s: UTC second.
    """
    ends = select(func.max(DAYS.c.to_s)).where(DAYS.c.to_s <= before_s)
    return connection.scalar(ends) or 0


def forget(connection: Connection, doomed: Doomed) -> dict[str, int]:
    """Do it.

    Args:
        connection: in a transaction that may write.
        doomed: what goes.

    Returns:
        Rows that went or were changed, by what they were.
    """
    gone: Counter[str] = Counter()
    gone["usage"] = _hand_over(connection, doomed)
    gone["processes"] = _drop_processes(connection, doomed)
    gone["remotes"] = _drop_remotes(connection, doomed)
    gone["networks"] = sum(_unname(connection, key) for key in doomed.networks)
    if doomed.is_over:
        old = EVENTS.c.at_s < doomed.until_s
        gone["events"] = dropping.drop(connection, EVENTS, old, _ALL)
        over = ALERTS.c.cleared_s < doomed.until_s
        gone["alerts"] = dropping.drop(connection, ALERTS, over, _ALL)
        marks = alerts.old_marks(doomed.until_s)
        dropping.drop(connection, ALERT_MARKS, marks, _ALL)
    gone["alerts"] += unsaying.unsay(connection, doomed.names, doomed.networks)
    _drop_names(connection, doomed)
    meta.put(connection, {meta.SCOUR_OWED: "1"})
    return dict(+gone)


def _hand_over(connection: Connection, doomed: Doomed) -> int:
    """Rows of the explanation become nobody's, added to what is nobody's already."""
    ids = Ids("")
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for share_id, share in doomed.shares.items():
        heir_id = ids.share(connection, _heir(share, doomed.keeps_users))
        if heir_id != share_id:
            groups[heir_id].append(share_id)
    return sum(
        _move(connection, table, (share_ids, heir_id), doomed.until_s)
        for heir_id, share_ids in groups.items()
        for table in (EXPLANATION, HOURS_EXPLANATION, DAYS_EXPLANATION, UNPLACED)
    )


def _heir(share: Share, keeps_users: frozenset[int] | None) -> Share:
    """The same for nobody: what was forwarded or in a tunnel is still that."""
    kind = FORGOTTEN if share.kind == SOCKET else share.kind
    keeps = keeps_users is None or share.uid in keeps_users
    return replace(share, application=None, kind=kind, uid=share.uid if keeps else -1)


def _move(
    connection: Connection, table: Table, ids: tuple[list[int], int], until_s: int
) -> int:
    old_ids, heir_id = ids
    doomed = table.c.share_id.in_(_listed(old_ids)) & _before(table, until_s)
    if table is UNPLACED:
        if until_s < ANY_TIME:  # nobody knows when that was
            return 0
        moved = update(UNPLACED).where(doomed).values(share_id=heir_id)
        return connection.execute(moved).rowcount
    keys = [column for column in table.primary_key if column.name != "share_id"]
    sums = (
        select(
            *keys,
            literal(heir_id).label("share_id"),
            *(func.sum(table.c[name]).label(name) for name in TRAFFIC),
        )
        .where(doomed)
        .group_by(*keys)
    )
    names = [*(column.name for column in keys), "share_id", *TRAFFIC]
    connection.execute(adding(table, TRAFFIC).from_select(names, sums))
    return connection.execute(delete(table).where(doomed)).rowcount


def _before(table: Table, until_s: int) -> ColumnElement[bool]:
    if table is UNPLACED or until_s >= ANY_TIME:
        return literal(1) == 1
    if table is EXPLANATION:
        old = select(SPANS.c.span_id).where(SPANS.c.from_s < until_s)
        return EXPLANATION.c.span_id.in_(old)
    return table.c.from_s < until_s


def _listed(ids: Iterable[int]) -> Select[tuple[object]]:
    found = func.json_each(literal(json.dumps(list(ids)))).table_valued("value")
    return select(found.c.value)


def _drop_processes(connection: Connection, doomed: Doomed) -> int:
    old = PROCESS_HOURS.c.hour_s < doomed.until_s
    whose = or_(
        literal(int(doomed.is_over)) == 1,
        PROCESSES.c.application_id.in_(_listed(doomed.applications)),
        PROCESSES.c.uid == (-2 if doomed.uid is None else doomed.uid),
    )
    theirs = PROCESS_HOURS.c.process_id.in_(select(PROCESSES.c.process_id).where(whose))
    rows = connection.execute(delete(PROCESS_HOURS).where(old, theirs)).rowcount
    dropping.drop_processes(connection, _ALL)
    return rows


def _drop_remotes(connection: Connection, doomed: Doomed) -> int:
    """Who was talked to is not kept by user, so for one of them all of it goes."""
    if doomed.is_over or doomed.uid is not None:
        which = REMOTE_HOURS.c.hour_s < doomed.until_s
    else:
        which = REMOTE_HOURS.c.application_id.in_(_listed(doomed.applications))
    return connection.execute(delete(REMOTE_HOURS).where(which)).rowcount


def _drop_names(connection: Connection, doomed: Doomed) -> None:
    """Shares that no row refers to any more, and then applications."""
    used = union(
        *(
            select(table.c.share_id)
            for table in (EXPLANATION, HOURS_EXPLANATION, DAYS_EXPLANATION)
        ),
        select(UNPLACED.c.share_id).where(UNPLACED.c.share_id.is_not(None)),
    )
    theirs = SHARES.c.share_id.in_(_listed(doomed.shares))
    unused = SHARES.c.share_id.not_in(used)
    connection.execute(delete(SHARES).where(theirs, unused))
    dropping.drop_applications(connection, _ALL)


def _unname(connection: Connection, key: str) -> int:
    """Give a network a key that says nothing; what it cost, and where, stays."""
    keys = select(ATTACHMENTS.c.network).union(select(NETWORKS.c.key))
    taken = [found for found in connection.scalars(keys) if found.startswith(NEUTRAL)]
    numbers = [int(whole(found).removeprefix(NEUTRAL)) for found in taken]
    neutral = f"{NEUTRAL}{max(numbers, default=0) + 1}"
    known = networks.known(connection).get(key, Network(key))
    changed = 0
    for old in connection.scalars(select(ATTACHMENTS.c.network).distinct()).all():
        if whole(old) == key:
            new = neutral + (old.removeprefix(key) if is_local(old) else "")
            renamed = update(ATTACHMENTS).where(ATTACHMENTS.c.network == old)
            done = connection.execute(renamed.values(network=new, iccid=""))
            changed += done.rowcount
    connection.execute(delete(NETWORKS).where(NETWORKS.c.key == key))
    nameless = Network(
        neutral,
        known.kind,
        metered=known.metered,
        metered_by=known.metered_by,
        tether=known.tether,
    )
    connection.execute(insert(NETWORKS), networks.values_of(nameless))
    return changed + 1
