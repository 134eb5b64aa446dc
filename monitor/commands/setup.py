"""`esimmon setup`: a few questions, then a first configuration with one plan."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from monitor.collectors import routes, rtnetlink
from monitor.commands import met_before
from monitor.commands.dialogue import Given, ask
from monitor.commands.options import Setup, config_option, find_setup, store_option
from monitor.config import (
    SYSTEM_SOCKET,
    Config,
    candidates,
    find_config,
    first_config,
    new_config,
    not_counted,
    parse_config,
)
from monitor.daemon.control import request
from monitor.errors import ConfigError, SourceError, UsageError
from monitor.escapes import visible
from monitor.service.marks import State, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from monitor.commands.met_before import Known
    from monitor.config import Answers, Candidate
    from monitor.devices import Link

_MODE: Final = 0o644  # nothing in it is secret, and the service must read it
_PATIENCE_S: Final = 0.5
_BY_OPTIONS: Final = (
    'esimmon setup --non-interactive --interface "wwan*" --quota "10 GB" '
    "--billing-day 1"
)


@click.command("setup")
@click.option(
    "--interface",
    "interfaces",
    metavar="PATTERN",
    multiple=True,
    help='Interface that the plan pays for, such as "wwan*" (repeatable).',
)
@click.option("--quota", metavar="SIZE", help='Such as "10 GB", or "unlimited".')
@click.option(
    "--every",
    type=click.Choice(["month"]),
    help="The quota is granted anew each month (without --days).",
)
@click.option(
    "--billing-day",
    type=click.IntRange(1, 31),
    metavar="DAY",
    help="Day of the month on which it is.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    metavar="N",
    help="The plan lasts for N days, once.",
)
@click.option(
    "--starts-on",
    metavar="DATE",
    help="First of the days, or the instant the plan begins. Default: today.",
)
@click.option("--tz", metavar="ZONE", help="Time zone of the plan's days.")
@click.option(
    "--left", metavar="SIZE", help="What the carrier says is left at this moment."
)
@click.option("--id", "plan_id", metavar="NAME", help="Name of the plan.")
@click.option(
    "--output",
    metavar="FILE",
    help="Where to write it. Default: the configuration file of this user.",
)
@click.option("--non-interactive", is_flag=True, help="Ask nothing.")
@config_option
@store_option
def command(  # noqa: PLR0913 - one argument an option
    *,
    interfaces: tuple[str, ...],
    quota: str | None,
    every: str | None,
    billing_day: int | None,
    days: int | None,
    starts_on: str | None,
    tz: str | None,
    left: str | None,
    plan_id: str | None,
    output: str | None,
    non_interactive: bool,
    config_option: str | None,
    store_option: str | None,
) -> int:
    """Ask which plan there is, and write the first configuration.

    A file that is there already is never changed.

    \b
    sudo esimmon setup
    esimmon setup --non-interactive --interface "wwan*" --quota "10 GB" --billing-day 1
    esimmon setup --non-interactive --interface usb0 --quota "5 GB" --days 7
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if days is not None and (every is not None or billing_day is not None):
        raise UsageError("--days is for a plan without --every and --billing-day.")
    given = Given(
        interfaces=interfaces,
        quota=quota,
        billing_day=1 if every and billing_day is None else billing_day,
        days=days,
        starts_on=starts_on,
        left=left,
        plan_id=plan_id,
        tz=tz,
    )
    is_root = os.geteuid() == 0
    path = new_config(output or config_option, os.environ, is_root=is_root).absolute()
    _refuse_existing(path)
    links, routed = _devices()
    if non_interactive:
        answers = given.answers()
    else:
        _refuse_without_terminal()
        known = Setup(Config(), None, store_option, os.environ, is_root)
        last_on = partial(met_before.last_on, known.readable_stores())
        answers = _asked(given, candidates(links, routed), last_on)
    hidden = not_counted(answers.interfaces, links, routed)
    answers = replace(answers, unbilled=hidden)
    text = first_config(answers)
    config = parse_config(text, str(path))
    setup = Setup(config, path, store_option, os.environ, is_root)
    setup.with_plans_beside(setup.store())  # another plan may have the name
    if not non_interactive and not _agreed(path, text):
        click.echo("Nothing was written.", err=True)
        return 1
    _write(path, text)
    for line in _next_steps(path, answers, links.values(), store_option):
        click.echo(line, file=sys.stdout)
    return 0


def _asked(
    given: Given, found: Sequence[Candidate], last_on: Callable[[str], Known | None]
) -> Answers:
    click.echo(
        "A few questions, then a configuration. Ctrl-C ends this at any time, and "
        "nothing is\nwritten before you have seen it."
    )
    try:
        return ask(given, found, last_on).answers()
    except click.Abort:
        click.echo("\nNothing was written.", err=True)
        raise


def _agreed(path: Path, text: str) -> bool:
    click.echo(f"\n{text}")
    try:
        return click.confirm(f"Write this to {visible(str(path))}?", default=True)
    except click.Abort:
        click.echo("\nNothing was written.", err=True)
        raise


def _refuse_existing(path: Path) -> None:
    """A configuration is the person's: it is never overwritten.

    Only that of `esimmon service install`, which sets nothing, may be.

    Raises:
        ConfigError: there is something, if only a link that leads nowhere.
    """
    if os.path.lexists(path) and judge(path) is not State.INTACT:
        raise ConfigError(
            f"{path} is there already, and is not changed. To add a plan: `esimmon "
            "plan add --help`; or let this write another file (--output new.toml) for "
            "`esimmon plan import`."
        )


def _refuse_without_terminal() -> None:
    """Raise UsageError: nobody is there to answer."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout and sys.stdout.isatty()):
        raise UsageError(
            f"there is no terminal to ask on. Give the answers instead: {_BY_OPTIONS}"
        )


def _devices() -> tuple[dict[int, Link], frozenset[str]]:
    """All devices, and those with a default route; none where that is not known."""
    try:
        return rtnetlink.collect(), routes.collect()
    except SourceError:  # a guess is all that is lost
        return {}, frozenset()


def _write(path: Path, text: str) -> None:
    """Make the file as a whole or not at all; what came in between stays.

    Raises:
        ConfigError: it cannot be written, or is there meanwhile.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".esimmon-") as file:
            file.write(text.encode())
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
            if judge(path) is State.INTACT:
                path.unlink()
            os.link(file.name, path)  # unlike a rename it never replaces
    except OSError as error:
        _refuse_existing(path)  # somebody was quicker
        remedy = "Run it with sudo." if isinstance(error, PermissionError) else ""
        sentence = f"{path}: cannot be written: {error.strerror}. {remedy}"
        raise ConfigError(sentence.strip()) from error


def _next_steps(
    path: Path, answers: Answers, links: Iterable[Link], store: str | None
) -> list[str]:
    """What to type now."""
    lines = [f"Written: {visible(str(path))}"]
    names = [link.name for link in links]
    lines += [
        f"No interface {pattern} is here now: it counts once there is."
        for pattern in answers.interfaces
        if not any(fnmatchcase(name, pattern) for name in names)
    ]
    daemon = _daemon(path, store)
    if daemon is not None:
        pid, is_system = daemon
        by_hand = f"kill -HUP {pid}"
        how = f"systemctl reload esimmon   (run by hand: {by_hand})"
        return [*lines, f"The daemon learns of it by: {how if is_system else by_hand}"]
    in_force = find_config(None, os.environ, is_root=os.geteuid() == 0)
    option = "" if in_force == path else f" --config {visible(str(path))}"
    return [*lines, f"Start counting with: esimmon run{option}", "Then: esimmon status"]


def _daemon(path: Path, store: str | None) -> tuple[int, bool] | None:
    """Process id of a running daemon, and whether it is the system's."""
    setup = find_setup(str(path), store)
    for each in setup.readable_stores():
        for socket in setup.sockets(each):
            answer = request(socket, "status", {}, _PATIENCE_S)
            if answer is not None:
                return int(answer["pid"]), socket == SYSTEM_SOCKET
    return None
