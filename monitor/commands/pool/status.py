"""`esimmon pool status`: how the pool stands, as this device sees it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from monitor import clock
from monitor.accounts.bookkeeping import open_book
from monitor.accounts.sharing import newest_lives, used_by_device
from monitor.commands.options import with_format, with_setup
from monitor.commands.plan.desk import plans_for
from monitor.config import pool_folder
from monitor.errors import ConfigError, PoolError
from monitor.moments import Clocks
from monitor.pool import budget
from monitor.pool.folder import Folder
from monitor.pool.founding import read_pool
from monitor.pool.own import Own
from monitor.pool.segments import Whose
from monitor.store import pool as stored
from monitor.store.engine import open_store
from monitor.views.pool import DeviceStanding, PoolStanding, SharedPlan
from monitor.views.pool_as_json import pool_as_json
from monitor.views.pool_as_text import pool_as_text
from monitor.views.table import terminal_layout
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.accounts.bookkeeping import Book
    from monitor.accounts.sharing import Used
    from monitor.commands.options import Setup
    from monitor.pool.budget import Spoken
    from monitor.store.pool import Device


@click.command("status")
@with_format("text", "json")
@with_setup
def command(setup: Setup, *, output_format: str) -> None:
    """Show what is left of each shared plan, and which device used what.

    A device that gave no word for longer than twice `every` (under [pool]) and an hour
    is silent: what it used since is unknown. It may be nothing, or as much, day by day,
    as on its highest day of this cycle (of those before, if it said nothing of this
    one); "left" is then a range, down to so much less.

    \b
    esimmon pool status
    esimmon pool status --json
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if not setup.config.pool.folder:
        raise ConfigError(
            "this device is in no pool: esimmon pool join FOLDER, or esimmon pool init."
        )
    standing = _standing(setup)
    if output_format == "json":
        click.echo(pool_as_json(standing), file=sys.stdout)
        return
    zone = local_zone(os.environ)
    layout = terminal_layout(sys.stdout, os.environ)
    clocks = Clocks(zone, zone, standing.now_s)
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(pool_as_text(standing, clocks, layout), file=sys.stdout)


def _standing(setup: Setup) -> PoolStanding:
    wanted, now_s = setup.config.pool, clock.now_s()
    path, socket = setup.flushed()
    with open_store(path, writable=False) as store:
        devices = stored.devices(store)
        own = stored.own_of(devices)
        if own is None:
            raise ConfigError(
                "the daemon does not know of the pool yet: start it, or let it read "
                "its configuration (SIGHUP)."
            )
        plans = plans_for(setup, store, is_running=socket is not None)
        known = {str(each.plan.id) for each in plans}
        lives = newest_lives(devices)
        shared = tuple(
            _shared(open_book(store, plans, plan, now_s), own, lives)
            for plan in sorted(own.terms)
            if plan in known
        )
    written = _written(setup, own)
    hour, day = budget.HOUR_S, budget.DAY_S
    return PoolStanding(
        folder=wanted.folder,
        plans=shared,
        now_s=now_s,
        every_s=wanted.every_s,
        written_hour_bytes=_within(written, now_s, hour),
        written_day_bytes=_within(written, now_s, day),
        metered_per_hour_bytes=wanted.metered_per_hour_bytes,
    )


def _shared(book: Book, own: Device, lives: Sequence[Device]) -> SharedPlan:
    plan, now = str(book.agreement.plan.id), book.now
    used = used_by_device(book, own.name)
    return SharedPlan(
        plan=plan,
        limit_bytes=now.limit_bytes,
        used_bytes=now.used_bytes,
        left_bytes=now.remaining_bytes,
        cycle_start_s=now.cycle_start,
        cycle_end_s=now.cycle_end,
        devices=tuple(
            _device(each, plan, own, used)
            for each in lives
            if plan in each.terms or each.name in used or not each.terms
        ),
    )


def _device(
    device: Device, plan: str, own: Device, used: Mapping[str, Used]
) -> DeviceStanding:
    terms = device.terms.get(plan)
    found = used.get(device.name)
    return DeviceStanding(
        name=device.name,
        member=device.member,
        used_bytes=0 if found is None else found.in_cycle_bytes,
        highest_day_bytes=0 if found is None else found.highest_day_bytes,
        said_s=device.said_s,
        heard_s=device.heard_s,
        through_s=device.through_s,
        same_terms=None if terms is None else terms == own.terms[plan],
        is_own=device.is_own,
    )


def _written(setup: Setup, own: Device) -> list[Spoken] | None:
    """What this device wrote; None where this user cannot read the folder."""
    folder = Folder(pool_folder(setup.config.pool))
    with suppress(PoolError, OSError):
        pool = read_pool(folder.path).pool
        return Own(folder).spoken(Whose(pool, own.name, own.instance))
    return None


def _within(written: list[Spoken] | None, now_s: int, period_s: int) -> int | None:
    return None if written is None else budget.within(written, now_s, period_s)
