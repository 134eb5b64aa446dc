"""`esimmon backup`: usage, plans and configuration in one file."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import __version__, clock
from monitor.commands.options import any_file, with_setup
from monitor.commands.progress import Progress
from monitor.config import plans_directory
from monitor.config.plan_files import read_plan_files
from monitor.config.reading import read_text
from monitor.errors import UsageError
from monitor.escapes import visible
from monitor.store import archive, backup, files
from monitor.store.engine import open_store
from monitor.store.faults import explained_file
from monitor.units import format_size
from monitor.zones import local_zone

if TYPE_CHECKING:
    from monitor.commands.options import Setup

_MODE = 0o600


@click.command("backup")
@click.argument("file", metavar="FILE", shell_complete=any_file)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@with_setup
def command(setup: Setup, *, file: str, force: bool) -> None:
    """Write usage, plans and configuration into FILE, as they are now.

    A daemon may go on counting meanwhile. Nobody but you may read FILE; addresses of
    `esimmon relay` and the networks that programs talked to are not in it. It is a tar
    that anybody can open.

    \b
    esimmon backup esimmon.tar
    sudo esimmon backup --force /media/disk/esimmon.tar

    The move to another machine: copy FILE there, and `esimmon restore FILE`.
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    path = Path(file)
    _refuse(path, force=force)
    store, _ = setup.flushed()
    texts = _texts(setup, store)
    with closing(Progress(between=False)) as progress:
        _write(store, path, texts, progress)
    plans = sum(name.startswith(archive.PLANS) for name in texts)
    parts = ["usage", f"{plans} plan file{'' if plans == 1 else 's'}"]
    parts += ["the configuration"] if archive.CONFIG in texts else []
    size = format_size(path.stat().st_size)
    click.echo(f"Written: {visible(file)}, {size}: {', '.join(parts)}.")


def _refuse(path: Path, *, force: bool) -> None:
    """Raise UsageError where something is there that must stay."""
    if path.is_dir():
        raise UsageError(f"{path} is a directory: name a file in it.")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: give --force to replace it.")


def _texts(setup: Setup, store: Path) -> dict[str, str]:
    """The files beside the database, by their names in a backup."""
    found = read_plan_files(plans_directory(store), local_zone(os.environ))
    texts = {archive.PLANS + file.path.name: file.text for file in found}
    if setup.config_file is not None:
        texts[archive.CONFIG] = read_text(setup.config_file)
    return texts


def _write(
    store_path: Path, path: Path, texts: dict[str, str], progress: Progress
) -> None:
    """Copy the database, then all together; nothing is left of what fails.

    Raises:
        StoreError: it cannot be read, or the file not be written.
    """
    about = archive.About(clock.now_s(), __version__, archive.machine_name())
    with (
        open_store(store_path, writable=False) as store,
        explained_file(path, writing=True),
        files.new_file(path, mode=_MODE) as temporary,
        files.spare_file(files.beside(path, ".new.db"), _MODE) as copy,
    ):
        progress.step("copying")
        backup.copy_of(store, copy, lambda *done: progress.part("copying", *done))
        progress.step("writing")
        archive.write(
            temporary, about, copy, texts, lambda *done: progress.part("writing", *done)
        )
