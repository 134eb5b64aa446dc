"""`esimmon service uninstall`: what install wrote goes, what was counted stays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from monitor.checks.examination import find_leftovers
from monitor.checks.removal import removable, remove
from monitor.commands.doctor import setup_or_reason, subject_of
from monitor.commands.service.common import (
    check_user,
    dry_run_option,
    preview,
    say,
    service_of,
    user_option,
)
from monitor.errors import ServiceError
from monitor.service.finding import check_manager, find
from monitor.service.removing import left, steps
from monitor.service.steps import Remove, perform

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.checks.leftovers import Leftovers
    from monitor.commands.service.common import Service
    from monitor.service.finding import Found


@click.command("uninstall")
@dry_run_option
@user_option
def command(*, dry_run: bool, is_own: bool) -> int | None:
    """Stop the service, and remove what `service install` wrote.

    Figures, plans and configuration stay, and so do files that were changed by hand
    since: both are named. The program itself stays, too.

    \b
    sudo esimmon service uninstall --dry-run
    sudo esimmon service uninstall
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    scope, config, _ = service = service_of(is_own=is_own)
    found = find(scope, config)
    if dry_run:
        more = removable(_leftovers()[0]) if scope.is_system else ()
        shown = (*steps(scope, found), *map(Remove, more))
        status = preview(scope, shown, (partial(check_manager, scope),))
        _name_what_stays(service, found)
        return status
    check_user(scope, "uninstall")
    check_manager(scope)
    todo = list(steps(scope, found))
    if not todo:
        say("Nothing to do: no service is installed.")
    perform(todo, say)
    failed = scope.is_system and not _remove_leftovers()
    _name_what_stays(service, found)
    if failed:
        raise ServiceError("some of what killed daemons left could not be removed.")
    return None


def _leftovers() -> tuple[Leftovers, str]:
    """What daemons that were killed left, and the library that can remove it."""
    subject = subject_of(*setup_or_reason(None, None))
    return find_leftovers(subject), subject.where.libbpf


def _remove_leftovers() -> bool:
    """Remove it, and say so; returns whether that worked."""
    worked = True
    for path, failure in remove(*_leftovers()):
        worked = worked and not failure
        say(f"not removed: {path}: {failure}" if failure else f"done: remove {path}")
    return worked


def _name_what_stays(service: Service, found: Found) -> None:
    """Say what is still there, and where."""
    for path in left(found):
        say(f"left, because it was changed by hand: {path}")
    scope, config, store = service
    extra = [folder for f in found.files for folder in _beside(f.target.path)]
    stays = [
        (store.parent, "figures and plans"),
        (config.parent, "configuration"),
        *((folder, "settings of yours") for folder in extra),
    ]
    for path, what in stays:
        if path.exists():
            say(f"kept: {path} ({what})")
    if scope.is_system and found.has_user:
        say("kept: the user and group esimmon, whose the figures are")


def _beside(unit: Path) -> list[Path]:
    """The folder of `systemctl edit`, where there is one."""
    folder = unit.with_name(f"{unit.name}.d")
    return [folder] if folder.is_dir() else []
