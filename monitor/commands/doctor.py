"""`esimmon doctor`: whether counting works here, what is lacking, what mends it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor.checks.examination import Subject, examine, find_leftovers
from monitor.checks.findings import IDS, has_error
from monitor.checks.remedies import INSTALLERS, Remedies, called_as
from monitor.checks.removal import remove
from monitor.checks.settings import Settings
from monitor.commands.options import (
    Setup,
    config_option,
    find_setup,
    store_option,
    with_format,
)
from monitor.config import Config, find_config, places
from monitor.errors import ConfigError
from monitor.users import user_name
from monitor.views.doctor import as_json, as_text
from monitor.views.names import visible
from monitor.views.periods import find_zone
from monitor.views.table import terminal_layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SYSTEMD: Final = Path("/run/systemd/system")  # sd_booted(3)
# Where daemons of other users answer, see monitor.config.places.
_OF_USERS: Final = (
    (Path("/run/user"), "*/esimmon/*.sock"),
    (places.TEMPORARY, "esimmon-*/*.sock"),
)
_EPILOG: Final = "\b\n" + textwrap.fill(
    f"Ids of findings: {', '.join(IDS)}.", 76, break_on_hyphens=False
)


@click.command("doctor", epilog=_EPILOG)
@click.option(
    "--remove-orphans",
    is_flag=True,
    help="Remove what dead daemons left (as root: also what the kernel still counts "
    "for them), and say what it was. Nothing of a running daemon is touched.",
)
@with_format("text", "json")
@config_option
@store_option
def command(
    *,
    remove_orphans: bool,
    output_format: str,
    config_option: str | None,
    store_option: str | None,
) -> int:
    """Say whether counting works here, what is lacking, and how to mend it.

    Each finding is ok, note, warn or error; the exit status is 1 when one is an error,
    else 0. As root it sees more: what killed daemons left in the kernel.

    \b
    esimmon doctor
    sudo esimmon doctor --json
    sudo esimmon doctor --remove-orphans
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    setup, failure = setup_or_reason(config_option, store_option)
    subject = subject_of(setup, failure)
    if remove_orphans:
        return _remove(subject)
    findings, tier = examine(subject, find_zone(None), _remedies(sys.argv[0]))
    if output_format == "json":
        text = as_json(findings, tier)
    else:
        text = as_text(findings, terminal_layout(sys.stdout, os.environ))
    # Named, because click takes ASCII for a mistake and writes UTF-8 instead.
    click.echo(text, file=sys.stdout)
    return 1 if has_error(findings) else 0


def setup_or_reason(config: str | None, store: str | None) -> tuple[Setup, str]:
    """What is in force; all defaults and the reason where a file cannot be used.

    Args:
        config: what `--config` said.
        store: what `--store` said.
    """
    try:
        return find_setup(config, store), ""
    except ConfigError as error:
        is_root = os.geteuid() == 0
        file = find_config(config, os.environ, is_root=is_root)
        return Setup(Config(), file, store, os.environ, is_root), str(error)


def subject_of(setup: Setup, failure: str) -> Subject:
    """What is examined.

    Args:
        setup: what is in force.
        failure: why the configuration cannot be used; empty when it can.
    """
    stores = dict.fromkeys([*setup.readable_stores(), setup.store()])
    sockets = [path for store in stores for path in setup.sockets(store)]
    folders = dict.fromkeys([places.SYSTEM_SOCKET.parent, *(p.parent for p in sockets)])
    file = setup.config_file
    return Subject(
        stores=tuple(stores),
        is_chosen=bool(setup.store_option or setup.config.store.path),
        system_store=places.SYSTEM_STORE,
        system_socket=places.SYSTEM_SOCKET,
        sockets=tuple(sockets),
        others=tuple(_found((folder, "*.sock") for folder in folders)),
        strangers=tuple(_found(_OF_USERS)),
        folders=tuple(folders),
        config=setup.config,
        settings=Settings(
            file=file,
            failure=failure,
            is_writable=file is not None
            and os.access(file, os.W_OK, effective_ids=True),
            plans=len(setup.config.plans),
        ),
        environ=os.environ,
    )


def _found(patterns: Iterable[tuple[Path, str]]) -> Iterator[Path]:
    for folder, pattern in patterns:
        with suppress(OSError):  # closed to this user
            yield from sorted(folder.glob(pattern))


def _remedies(argv0: str) -> Remedies:
    return Remedies(
        program=called_as(argv0),
        is_root=os.geteuid() == 0,
        user=user_name(os.getuid()),
        installer=next(filter(shutil.which, INSTALLERS), ""),
        has_systemd=_SYSTEMD.is_dir(),
    )


def _remove(subject: Subject) -> int:
    """Remove, and say what was removed.

    Returns:
        1 when something could not be.
    """
    count = failures = 0
    for path, failure in remove(find_leftovers(subject), subject.where.libbpf):
        count += 1
        shown = visible(str(path))
        if failure:
            failures += 1
            click.echo(f"esimmon: not removed: {shown}: {visible(failure)}", err=True)
        else:
            click.echo(f"removed {shown}")
    if not count:
        click.echo("No dead daemon left anything that this user may remove.")
    return 1 if failures else 0
