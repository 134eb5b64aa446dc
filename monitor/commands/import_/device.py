"""`esimmon import device`: what a member of a plan moved with another machine."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor import clock
from monitor.accounts.paying import bindings_at
from monitor.commands.handing import start_again, without_daemon
from monitor.commands.import_.adding import Addition, Target, add_all, told
from monitor.commands.options import any_file, plan_ids, with_setup
from monitor.commands.plan.desk import plans_for
from monitor.commands.progress import Progress
from monitor.errors import PlanError, UsageError
from monitor.escapes import visible
from monitor.plans.payers import payer
from monitor.store import overlap
from monitor.store.engine import open_store
from monitor.units import format_size
from monitor.usage import Attachment, Interval, total
from monitor.views.reading import read_export
from monitor.zones import local_zone

if TYPE_CHECKING:
    from monitor.commands.options import Setup
    from monitor.store.engine import Store
    from monitor.store.nesting import Part
    from monitor.views.reading import Export


_NAME: Final = re.compile(r"[\w.-]{1,40}")


@click.command("device")
@click.argument("file", metavar="FILE", shell_complete=any_file)
@click.option(
    "--plan",
    "plan_id",
    metavar="ID",
    required=True,
    shell_complete=plan_ids,
    help="The plan that is shared.",
)
@click.option(
    "--member", required=True, metavar="NAME", help="Whose use of it that was."
)
@click.option(
    "--device",
    "name",
    metavar="NAME",
    help="What to call that machine, where a member has several. Default: the "
    "member's name.",
)
@click.option(
    "--network",
    "networks",
    metavar="KEY",
    multiple=True,
    help="The network there that is of this plan, as FILE calls it (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be, and change nothing.")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup,
    *,
    file: str,
    plan_id: str,
    member: str,
    name: str | None,
    networks: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Add what another machine counted, as a member's use of a plan.

    FILE is what `esimmon export --output FILE` wrote there. A later one adds what came
    since. It is booked on an interface of its own, "@NAME", for which the plan must
    pay: `esimmon plan bind ID @NAME` says so, once for each machine.

    \b
    esimmon plan bind family @amina
    esimmon import device amina.json --plan family --member amina
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    with closing(Progress(between=False)) as progress:
        progress.step("reading")
        export = read_export(Path(file), lambda *done: progress.part("reading", *done))
    parts = _of_networks(file, export, networks)
    until_s = max((part.when.to_s for part in parts), default=0)
    device = f"@{_name_of(name, member)}"
    source = overlap.Source(f"device {export.machine} {member}", device, parts, until_s)
    where = Attachment(f"if:{device}", device, billed=True)
    zone, path = local_zone(os.environ), setup.store()
    with (
        without_daemon(path),
        open_store(path, writable=not dry_run) as store,
        closing(Progress(between=False)) as progress,
    ):
        progress.step("looking for what is new")
        _insist_on_member(setup, store, (plan_id, member), where)
        now = overlap.Now(clock.now_s(), "", 0)
        _insist_on_machine(store, source)
        with store.read() as connection:
            chosen = overlap.choose(connection, source, [], now)
        if not dry_run:
            target = Target(store, setup, zone, progress, member)
            add_all(target, [Addition(source, where, chosen)])
    verb = "Would import" if dry_run else "Imported"
    click.echo(f"{verb}: {visible(member)} of {plan_id}: {told(chosen, zone)}")
    if not dry_run:
        click.echo(f"next: {start_again(path)}")


def _of_networks(file: str, export: Export, chosen: tuple[str, ...]) -> list[Part]:
    """What the networks that are meant moved, in order of time.

    Raises:
        UsageError: it is not clear which are.
    """
    known = export.networks
    if not chosen and len(known) > 1:
        sizes = {
            key: format_size(total(part.traffic for part in parts).bytes)
            for key, parts in known.items()
        }
        listed = ", ".join(f"{visible(key)} ({size})" for key, size in sizes.items())
        raise UsageError(
            f"which network of {file} is of the plan? Give --network with one of "
            f"{listed}."
        )
    for key in chosen:
        if key not in known:
            names = ", ".join(map(visible, known)) or "none"
            raise UsageError(f'no network "{key}" in {file}; there are: {names}.')
    found: dict[Interval, Part] = {}
    for key in chosen or known:
        for part in known[key]:
            before = found.get(part.when)
            moved = part.traffic + before.traffic if before else part.traffic
            found[part.when] = part._replace(traffic=moved)
    return sorted(found.values(), key=lambda part: part.when)


def _name_of(name: str | None, member: str) -> str:
    """What a machine is called.

    Raises:
        UsageError: nothing can be called that.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError(
            f'--device "{visible(name)}": must be letters, digits, ".", "_" and "-".'
        )
    return name or member


def _insist_on_machine(store: Store, source: overlap.Source) -> None:
    """Raise UsageError where it is another machine's name: usage would be mixed up."""
    with store.read() as connection:
        before = overlap.whose(connection, source.device)
    if before not in (None, source.name):
        raise UsageError(
            f"{source.device} is another machine already: give this one a name of its "
            "own with --device NAME."
        )


def _insist_on_member(
    setup: Setup, store: Store, plan_and_member: tuple[str, str], where: Attachment
) -> None:
    """Raise UsageError where nobody would be charged with it, or somebody else."""
    plan_id, member = plan_and_member
    plans = {
        str(each.plan.id): each for each in plans_for(setup, store, is_running=False)
    }
    if plan_id not in plans:
        raise UsageError(
            f'no plan "{plan_id}"; there are: {", ".join(plans) or "none"}.'
        )
    members = [each.id for each in plans[plan_id].members]
    if member not in members:
        raise UsageError(
            f'"{member}" does not share the plan {plan_id}; who does: '
            f"{', '.join(members) or 'nobody'} ([[plan.member]] of its file)."
        )
    now_s = clock.now_s()
    paying = payer(bindings_at(store, plans.values(), now_s), where, now_s)
    if paying != plan_id:
        raise PlanError(
            f"{'nobody' if paying is None else f'the plan {paying}'} pays for "
            f"{where.device} so far. Say that it is {plan_id}'s: "
            f"esimmon plan bind {plan_id} {where.device}"
        )
