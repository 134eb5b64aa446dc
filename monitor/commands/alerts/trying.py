"""`esimmon alerts test`: one through every channel, and what came of each.

The daemon announces an alert that is none, and it goes the whole way: the log, agents
to their desktops, the relay to the phone. This desktop is tried from here only where
nobody else shows its alerts.
"""

from __future__ import annotations

import os
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from monitor.commands.options import with_setup
from monitor.config import places
from monitor.daemon.control import call
from monitor.errors import ConfigError, NotShownError
from monitor.notifiers import push
from monitor.notifiers.courier import Patience
from monitor.notifiers.desktop import Desktop, has_desktop
from monitor.notifiers.notice import TEST, Notice
from monitor.views.names import visible
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitor.commands.options import Setup

PUSH: Final = "push"
_DESKTOP_S: Final = 10.0
_PUSH_S: Final = 75.0  # a relay gives each message a minute
_POLL_S: Final = 0.1
_NOTICE: Final = Notice(
    "esimmon: this is a test",
    "Alerts about your data plans will look like this one.",
    TEST,
)


class Came(NamedTuple):
    """What came of one channel.

    Attributes:
        channel: for people.
        text: one sentence without a full stop; may be hostile.
        is_fine: whether an alert gets through; what is not set up is fine.
        remedy: what to do; empty for nothing.
        has_shown: whether somebody was told.
    """

    channel: str
    text: str
    is_fine: bool = True
    remedy: str = ""
    has_shown: bool = False


@click.command("test")
@with_setup
def command(setup: Setup) -> int:
    """Send one alert through every channel, and say what came of each.

    The running daemon (root, its own user and the group may ask it) writes it to the
    log and hands it to all who show alerts: agents in the desktops of users, and the
    relay, to your phone. It is in no list of alerts. The exit status is 1 when a
    channel that is set up did not work.

    \b
    esimmon alerts test
    sudo esimmon alerts test
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    came = []
    for each in _tried(setup):
        came.append(each)
        _show(each)
    if not any(each.has_shown for each in came):
        click.echo("Nobody was shown anything: alerts are only in the log.")
        return 1
    return 0 if all(each.is_fine for each in came) else 1


def _tried(setup: Setup) -> Iterator[Came]:
    """Each channel, as soon as it is known what came of it."""
    asked: list[dict[str, Any]] = []
    begun, socket = _begin(setup)
    if begun is None:
        yield Came(
            "daemon",
            "none is running: nobody would raise an alert",
            is_fine=False,
            remedy="sudo esimmon service install, or esimmon run",
        )
    elif isinstance(begun, str):
        yield Came("daemon", begun, is_fine=False, remedy="sudo esimmon alerts test")
    else:
        yield Came("log", "written by the daemon")
        asked = begun["asked"]
        if socket is not None:
            yield from _answered(socket, str(begun["id"]), asked)
    ways = {each["way"] for each in asked}
    if not any(each["uid"] == os.geteuid() for each in asked if each["way"] != PUSH):
        yield _this_desktop(is_alone=isinstance(begun, dict))
    if PUSH not in ways:
        yield _phone(setup, is_known=isinstance(begun, dict))


def _begin(setup: Setup) -> tuple[dict[str, Any] | str | None, Path | None]:
    """Let a daemon begin: what it said, or why it did not; None without one."""
    for store in setup.readable_stores():
        for socket in setup.sockets(store):
            answer = call(socket, "alerts.test", {})
            if answer is None:
                continue
            if answer.result is not None:
                return answer.result, socket
            return answer.refusal or "it does not answer", None
    return None, None


def _answered(
    socket: Path, test_id: str, asked: list[dict[str, Any]]
) -> Iterator[Came]:
    """What each of them says, or that it said nothing in time."""
    begun_s = time.monotonic()
    waiting = [(each["uid"], each["way"], each["user"]) for each in asked]
    while waiting:
        answer = call(socket, "alerts.tested", {"id": test_id})
        if answer is None or answer.result is None:
            why = "the daemon was restarted, or another test was begun"
            yield Came("daemon", why, is_fine=False, remedy="try it again")
            return
        for each in answer.result["answers"]:
            who = (each["uid"], each["way"], each["user"])
            if who in waiting:
                waiting.remove(who)
                yield _came(who, each["failure"], each["by"])
        waited_s = time.monotonic() - begun_s
        for who in list(waiting):
            if waited_s > (_PUSH_S if who[1] == PUSH else _DESKTOP_S):
                waiting.remove(who)
                yield _came(who, "no answer in time", "")
        time.sleep(_POLL_S)
    call(socket, "alerts.tested", {"id": test_id, "over": True})


def _came(who: tuple[int, str, str], failure: str, by: str) -> Came:
    _, way, user = who
    channel = "phone" if way == PUSH else f"desktop of {user}"
    if not failure:
        done = "sent" if way == PUSH else "shown"
        return Came(channel, f"{done} by {by}" if by else done, has_shown=True)
    remedy = (
        "look at that address, and whether the relay reaches it: esimmon relay --test"
        if way == PUSH
        else f"esimmon doctor, as {user}"
    )
    return Came(channel, f"failed: {failure}", is_fine=False, remedy=remedy)


def _this_desktop(*, is_alone: bool) -> Came:
    """Shown from here.

    Args:
        is_alone: whether a daemon runs that nobody here shows alerts of.
    """
    if not has_desktop(os.environ):
        return Came("this desktop", "there is none here")
    try:
        shown = Patience(Desktop()).show(_NOTICE)
    except NotShownError as error:
        remedy = "esimmon doctor"
        return Came("this desktop", f"failed: {error}", is_fine=False, remedy=remedy)
    if is_alone:
        return Came(
            "this desktop",
            f"shown by {shown}, but no agent of yours is connected: alerts are not",
            is_fine=False,
            remedy="esimmon notify",
            has_shown=True,
        )
    return Came("this desktop", f"shown by {shown}", has_shown=True)


def _phone(setup: Setup, *, is_known: bool) -> Came:
    """Why nothing was sent.

    Args:
        setup: with the configuration in force.
        is_known: whether a daemon said that no relay is connected.
    """
    path = push.find_addresses(setup.config.push.addresses, os.environ)
    if path is None and os.access(places.SYSTEM_ADDRESSES, os.F_OK):
        path = places.SYSTEM_ADDRESSES
    if path is None:
        return Came("phone", "not set up ([push] addresses of the configuration)")
    try:
        # Others' addresses are none of this user's business.
        if os.access(path, os.R_OK) or not os.access(path, os.F_OK):
            push.read_addresses(path)
    except ConfigError as error:
        return Came("phone", f"failed: {error}".rstrip("."), is_fine=False)
    if not is_known:
        text = "not tried: only a daemon can"
        return Came("phone", text, is_fine=False, remedy="esimmon relay --test")
    return Came(
        "phone",
        f"not sent: {path} has addresses, but no relay is connected",
        is_fine=False,
        remedy="sudo systemctl enable --now esimmon-relay, or esimmon relay",
    )


def _show(came: Came) -> None:
    layout = terminal_layout(sys.stdout, os.environ)
    head = f"{visible(came.channel)}: "
    lines = textwrap.wrap(
        f"{head}{visible(came.text)}", layout.width, subsequent_indent="  "
    )
    if came.remedy:
        lines += textwrap.wrap(
            f"next: {visible(came.remedy)}",
            layout.width,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo("\n".join(lines), file=sys.stdout)
