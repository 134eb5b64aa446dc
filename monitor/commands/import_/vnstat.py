"""`esimmon import vnstat`: years of history from where they were counted so far."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.commands.handing import start_again, without_daemon
from monitor.commands.import_.adding import Addition, Target, add_all, told
from monitor.commands.import_.whose import Wishes, places_of
from monitor.commands.options import any_file, with_setup
from monitor.commands.progress import Progress
from monitor.escapes import visible
from monitor.store import overlap, rescue, vnstat
from monitor.store.engine import open_store
from monitor.store.nesting import finest
from monitor.store.networks import met
from monitor.units import format_size
from monitor.usage import Interval, total
from monitor.views.periods import find_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.commands.import_.whose import Place
    from monitor.commands.options import Setup
    from monitor.store.engine import Store
    from monitor.store.overlap import Source

_DATABASE: Final = "/var/lib/vnstat/vnstat.db"


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
    with closing(Progress(between=False)) as progress:
        progress.step("reading")
        found = vnstat.read(
            Path(database), calendar, lambda *done: progress.part("reading", *done)
        )
        wishes.insist_on({each.name for each in found})
        progress.step("putting times together")
        sources, excess = _sources(found, month_rotate)
    path = setup.store()
    with without_daemon(path), ExitStack() as stack:
        store = stack.enter_context(_opened(path, stack, dry_run=dry_run))
        places = places_of(sources, met(store), setup.config.interfaces, wishes)
        progress = stack.enter_context(closing(Progress(between=False)))
        progress.step("looking for what is new")
        additions = _chosen(store, sources, places)
        if not dry_run:
            add_all(Target(store, setup, zone, progress), additions)
    for source, _, chosen in additions:
        name = places[source.device].name
        what = f"{visible(source.device)} as {name}" if name else visible(source.device)
        verb = "Would import" if dry_run else "Imported"
        click.echo(f"{verb}: {what}: {told(chosen, zone)}")
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
        once = finest(each.tiers, known)
        # Of a month that is over the end of a year, nobody knows how much is of which.
        judged = once.excess if month_day == 1 else once.excess[:-1]
        excess += total(judged).bytes
        name = f"vnstat {each.name} {each.created_s}"
        sources.append(overlap.Source(name, each.name, once.parts, known.to_s))
    return sources, excess


def _now() -> overlap.Now:
    reading = clock.read()
    now_s = clock.now_s()
    return overlap.Now(
        now_s, reading.boot_id, now_s - reading.boottime_ns // clock.SECOND_NS
    )


def _chosen(
    store: Store, sources: Sequence[Source], places: Mapping[str, Place]
) -> list[Addition]:
    now = _now()
    found = []
    with store.read() as connection:
        own = overlap.own_time(connection, now)
        for each in sources:
            attachment = places[each.device].attachment
            if attachment is not None:
                chosen = overlap.choose(connection, each, own, now)
                found.append(Addition(each, attachment, chosen))
    return found
