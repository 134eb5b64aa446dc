"""What `pool init`, `join` and `leave` have in common: configuration and daemon."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.commands.notify import own_daemon_socket
from monitor.commands.options import find_setup
from monitor.config import SYSTEM_CONFIG, SYSTEM_SOCKET, new_config, parse_config
from monitor.config.plan_editing import with_table
from monitor.config.pool import DEVICE, device_name
from monitor.config.reading import read_text
from monitor.daemon.control import call, request
from monitor.errors import ConfigError, PoolError, UsageError
from monitor.views.names import visible
from monitor.zones import local_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitor.commands.options import Setup
    from monitor.config.contracts import Configured

_ANSWER_S: Final = 10.0
_MODE: Final = 0o644  # nothing in it is secret, and the service must read it
_TABLE: Final = "pool"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose configuration is changed.

    Attributes:
        setup: what is in force.
        path: of the file; it need not be there.
        text: what it has.
    """

    setup: Setup
    path: Path
    text: str

    def changed(self, keys: Mapping[str, object] | None) -> str:
        """The file as it would be, checked.

        Args:
            keys: of `[pool]`; None takes the table out.

        Raises:
            ConfigError: something in it would not be allowed.
        """
        text = with_table(self.text, str(self.path), _TABLE, keys)
        parse_config(text, str(self.path), local_zone(os.environ))
        return text

    def write(self, text: str) -> None:
        """Replace the file, and let a running daemon take it.

        Args:
            text: as `changed` gave it.

        Raises:
            ConfigError: it cannot be written, or the daemon could not take it.
        """
        _replace(self.path, text)
        for socket in self.setup.sockets(self.setup.store()):
            answer = request(socket, "plans.changed", {}, _ANSWER_S)
            if answer is not None and answer.get("refused") is not None:
                raise ConfigError(
                    "written, but the running daemon goes on with what it had: "
                    f"{answer['refused']}"
                )


def find_place(config_option: str | None, store_option: str | None) -> Place:
    """Find the configuration that the daemon has.

    Args:
        config_option: what `--config` said.
        store_option: what `--store` said.

    Raises:
        ConfigError: it cannot be used, or is not that of the daemon that counts here.
    """
    setup = find_setup(config_option, store_option)
    path = new_config(config_option, os.environ, is_root=setup.is_root)
    path = setup.config_file or path
    is_systems = own_daemon_socket(setup) == SYSTEM_SOCKET
    is_other = is_systems and not setup.is_root and path != SYSTEM_CONFIG
    if is_other and call(SYSTEM_SOCKET, "status", {}) is not None:
        raise ConfigError(
            f"the daemon that counts here is the system's, and its configuration is "
            f"{SYSTEM_CONFIG}: the same again with sudo."
        )
    text = read_text(path) if setup.config_file is not None else ""
    return Place(setup, path.resolve(), text)


def usable_folder(folder: str) -> Path:
    """The folder that is meant.

    Args:
        folder: as it was typed.

    Raises:
        PoolError: it is not there.
    """
    path = Path(folder).expanduser().absolute()
    if not path.is_dir():
        raise PoolError(f"{path}: there is no such folder. Make it, or mount it.")
    return path


def usable_device(given: str | None) -> str:
    """What this device will be called.

    Args:
        given: what `--device` said.

    Raises:
        UsageError: it cannot be a name.
    """
    if given is not None and not DEVICE.fullmatch(given):
        raise UsageError(
            f'"{given}" cannot be a device\'s name: only letters, digits, "_", "-" and '
            '".", at most 64, the first no "." or "-".'
        )
    empty = parse_config("", "").pool
    return given or device_name(empty, os.uname().nodename)


def refuse_second(setup: Setup) -> None:
    """Stay with one pool.

    Raises:
        ConfigError: this device is in one.
    """
    folder = setup.config.pool.folder
    if folder:
        raise ConfigError(
            f"this device is in the pool of {folder} already. To share another: first "
            "esimmon pool leave."
        )


def refuse_stranger(
    configured: Iterable[Configured], plans: Iterable[str], member: str | None
) -> None:
    """Let a device belong to one of those who share a plan.

    Args:
        configured: all plans.
        plans: that are shared.
        member: what `--member` said.

    Raises:
        UsageError: the plans have members, and none of this name.
    """
    wanted = set(plans)
    known = {
        str(each.id)
        for plan in configured
        if plan.plan.id in wanted
        for each in plan.members
    }
    if member is not None and member not in known:
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(
            f'nobody who shares the plan is called "{member}". There are: {there}.'
        )


def keys_of(
    folder: Path, device: str, member: str | None, plans: Iterable[str]
) -> dict[str, Any]:
    """What `[pool]` will say."""
    return {
        "folder": str(folder),
        "device": device,
        "member": member or "",
        "plans": list(plans),
    }


def say(text: str) -> None:
    """Write a line for people; what a terminal would obey is escaped."""
    click.echo(visible(text))


def device_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--device` and `--member`."""
    function = click.option(
        "--member", metavar="NAME", help="Whose device this is: a member of the plan."
    )(function)
    return click.option(
        "--device",
        metavar="NAME",
        help="What this device is called in the pool. Default: as the host.",
    )(function)


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; mode and owner stay.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=".esimmon-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                _as_before(descriptor, path)
                os.fsync(descriptor)
            Path(made).replace(path)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
    except OSError as error:
        remedy = " Run it with sudo." if isinstance(error, PermissionError) else ""
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror}.{remedy}"
        ) from error


def _as_before(descriptor: int, path: Path) -> None:
    mode = _MODE
    with suppress(FileNotFoundError):
        found = path.stat()
        mode = found.st_mode & 0o777
        with suppress(PermissionError):
            os.fchown(descriptor, found.st_uid, found.st_gid)
    os.fchmod(descriptor, mode)
