"""`esimmon import vnstat`: years of history from where they were counted so far."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from monitor import clock
from monitor.commands.handing import start_again, without_daemon
from monitor.commands.import_.whose import Wishes, places_of
from monitor.commands.options import any_file, with_setup
from monitor.commands.progress import Progress
from monitor.escapes import visible
from monitor.store import importing, overlap, rescue, vnstat
from monitor.store.engine import open_store
from monitor.store.nesting import finest
from monitor.store.networks import met
from monitor.store.rollups import roll_up
from monitor.units import format_size
from monitor.usage import Interval, total
from monitor.views.periods import find_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from monitor.commands.import_.whose import Place
    from monitor.commands.options import Setup
    from monitor.store.engine import Store
    from monitor.store.overlap import Chosen, Source

_DATABASE: Final = "/var/lib/vnstat/vnstat.db"
_SUMS: Final = 100  # hours and days at a time, to say how far it is


class _Line(NamedTuple):
    """What becomes of an interface."""

    source: Source
    place: Place
    chosen: Chosen


@click.command("vnstat")
@click.argument(
    "database", metavar="[DATABASE]", default=_DATABASE, shell_complete=any_file
)
@click.option(
    "--network",
    "networks",
    metavar="IFACE=NETWORK",
    multiple=True,
    help="Which network an interface was: any of its names (see esimmon networks), "
    '"if:IFACE" for the interface by itself, "-" to leave it out (repeatable).',
)
@click.option("--yes", is_flag=True, help="Ask nothing: an interface is by itself.")
@click.option("--dry-run", is_flag=True, help="Say what would be, and change nothing.")
@click.option("--tz", metavar="ZONE", help="The zone of its dates; UTC with UseUTC 1.")
@click.option(
    "--month-rotate",
    type=click.IntRange(1, 28),
    default=1,
    show_default=True,
    help="MonthRotate of vnstat.conf.",
)
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    database: str,
    networks: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    tz: str | None,
    month_rotate: int,
) -> None:
    """Take over what vnStat 2 has counted, without counting anything twice.

    Of each time its finest table is taken, and every day, month and year adds up to
    what vnStat says. Its bytes belong to no program: reports call them imported. Time
    that esimmon counts itself is left out. A later import adds what came since.

    \b
    esimmon import vnstat --dry-run
    esimmon import vnstat --network wwan0=sim:8992000000000000001
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    wishes, zone = Wishes.of(networks, yes=yes), find_zone(tz)
    calendar = vnstat.Calendar(zone, month_rotate)
    found = vnstat.read(Path(database), calendar)
    path = setup.store()
    with without_daemon(path), ExitStack() as stack:
        store = stack.enter_context(_opened(path, stack, dry_run=dry_run))
        wishes.insist_on({each.name for each in found})
        sources, excess = _sources(found, month_rotate)
        places = places_of(sources, met(store), setup.config.interfaces, wishes)
        lines = _chosen(store, sources, places)
        if not dry_run:
            lines = _import(store, setup, lines, zone)
    for text in _told(lines, zone, "Would import" if dry_run else "Imported"):
        click.echo(text)
    for device, place in places.items():
        if place.attachment is None:
            click.echo(f"Left out: {visible(device)}{place.why}.")
    if excess:
        click.echo(
            f"Its months or years contradict its days by {format_size(excess)}: look "
            "at MonthRotate in vnstat.conf, and give --month-rotate."
        )
    if not dry_run:
        click.echo(f"next: {start_again(path)}")


def _opened(path: Path, stack: ExitStack, *, dry_run: bool) -> Store:
    """The store; for a trial without one, an empty one that goes away."""
    if not dry_run:
        return open_store(path, writable=True, create=True)
    if not rescue.is_absent(path):
        return open_store(path, writable=False)
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    return open_store(Path(folder) / path.name, writable=True, create=True)


def _sources(
    found: Sequence[vnstat.Interface], month_day: int
) -> tuple[list[Source], int]:
    """What each interface moved, told once; bytes by which it contradicts itself."""
    sources, excess = [], 0
    for each in found:
        known = Interval(each.created_s, max(each.updated_s, each.created_s + 1))
        told = finest(each.tiers, known)
        # Of a month that is over the end of a year, nobody knows how much is of which.
        judged = told.excess if month_day == 1 else told.excess[:-1]
        excess += total(judged).bytes
        name = f"vnstat {each.name} {each.created_s}"
        sources.append(overlap.Source(name, each.name, told.parts, known.to_s))
    return sources, excess


def _now() -> overlap.Now:
    reading = clock.read()
    now_s = clock.now_s()
    return overlap.Now(
        now_s, reading.boot_id, now_s - reading.boottime_ns // clock.SECOND_NS
    )


def _chosen(
    store: Store, sources: Sequence[Source], places: Mapping[str, Place]
) -> list[_Line]:
    now = _now()
    with store.read() as connection:
        own = overlap.own_time(connection, now)
        return [
            _Line(each, places[each.device], overlap.choose(connection, each, own, now))
            for each in sources
            if places[each.device].attachment is not None
        ]


def _import(
    store: Store, setup: Setup, lines: Sequence[_Line], zone: ZoneInfo
) -> list[_Line]:
    """Add it all in one transaction, then sum it up; nobody else writes meanwhile."""
    retention, now_s = setup.config.retention, clock.now_s()
    kept = importing.Kept(retention.slots_s, retention.hours_s)
    with closing(Progress(between=False)) as progress:
        progress.show("adding")
        with store.begin() as connection:
            added = {
                line.place.attachment: line.chosen.parts
                for line in lines
                if line.place.attachment is not None
            }
            importing.add(connection, added, kept, (now_s, zone))
            for line in lines:
                overlap.remember(connection, line.source, now_s)
        done = 0
        while summed := roll_up(store, now_s, zone, max_hours=_SUMS):
            done += summed
            progress.show(f"summing up: {done} hours and days")
    return list(lines)


def _told(lines: Sequence[_Line], zone: ZoneInfo, verb: str) -> Iterator[str]:
    for source, place, chosen in lines:
        moved = total(part.traffic for part in chosen.parts)
        as_what = f" as {place.name}" if place.name else ""
        text = f"{visible(source.device)}{as_what}: "
        if chosen.parts:
            first, last = (
                datetime.fromtimestamp(at_s, zone)
                for at_s in (
                    min(part.when.from_s for part in chosen.parts),
                    max(part.when.to_s for part in chosen.parts),
                )
            )
            text += (
                f"{format_size(moved.bytes)} from {first:%Y-%m-%d} to "
                f"{last:%Y-%m-%d %H:%M}."
            )
        else:
            text += "nothing new."
        yield f"{verb}: {text}{_left_out(chosen)}"


def _left_out(chosen: Chosen) -> str:
    parts = [
        f"{format_size(amount)} {why}"
        for amount, why in (
            (chosen.own, "counted by esimmon itself"),
            (chosen.before, "imported before"),
            (chosen.future, "of the future"),
        )
        if amount
    ]
    return f" Left out: {', '.join(parts)}." if parts else ""
