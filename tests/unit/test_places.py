"""Where configuration, store and socket are, for root and for everybody else."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from monitor.config import (
    SYSTEM_CONFIG,
    SYSTEM_SOCKET,
    SYSTEM_STORE,
    Config,
    control_socket,
    find_config,
    find_store,
    is_private_directory,
    parse_config,
    places,
    readable_stores,
)
from monitor.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home, and a system without configuration and store of its own."""
    return tmp_path


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_systems_places_are_the_documented_ones() -> None:
    assert [str(path) for path in (SYSTEM_CONFIG, SYSTEM_STORE, SYSTEM_SOCKET)] == [
        "/etc/esimmon/config.toml",
        "/var/lib/esimmon/usage.db",
        "/run/esimmon/esimmon.sock",
    ]


def test_an_explicit_configuration_wins_even_if_it_is_missing(home: Path) -> None:
    environ = {"ESIMMON_CONFIG": "/from/environment", "HOME": str(home)}
    assert find_config("x.toml", environ, is_root=True) == Path("x.toml")
    assert find_config(None, environ, is_root=True) == Path("/from/environment")


def test_a_user_has_his_own_configuration_before_the_systems(home: Path) -> None:
    environ = {"HOME": str(home)}
    assert find_config(None, environ, is_root=False) is None
    system = _touch(home / "etc/config.toml")
    assert find_config(None, environ, is_root=False) == system
    own = _touch(home / ".config/esimmon/config.toml")
    assert find_config(None, environ, is_root=False) == own
    xdg = _touch(home / "xdg/esimmon/config.toml")
    environ["XDG_CONFIG_HOME"] = str(home / "xdg")
    assert find_config(None, environ, is_root=False) == xdg


def test_root_reads_no_file_from_a_home(home: Path) -> None:
    _touch(home / ".config/esimmon/config.toml")
    environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    assert find_config(None, environ, is_root=True) is None


def test_a_relative_xdg_directory_is_ignored(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_STATE_HOME": "state"}
    store = find_store(None, Config(), environ, is_root=False)
    assert store == home / ".local/state/esimmon/usage.db"


def test_the_store_of_the_option_wins_then_that_of_the_file(home: Path) -> None:
    environ = {"HOME": str(home)}
    config = parse_config("store.path = '~/here.db'", "f")
    assert find_store("/a.db", config, environ, is_root=False) == Path("/a.db")
    assert find_store(None, config, environ, is_root=False) == home / "here.db"
    relative = find_store("a.db", config, environ, is_root=False)
    assert relative == Path.cwd() / "a.db"


def test_a_path_of_the_file_is_taken_as_it_is(home: Path) -> None:
    config = parse_config("store.path = '/data/usage.db'", "f")
    environ = {"HOME": str(home)}
    for is_root in (True, False):
        store = find_store(None, config, environ, is_root=is_root)
        assert store == Path("/data/usage.db")
        assert readable_stores(None, config, environ, is_root=is_root) == [store]


def test_a_store_behind_a_closed_door_is_offered_for_its_own_message(
    home: Path,
) -> None:
    _touch(places.SYSTEM_STORE)
    places.SYSTEM_STORE.parent.chmod(0)
    uid = os.geteuid()
    if uid == 0:
        for folder in (home, *list(home.parents)[:2]):
            folder.chmod(0o755)
        os.seteuid(65_534)
    try:
        environ = {"HOME": str(home / "none")}
        found = readable_stores(None, Config(), environ, is_root=False)
    finally:
        os.seteuid(uid)
    assert found == [places.SYSTEM_STORE]


def test_root_writes_the_systems_store(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_STATE_HOME": str(home)}
    assert find_store(None, Config(), environ, is_root=True) == places.SYSTEM_STORE


def test_a_reader_takes_his_own_store_and_falls_back_to_the_systems(home: Path) -> None:
    environ = {"XDG_STATE_HOME": str(home / "state")}
    own = home / "state/esimmon/usage.db"
    assert readable_stores(None, Config(), environ, is_root=False) == [own]
    system = _touch(places.SYSTEM_STORE)
    assert readable_stores(None, Config(), environ, is_root=False) == [system]
    _touch(own)
    assert readable_stores(None, Config(), environ, is_root=False) == [own, system]
    explicit = readable_stores("/a.db", Config(), environ, is_root=False)
    assert explicit == [Path("/a.db")]


def test_a_home_is_found_without_the_environment() -> None:
    assert find_store(None, Config(), {}, is_root=False).is_absolute()


def test_the_default_store_has_the_default_socket(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_RUNTIME_DIR": "/run/user/7"}
    store = find_store(None, Config(), environ, is_root=False)
    own = Path("/run/user/7/esimmon/esimmon.sock")
    assert control_socket(store, environ, is_root=False, explicit=False) == own
    # Given by hand, it is still the default.
    assert control_socket(store, environ, is_root=False, explicit=True) == own
    for is_root in (True, False):
        system = control_socket(
            places.SYSTEM_STORE, environ, is_root=is_root, explicit=is_root
        )
        assert system == places.SYSTEM_SOCKET


def test_every_other_store_has_a_socket_of_its_own(home: Path) -> None:
    environ = {"HOME": str(home), "XDG_RUNTIME_DIR": "/run/user/7"}
    link = home / "link.db"
    link.symlink_to("a.db")
    sockets = [
        control_socket(home / name, environ, is_root=False, explicit=True)
        for name in ("a.db", "b.db", "x/../a.db", "link.db")
    ]
    assert re.fullmatch(
        r"/run/user/7/esimmon/store-[0-9a-f]{16}\.sock", str(sockets[0])
    )
    assert sockets[0] != sockets[1]
    assert sockets[0] == sockets[2] == sockets[3]
    root = control_socket(home / "a.db", environ, is_root=True, explicit=True)
    assert root == places.SYSTEM_SOCKET.parent / sockets[0].name


def test_without_a_runtime_directory_the_place_in_tmp_must_be_ours(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "TEMPORARY", home)
    directory = home / f"esimmon-{os.getuid()}"
    store = home / "usage.db"
    environ = {"HOME": str(home)}
    expected = directory / "esimmon.sock"
    assert control_socket(store, environ, is_root=False, explicit=False) == expected
    directory.mkdir(mode=0o700)
    assert control_socket(store, environ, is_root=False, explicit=False) == expected
    directory.chmod(0o750)
    with pytest.raises(ConfigError, match="mode 0700"):
        control_socket(store, environ, is_root=False, explicit=False)
    directory.rmdir()
    directory.symlink_to(home)
    with pytest.raises(ConfigError, match="mode 0700"):
        control_socket(store, environ, is_root=False, explicit=False)


def test_a_directory_is_private_only_to_its_owner(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert is_private_directory(tmp_path, os.getuid())
    assert not is_private_directory(tmp_path, os.getuid() + 1)
    assert not is_private_directory(tmp_path / "none", os.getuid())


def test_a_service_is_told_its_places_by_systemd(home: Path) -> None:
    environ = {
        "HOME": str(home),
        "STATE_DIRECTORY": f"{home}/lib/esimmon:/var/lib/more",
        "RUNTIME_DIRECTORY": f"{home}/run/esimmon",
        "CONFIGURATION_DIRECTORY": f"{home}/conf/esimmon",
    }
    _touch(home / ".config/esimmon/config.toml")
    _touch(home / "etc/config.toml")
    for is_root in (True, False):
        store = find_store(None, Config(), environ, is_root=is_root)
        assert store == home / "lib/esimmon/usage.db"
        socket = control_socket(store, environ, is_root=is_root, explicit=False)
        assert socket == home / "run/esimmon/esimmon.sock"
        assert find_config(None, environ, is_root=is_root) is None
    other = control_socket(home / "a.db", environ, is_root=False, explicit=True)
    assert other.parent == home / "run/esimmon"
    config = _touch(home / "conf/esimmon/config.toml")
    assert find_config(None, environ, is_root=False) == config
    config.chmod(0)  # the daemon must say so, and not count without its plans
    assert find_config(None, environ, is_root=False) == config
    explicit = parse_config("store.path = '/data/usage.db'", "f")
    assert find_store(None, explicit, environ, is_root=False) == Path("/data/usage.db")


@pytest.mark.parametrize("directory", ["/var/lib/bar", "esimmon", ""])
def test_directories_of_another_service_mean_nothing(
    home: Path, directory: str
) -> None:
    names = ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "CONFIGURATION_DIRECTORY")
    environ = {
        **dict.fromkeys(names, directory),
        "HOME": str(home),
        "XDG_RUNTIME_DIR": "/run/user/7",
    }
    own = home / ".local/state/esimmon/usage.db"
    assert find_store(None, Config(), environ, is_root=False) == own
    socket = control_socket(own, environ, is_root=False, explicit=False)
    assert socket == Path("/run/user/7/esimmon/esimmon.sock")
    config = _touch(home / ".config/esimmon/config.toml")
    assert find_config(None, environ, is_root=False) == config
