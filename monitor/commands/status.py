"""`esimmon status`: how much of each plan is left, from the daemon's status file.

`monitor.quick` answers the usual calls before this module is imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from monitor.client import statusfile
from monitor.commands.options import plan_ids, with_format, with_setup
from monitor.errors import StatusStaleError, UsageError
from monitor.views.standing import check_status
from monitor.views.status import BARS, FORMATS, written

if TYPE_CHECKING:
    from monitor.commands.options import Setup


@click.command("status")
@click.argument("plans", metavar="[PLAN]...", nargs=-1, shell_complete=plan_ids)
@click.option(
    "--check",
    is_flag=True,
    help="Exit with 10 when a warning holds, 11 when a limit is reached or a plan is "
    "over, 1 when no daemon counts.",
)
@click.option("-q", "--quiet", is_flag=True, help="Like --check, but write nothing.")
@with_format(*FORMATS)
@with_setup
def command(
    setup: Setup,
    *,
    plans: tuple[str, ...],
    check: bool,
    quiet: bool,
    output_format: str,
) -> int:
    """Show what is left of each plan, and until when.

    Bars of the desktop ask as often as they like: `oneline` is for polybar, i3blocks or
    tmux, `waybar` for a custom module with "return-type": "json".

    \b
    esimmon status                    all plans
    esimmon status home               only this one, and more of it
    esimmon status --format=oneline
    esimmon status --quiet; echo $?
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    try:
        document = _read(setup)
        with statusfile.understood():
            document = _chosen(document, plans)
            text = written(document, output_format, detailed=bool(plans))
            status = check_status(document)
    except StatusStaleError as error:
        if output_format in BARS and not quiet:
            from monitor.views.bars import stale_line  # noqa: PLC0415 - as `written`

            click.echo(stale_line(str(error), output_format), file=sys.stdout)
        raise
    if not quiet:
        # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
        click.echo(text, file=sys.stdout)
    return status if check or quiet else 0


def _read(setup: Setup) -> dict[str, Any]:
    """What the first daemon that keeps its status says.

    Raises:
        StatusStaleError: none does; of several reasons, that of a daemon that was
            here says more than that of one that never was.
    """
    reasons: list[StatusStaleError] = []
    for store in setup.readable_stores():
        for socket in setup.sockets(store):
            try:
                return statusfile.read(statusfile.status_path(socket))
            except StatusStaleError as error:
                reasons.append(error)
    raise max(reasons, key=lambda reason: reason.was_here)


def _chosen(document: dict[str, Any], plans: tuple[str, ...]) -> dict[str, Any]:
    """The document with the plans that were asked for, or all of them.

    Raises:
        UsageError: there is no such plan.
    """
    known = {plan["id"]: plan for plan in document["plans"]}
    for name in plans:
        if name not in known:
            raise UsageError(
                f'no plan "{name}". There are: {", ".join(known) or "none"}.'
            )
    chosen = [known[name] for name in dict.fromkeys(plans)] or document["plans"]
    return {**document, "plans": chosen}
