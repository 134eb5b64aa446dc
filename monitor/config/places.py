"""Where the configuration, the store and the daemon's socket are.

Root has one place for everything, so that a daemon started by hand and the service
are the same; other users have theirs by the XDG base directory specification. The
service is not root, and is told its places by systemd: systemd.exec(5), StateDirectory.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.config.settings import Config

SYSTEM_CONFIG = Path("/etc/esimmon/config.toml")
SYSTEM_STORE = Path("/var/lib/esimmon/usage.db")
SYSTEM_SOCKET = Path("/run/esimmon/esimmon.sock")
SYSTEM_ADDRESSES = Path("/etc/esimmon/push")
"""Where alerts are sent to by the system's relay; systemd hands it the file."""
TEMPORARY = Path("/tmp")  # noqa: S108 - what is there must be ours, it is checked
_HASH_DIGITS = 16


def find_config(
    explicit: str | None, environ: Mapping[str, str], *, is_root: bool
) -> Path | None:
    """The configuration file in force.

    Args:
        explicit: what `--config` said; it need not exist.
        environ: the environment (`ESIMMON_CONFIG`, `CONFIGURATION_DIRECTORY`,
            `XDG_CONFIG_HOME`, `HOME`).
        is_root: root reads /etc only: a user's file must not steer the system's daemon.

    Returns:
        The file; None when there is none, which means all defaults.
    """
    given = explicit or environ.get("ESIMMON_CONFIG")
    if given:
        return Path(given)
    services = _of_service(environ, "CONFIGURATION_DIRECTORY")
    if services:
        own = services / SYSTEM_CONFIG.name
        # A file that the service may not read is an error, not a file of another's.
        return own if own.exists() else None
    if not is_root:
        own = _home(environ, "XDG_CONFIG_HOME", ".config") / "config.toml"
        # Not Path.exists, which fails in a home that is closed to this user (sudo -u).
        if os.access(own, os.F_OK, effective_ids=True):
            return own
    # What a user may not read is the system's daemon's alone.
    return (
        SYSTEM_CONFIG if os.access(SYSTEM_CONFIG, os.R_OK, effective_ids=True) else None
    )


def new_config(
    explicit: str | None, environ: Mapping[str, str], *, is_root: bool
) -> Path:
    """Where a first configuration is written.

    Args:
        explicit: what the user named.
        environ: the environment.
        is_root: root writes the system's.

    Returns:
        The file in force if there is one, else where one would be looked for first.
    """
    found = find_config(explicit, environ, is_root=is_root)
    if found is not None or is_root:
        return found or SYSTEM_CONFIG
    return _home(environ, "XDG_CONFIG_HOME", ".config") / "config.toml"


def find_store(
    explicit: str | None, config: Config, environ: Mapping[str, str], *, is_root: bool
) -> Path:
    """The database that a daemon of this user writes.

    Args:
        explicit: what `--store` said.
        config: its `[store] path` comes next.
        environ: the environment (`STATE_DIRECTORY`, `XDG_STATE_HOME`, `HOME`).
        is_root: root's default is the system's store.

    Returns:
        An absolute path; the file need not exist.
    """
    if explicit:
        return Path(explicit).absolute()
    if config.store.path:
        return _expanded(config.store.path, environ)
    return _default_store(environ, is_root=is_root)


def user_units(environ: Mapping[str, str]) -> Path:
    """Where a user's own unit files are, systemd.unit(5).

    Args:
        environ: the environment (`XDG_CONFIG_HOME`, `HOME`).

    Returns:
        The directory; it need not exist.
    """
    return _home(environ, "XDG_CONFIG_HOME", ".config").parent / "systemd/user"


def plans_directory(store: Path) -> Path:
    """Where the files of plans are, one each.

    Args:
        store: the database that they are beside.

    Returns:
        The directory; it need not exist.
    """
    return store.parent / "plans.d"


def readable_stores(
    explicit: str | None, config: Config, environ: Mapping[str, str], *, is_root: bool
) -> list[Path]:
    """The databases that a reading command may mean, likeliest first.

    Args:
        explicit: what `--store` said; then it is the only one.
        config: its `[store] path` is the only one, too.
        environ: the environment.
        is_root: root has no store of its own beside the system's.

    Returns:
        Never empty. Without a choice of the user's: those of his own and the system's
        that exist, else his own default for the message.
    """
    first = find_store(explicit, config, environ, is_root=is_root)
    if explicit or config.store.path:
        return [first]
    both = list(dict.fromkeys([first, SYSTEM_STORE]))
    return [path for path in both if _is_there(path)] or [first]


def control_socket(
    store: Path, environ: Mapping[str, str], *, is_root: bool, explicit: bool
) -> Path:
    """The socket of the daemon that writes a store.

    Args:
        store: the database.
        environ: the environment (`RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR`).
        is_root: whose daemon it is.
        explicit: the store was given by `--store` or the configuration; unless it is
            the default after all, its daemon has a socket of its own.

    Returns:
        The path; socket and directory need not exist.

    Raises:
        ConfigError: there is no XDG_RUNTIME_DIR, and the place in /tmp is not ours.
    """
    if store == SYSTEM_STORE:
        return SYSTEM_SOCKET
    resolved = Path(os.path.realpath(store))  # a loop of links is no error here
    directory = _socket_directory(environ, is_root=is_root)
    default = _default_store(environ, is_root=is_root).resolve()
    if not explicit or resolved == default:
        return directory / SYSTEM_SOCKET.name
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:_HASH_DIGITS]
    return directory / f"store-{digest}.sock"


def is_private_directory(path: Path, uid: int) -> bool:
    """Whether nobody but this user can put a socket there.

    Args:
        path: not followed if it is a symbolic link.
        uid: the user.

    Returns:
        True for an existing directory of that user with mode 0700.
    """
    try:
        found = path.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid == uid


def _socket_directory(environ: Mapping[str, str], *, is_root: bool) -> Path:
    services = _of_service(environ, "RUNTIME_DIRECTORY")
    if services:
        return services
    return SYSTEM_SOCKET.parent if is_root else _runtime_directory(environ)


def _runtime_directory(environ: Mapping[str, str]) -> Path:
    given = environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):
        return Path(given) / "esimmon"
    directory = TEMPORARY / f"esimmon-{os.getuid()}"
    if os.path.lexists(directory) and not is_private_directory(directory, os.getuid()):
        raise ConfigError(
            f"{directory}: must be a directory of your own with mode 0700. "
            "Remove it, or set XDG_RUNTIME_DIR."
        )
    return directory


def _default_store(environ: Mapping[str, str], *, is_root: bool) -> Path:
    services = _of_service(environ, "STATE_DIRECTORY")
    if services:
        return services / SYSTEM_STORE.name
    if is_root:
        return SYSTEM_STORE
    return _home(environ, "XDG_STATE_HOME", ".local/state") / SYSTEM_STORE.name


def _of_service(environ: Mapping[str, str], variable: str) -> Path | None:
    """A directory that systemd made for this service, the first where it is a list.

    Another service that calls `esimmon report` has these variables, too, with
    directories of its own: only one of our name is ours.
    """
    given = Path(environ.get(variable, "").partition(":")[0])
    return given if given.is_absolute() and given.name == "esimmon" else None


def _home(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    given = environ.get(variable, "")
    # The specification: a relative path is invalid and ignored.
    base = Path(given) if given.startswith("/") else _user_home(environ) / below_home
    return base / "esimmon"


def _user_home(environ: Mapping[str, str]) -> Path:
    given = environ.get("HOME", "")
    return Path(given if given.startswith("/") else pwd.getpwuid(os.getuid()).pw_dir)


def _expanded(path: str, environ: Mapping[str, str]) -> Path:
    if path.startswith("~/"):
        return _user_home(environ) / path.removeprefix("~/")
    return Path(path)


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True  # the store's own error says how to be let in
    except OSError:
        return False
    return True
