"""`esimmon top`: who moves what at this moment."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from monitor.commands.options import with_format, with_setup
from monitor.commands.top.feed import open_feed
from monitor.errors import UnsupportedError, UsageError
from monitor.views.scene import BY, SORTS, Chosen

if TYPE_CHECKING:
    from monitor.commands.options import Setup


@click.command("top")
@click.option(
    "--by",
    type=click.Choice(BY),
    default=BY[0],
    show_default=True,
    help="What the rows are about.",
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default=SORTS[0],
    show_default=True,
    help="What comes first.",
)
@click.option("--metered", is_flag=True, help="Without networks that cost nothing.")
@click.option("--once", is_flag=True, help="Write one look of a second, and end.")
@with_format("text", "json")
@with_setup
def command(  # noqa: PLR0913 - one argument an option
    setup: Setup, *, by: str, sort: str, metered: bool, once: bool, output_format: str
) -> None:
    """Show live who moves what: every second, by application, process or network.

    It looks over the shoulder of the daemon, which sees every process, however short:
    root and members of the group esimmon may. Totals are those of today.

    \b
    esimmon top
    esimmon top --metered --by process
    esimmon top --once --json

    \b
    a p n   by application, process, network      s   next order: rate, total, name
    /       only names with this text in them     m   only metered networks
    space   hold still                            q   end
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    chosen = Chosen(by, sort, only_metered=metered)
    if not once and output_format != "text":
        raise UsageError("--json goes with --once: what is live has no end.")
    feed = open_feed(setup)
    if once:
        from monitor.commands.top.once import one_look  # noqa: PLC0415 - as `screen`

        click.echo(one_look(feed, chosen, output_format), file=sys.stdout)
        return
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError("this needs a terminal; in a script: esimmon top --once")
    try:
        # 0.3 s, and an extra.
        from monitor.commands.top.screen import Screen  # noqa: PLC0415
    except ImportError as error:
        raise UnsupportedError(
            f"the live screen needs Textual ({error}).",
            remedy=f"Install it: {sys.executable} -m pip install textual. Without: "
            "esimmon top --once",
        ) from error
    Screen(feed, chosen).run()
