"""`esimmon data forget`: names go for good, and every sum stays."""

from __future__ import annotations

import pwd
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import click

from monitor import clock
from monitor.accounts import forgetting
from monitor.commands.handing import hand_over, write_here
from monitor.commands.options import with_setup
from monitor.commands.plan.desk import plans_for
from monitor.commands.progress import Progress
from monitor.errors import UsageError
from monitor.store.engine import open_store
from monitor.store.networks import met
from monitor.store.scouring import set_aside
from monitor.units import format_size
from monitor.views.names import visible
from monitor.views.network_names import find_network
from monitor.views.periods import find_zone, parse_period

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.commands.options import Setup
    from monitor.store.engine import Store

_WAIT_S: Final = 300.0  # the file is written anew, and copied
_UNKNOWN: Final = (
    "the daemon did not say whether it forgot that. Say it again: that does no harm."
)
_ROWS: Final = {
    "usage": "rows of usage",
    "processes": "rows of processes",
    "remotes": "rows of networks that programs talked to",
    "networks": "rows of networks",
    "alerts": "alerts",
    "events": "events",
}


@click.command("forget")
@click.option("--app", metavar="PATTERN", help='Programs by name, as "firefox*".')
@click.option("--network", metavar="NETWORK", help="A network, as `networks` shows it.")
@click.option("--before", metavar="DATE", help="All names of the days before DATE.")
@click.option("--user", metavar="NAME", help="What the programs of a user moved.")
@click.option("--everything", is_flag=True, help="All names, of all days.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_setup
def command(
    setup: Setup,
    *,
    everything: bool,
    dry_run: bool,
    yes: bool,
    **named: str | None,
) -> None:
    """Forget programs, a network or a user, or all of them; for good.

    Bytes stay, and so do the bill and the balances of plans: what firefox moved is
    then "(forgotten)" in every report. Processes, alerts and networks that programs
    talked to go with it, and the daily copies are replaced by a new one. What runs or
    is attached now is met anew; a network keeps its country and its interface.

    Not touched: the ledger of plans, your configuration and files of plans, what you
    exported or backed up yourself, and what the system's journal has of alerts
    (journalctl --vacuum-time=1d).

    \b
    esimmon data forget --app "firefox*" --dry-run
    esimmon data forget --network "Hotel Bali"
    esimmon data forget --user anna --yes
    esimmon data forget --everything
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    given = {name: value for name, value in named.items() if value}
    if len(given) + everything != 1:
        raise UsageError(
            "give one of --app, --network, --before, --user or --everything."
        )
    path, socket = setup.flushed()
    asked = {"everything": True} if everything else _asked(path, *given.popitem())
    here = _Here(setup, path, socket)
    if dry_run or not yes:
        _show(here.forget({**asked, "dry_run": True}), is_done=False)
        if dry_run:
            return
        if not sys.stdin.isatty():
            raise UsageError("this is for good: give --yes, or ask on a terminal.")
        click.confirm("Forget that for good?", abort=True)
    with closing(Progress(between=False)) as progress:
        progress.step("forgetting")
        told = here.forget(asked)
    _show(told, is_done=True)
    _say_what_is_left(path, told)


class _Here:
    """Who writes: the daemon, or this command."""

    def __init__(self, setup: Setup, path: Path, socket: Path | None) -> None:
        self._setup, self._path, self._socket = setup, path, socket

    def forget(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Have it done."""
        if self._socket is not None:
            return hand_over(self._socket, "data.forget", asked, _UNKNOWN, _WAIT_S)
        return write_here(self._path, lambda store: self._do(store, asked))

    def _do(self, store: Store, asked: dict[str, Any]) -> dict[str, Any]:
        plans = plans_for(self._setup, store, is_running=False)
        now_s, dry_run = clock.now_s(), asked.get("dry_run") is True
        wish = forgetting.wish_of(asked)
        told = forgetting.carry_out(store, plans, wish, now_s, dry_run=dry_run)
        if not dry_run:
            told["scoured"] = forgetting.scour(store, now_s)
        return told


def _asked(path: Path, name: str, value: str) -> dict[str, Any]:
    """What was typed, as it is handed over.

    Raises:
        UsageError: there is no such thing.
    """
    if name == "app":
        return {"app": value}
    if name == "network":
        with open_store(path, writable=False) as store:
            return {"network": find_network(met(store), value).network.key}
    if name == "before":
        return {"before": parse_period(value, clock.now_s(), find_zone(None)).from_s}
    return {"uid": _uid(value)}


def _uid(name: str) -> int:
    try:
        return int(name) if name.isascii() and name.isdigit() else pwd.getpwnam(name)[2]
    except (KeyError, ValueError):
        raise UsageError(f'no user "{visible(name)}" is known here.') from None


def _show(told: dict[str, Any], *, is_done: bool) -> None:
    rows = told["rows"]
    parts = [f"{rows[name]} {text}" for name, text in _ROWS.items() if rows.get(name)]
    if not parts:
        click.echo("There is nothing of that.")
    else:
        did = "Forgotten" if is_done else "Would be forgotten"
        size = format_size(told["bytes"])
        click.echo(f"{did}: whose {size} were; {', '.join(parts)}.")
    for sentence in told["kept"]:
        click.echo(f"Kept: {visible(sentence)}")


def _say_what_is_left(path: Path, told: dict[str, Any]) -> None:
    if not told["scoured"]:
        click.echo(
            "Traces are still in the files: somebody reads them just now. The daemon "
            "removes them within the hour; without one, say it again."
        )
    for each in set_aside(path):
        click.echo(f"Not touched, and may have it all: {visible(str(each))}")
