"""`esimmon restore`: what `esimmon backup` wrote takes the place of what is here."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from monitor import clock
from monitor.commands.handing import start_again, without_daemon
from monitor.commands.options import (
    Setup,
    any_file,
    config_option,
    find_setup,
    store_option,
)
from monitor.commands.progress import Progress
from monitor.config import find_config, new_config, parse_config
from monitor.config.plan_files import with_plan_files
from monitor.config.reading import read_text
from monitor.errors import ConfigError
from monitor.escapes import visible
from monitor.store import archive, files, history, restoring
from monitor.store.engine import open_store
from monitor.store.faults import explained, explained_file
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.store.restoring import Prepared

_CONFIG_MODE = 0o644  # nothing in it is secret, and the service must read it


class _Target(NamedTuple):
    """What is to be restored, and into what.

    Attributes:
        file: the backup.
        setup: in force afterwards.
        config: a configuration to write, as there is none; empty to keep what is here.
        differs: whether there is another one than the backup's.
    """

    file: Path
    setup: Setup
    config: str
    differs: bool


@click.command("restore")
@click.argument("file", metavar="FILE", shell_complete=any_file)
@config_option
@store_option
def command(*, file: str, config_option: str | None, store_option: str | None) -> None:
    """Put what `esimmon backup` wrote into FILE in the place of what is here.

    No daemon may be running. What was here is kept beside it, under another name. The
    configuration of FILE is used where there is none yet. A daily copy, as in
    /var/lib/esimmon/backups, can be restored as well; it has no plans in it.

    \b
    esimmon restore esimmon.tar
    sudo systemctl stop esimmon && sudo esimmon restore esimmon.tar
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    target = _target(Path(file), config_option, store_option)
    store = target.setup.store()
    with without_daemon(store), closing(Progress(between=False)) as progress:
        lines = _restore(target, store, progress)
    for line in lines:
        click.echo(line)


def _target(file: Path, config_file: str | None, store_file: str | None) -> _Target:
    """Which configuration will be in force, and so which store.

    Raises:
        StoreError: the file is no backup.
        ConfigError: the configuration here, or in the backup, cannot be used.
    """
    texts = {}
    with explained_file(file):
        if archive.is_archive(file):
            texts = dict(archive.read(file, None, lambda *_: None).texts)
    text = texts.get(archive.CONFIG, "")
    environ, is_root = os.environ, os.geteuid() == 0
    found = find_config(config_file, environ, is_root=is_root)
    if found is not None or not text:
        setup = find_setup(config_file, store_file, with_plans=False)
        differs = found is not None and bool(text) and read_text(found) != text
        return _Target(file, setup, "", differs)
    path = new_config(config_file, environ, is_root=is_root)
    config = parse_config(text, f"{file}: {archive.CONFIG}", local_zone(environ))
    setup = Setup(config, path, store_file, environ, is_root)
    return _Target(file, setup, text, differs=False)


def _restore(target: _Target, store: Path, progress: Progress) -> list[str]:
    """Do it; what is to be said of it."""
    machine = archive.machine_name()
    progress.step("restoring")

    def show(done_bytes: int, all_bytes: int) -> None:
        progress.part("restoring", done_bytes, all_bytes)
        if done_bytes >= all_bytes:
            progress.step("checking")

    with restoring.prepared(target.file, store, machine, show) as ready:
        plans = _plans(target, ready)
        if target.config and target.setup.config_file is not None:
            _write_config(target.setup.config_file, target.config)
        kept = restoring.commit(ready, store, clock.now_s())
    return list(_told(target, store, ready, (plans, kept)))


def _plans(target: _Target, ready: Prepared) -> int:
    """How many plans the backup brings, after a look at whether they can be used here.

    Raises:
        ConfigError: one cannot, or not beside those of the configuration.
    """
    if ready.backup is None:
        return 0
    setup = target.setup
    zone = local_zone(setup.environ)
    try:
        both = with_plan_files(setup.config, setup.config_file, ready.plans, zone)
    except ConfigError as error:
        sentence = str(error).replace(f"{ready.plans.parent}/", f"{target.file}: ")
        raise ConfigError(f"{sentence} Nothing was restored.") from error
    return len(both.plans) - len(setup.config.plans)


def _write_config(path: Path, text: str) -> None:
    with explained(path, writing=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.new_file(path, mode=_CONFIG_MODE) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _told(
    target: _Target, store: Path, ready: Prepared, done: tuple[int, list[Path]]
) -> Iterator[str]:
    """What was done, what was not, and what to do next."""
    plans, kept = done
    zone = local_zone(target.setup.environ)
    with open_store(store, writable=False) as opened:
        recorded = history.recorded(opened)
    usage = "no usage"
    if recorded is not None:
        first, last = (datetime.fromtimestamp(at_s, zone) for at_s in recorded)
        usage = f"usage from {first:%Y-%m-%d} to {last:%Y-%m-%d %H:%M}"
    parts = [usage]
    if ready.backup is not None:
        parts.append(f"{plans} plan file{'' if plans == 1 else 's'}")
    if target.config:
        parts.append(f"the configuration {visible(str(target.setup.config_file))}")
    yield f"Restored into {visible(str(store))}: {', '.join(parts)}."
    for path in kept:
        yield f"What was here is kept as {visible(str(path))}."
    if target.differs:
        yield (
            f"The configuration here differs from the backup's and was kept; see: "
            f"tar -xOf {visible(str(target.file))} {archive.CONFIG}"
        )
    if (
        ready.backup is not None
        and ready.backup.about.machine != archive.machine_name()
    ):
        yield "It is from another machine: what this one moved so far is not counted."
    yield f"next: {start_again(store)}"
