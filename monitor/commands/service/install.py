"""`esimmon service install`: from a program to a service that counts."""

from __future__ import annotations

import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import __version__
from monitor.checks.remedies import called_as
from monitor.client import statusfile
from monitor.commands.service.common import (
    check_user,
    dry_run_option,
    preview,
    say,
    service_of,
    user_option,
)
from monitor.daemon.control import GROUP, request
from monitor.errors import ServiceError, StatusStaleError
from monitor.service.finding import check_manager, find, joiner
from monitor.service.installing import check_files, steps
from monitor.service.program import refusal, this_program
from monitor.service.scopes import SYSTEM
from monitor.service.steps import perform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from monitor.service.finding import Found
    from monitor.service.program import Program
    from monitor.service.scopes import Scope

_PATIENCE_S = 10.0


@click.command("install")
@click.option(
    "--add-user/--no-add-user",
    "adds",
    default=None,
    help="Let the person behind sudo read the figures (group esimmon); else asked.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: yes to all questions.")
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files that were changed by hand; they are kept beside, as .old.",
)
@dry_run_option
@user_option
def command(
    *, adds: bool | None, yes: bool, overwrite: bool, dry_run: bool, is_own: bool
) -> int | None:
    """Install this very program as a service, enable and start it.

    The service runs from every boot on, as a user of its own with three capabilities,
    and an agent in each desktop session shows its alerts. Typed again after an upgrade
    it brings the files up to date and starts the service anew, which loses no byte; if
    nothing has changed, it changes nothing. A configuration that is there stays as it
    is.

    \b
    sudo esimmon service install --dry-run
    sudo esimmon service install
    esimmon service install --user        without root: fewer programs by name
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    scope, config, _ = service_of(is_own=is_own)
    program = this_program(sys.argv[0])
    found = find(scope, config, program.path)
    checks: tuple[Callable[[], None], ...] = (
        partial(check_manager, scope),
        partial(_check_program, scope, program),
        partial(check_files, found, overwrites=overwrite),
        partial(_check_tools, found),
        partial(_check_single, scope),
    )
    person = joiner(os.environ) if scope.is_system else ""
    if dry_run:
        joins = person if adds or yes else ""
        if person and adds is None and not yes:
            say(f"ask whether {person} may read the figures (group {GROUP})")
        return preview(scope, steps(scope, found, config, joins), checks)
    check_user(scope, "install")
    for check in checks:
        check()
    joins = person if person and _agreed(person, adds=adds, yes=yes) else ""
    todo = list(steps(scope, found, config, joins))
    if not todo:
        say("Nothing to do: it is installed as it should be, enabled, and runs.")
    perform(todo, say)
    _conclude(scope, config, person, is_member=bool(joins) or not person)
    return None


def _check_program(scope: Scope, program: Program) -> None:
    """Insist on a program that the service's user can run, and only root can change.

    Raises:
        ServiceError: why not.
    """
    reason = refusal(program) if scope.is_system else ""
    if reason:
        raise ServiceError(reason)


def _check_tools(found: Found) -> None:
    """Insist on what makes the service's user.

    Raises:
        ServiceError: how to make it by hand.
    """
    if not found.has_user and shutil.which("systemd-sysusers") is None:
        raise ServiceError(
            "there is no systemd-sysusers here to make the service's user. Make it, "
            "and type the same again: sudo useradd --system --user-group "
            f"--no-create-home --home-dir / --shell /usr/sbin/nologin {GROUP}"
        )


def _check_single(scope: Scope) -> None:
    """Insist that a user's own service is not a second one.

    Raises:
        ServiceError: the system has one.
    """
    if scope.is_system:
        return
    (unit,) = (t.path for t in SYSTEM.targets if t.name == "esimmon.service")
    if unit.exists() or request(SYSTEM.socket, "status", {}) is not None:
        raise ServiceError(
            "the system's service counts already, for everybody: one of your own "
            "would refuse to start beside it. See: esimmon service status"
        )


def _agreed(person: str, *, adds: bool | None, yes: bool) -> bool:
    """Whether the person becomes a member of the group."""
    if adds is not None or yes:
        return adds is not False
    if not (sys.stdin and sys.stdin.isatty()):
        return False
    question = f"May {person} read the figures of everybody here (group {GROUP})?"
    return click.confirm(question, default=True)


def _conclude(scope: Scope, config: Path, person: str, *, is_member: bool) -> None:
    """Say whether it counts, and what to type next."""
    answer = request(scope.socket, "status", {}, _PATIENCE_S)
    if answer is None:
        raise ServiceError(
            "the service runs, but does not answer yet; see in a minute: esimmon "
            f"service status{scope.option}"
        )
    for line in _counting(scope, answer, config):
        say(line)
    if person and not is_member:
        say(f"  {person} may not read them yet: sudo usermod -aG {GROUP} {person}")
    elif person:
        say(f"  {person}: log in again to read them without sudo")
    sudo = "sudo " if scope.is_system else ""
    reload = f"{sudo}systemctl{scope.option} reload esimmon"
    if not _has_plan(scope):
        call = f"{sudo}{called_as(sys.argv[0])} setup"
        say(f"next, a plan of yours: {call} && {reload}")


def _counting(
    scope: Scope, answer: Mapping[str, object], config: Path
) -> Iterator[str]:
    """That it does, and where."""
    since = "from every boot on" if scope.is_system else "whenever you are logged in"
    tier = answer.get("tier", "unknown")
    yield f"esimmon {__version__} counts, now and {since} (tier {tier})."
    store = Path(str(answer.get("store", ""))).parent
    yield f"  figures in {store}, configuration in {config.parent}"
    if not scope.is_system:
        yield "  to count when you are logged out, too: loginctl enable-linger"


def _has_plan(scope: Scope) -> bool:
    """Whether the daemon knows of any plan."""
    try:
        document = statusfile.read(statusfile.status_path(scope.socket))
    except StatusStaleError:
        return False
    return bool(document.get("plans"))
