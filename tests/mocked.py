"""Services of python-dbusmock, each in a process of its own that a test can stop.

It needs dbus-python and PyGObject, which are no wheels: so the system's Python runs it,
and the test drives it over the same bus.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from jeepney import DBusAddress, MessageType, message_bus, new_method_call
from jeepney.io.blocking import open_dbus_connection

from monitor.collectors import modemmanager, networkmanager
from monitor.collectors.services import OBJECTS, PROPERTIES
from tests.desktop.stack import started, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jeepney.io.blocking import DBusConnection

    from monitor.collectors.following import Follower

    Properties = Mapping[str, tuple[str, Any]]

PYTHON: Final = "/usr/bin/python3"
DBUSMOCK: Final = "/usr/lib/python3/dist-packages/dbusmock/__init__.py"
NEEDS: Final = ("dbus-daemon", DBUSMOCK)
_MOCK: Final = "org.freedesktop.DBus.Mock"
# The real ModemManager shows modems alone: SIMs and bearers have to be asked for.
_MODEMS: Final = (
    "ret = dbus.Dictionary({dbus.ObjectPath(path): each.props"
    " for path, each in objects.items() if '/Modem/' in path},"
    " signature='oa{sa{sv}}')"
)


class Mocked:
    """A service with objects that a test makes up.

    Attributes:
        process: of the service.
    """

    def __init__(
        self, link: DBusConnection, name: str, path: str, process: subprocess.Popen[Any]
    ) -> None:
        """Drive a service that owns its name."""
        self.process = process
        self._link = link
        self._name = name
        self._path = path

    def add(self, path: str, **interfaces: Properties) -> None:
        """An object appears; interfaces by the last parts of their names."""
        whole = {self._whole(each): facts for each, facts in interfaces.items()}
        first, *others = whole.items()
        self.call(self._path, "AddObject", "ssa{sv}a(ssss)").of(path, *first, [])
        for interface, facts in others:
            self.call(path, "AddProperties", "sa{sv}").of(interface, facts)
        added = ("o", path), ("a{sa{sv}}", whole)
        self.emit(self._path, OBJECTS, "InterfacesAdded", *added)

    def remove(self, path: str, *interfaces: str) -> None:
        """An object goes."""
        self.call(self._path, "RemoveObject", "s").of(path)
        whole = [self._whole(each) for each in interfaces]
        self.emit(self._path, OBJECTS, "InterfacesRemoved", ("o", path), ("as", whole))

    def set(self, path: str, interface: str, **facts: tuple[str, Any]) -> None:
        """Properties change, each with a signal of its own."""
        # dbusmock's UpdateProperties fails on object paths.
        for name, value in facts.items():
            update = self.call(path, "Set", "ssv", PROPERTIES)
            update.of(self._whole(interface), name, value)

    def emit(
        self, path: str, interface: str, member: str, *arguments: tuple[str, Any]
    ) -> None:
        """Send any signal."""
        signature = "".join(kind for kind, _ in arguments)
        sent = self.call(path, "EmitSignal", "sssav")
        sent.of(interface, member, signature, list(arguments))

    def answer(self, path: str, interface: str, member: str, *how: str) -> None:
        """Give an object a method: its signatures, and the code of its answer."""
        self.call(path, "AddMethod", "sssss").of(interface, member, *how)

    def asked(self, member: str, path: str = "") -> int:
        """How often a method was called."""
        (calls,) = self.call(path or self._path, "GetMethodCalls", "s").of(member)
        return len(calls)

    def hang(self) -> None:
        """From now on it reads nothing and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """It wakes."""
        self.process.send_signal(signal.SIGCONT)

    def call(self, path: str, member: str, kind: str, interface: str = _MOCK) -> _Call:
        """A method, by default of the mock itself."""
        address = DBusAddress(path, bus_name=self._name, interface=interface)
        return _Call(self._link, address, member, kind)

    def _whole(self, interface: str) -> str:
        return f"{self._name}.{interface.replace('_', '.')}"


class _Call:
    def __init__(
        self, link: DBusConnection, address: DBusAddress, member: str, kind: str
    ) -> None:
        self._link = link
        self._asked = address, member, kind

    def of(self, *arguments: object) -> tuple[Any, ...]:
        """Call it."""
        call = new_method_call(*self._asked, arguments)
        reply = self._link.send_and_get_reply(call, timeout=20)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return tuple(reply.body)


def rest(follower: Follower[Any]) -> None:
    """Wait until a follower has had nothing new for a while."""

    def is_at_rest() -> bool:
        follower.take()
        return not select.select([follower.changed], [], [], 0.5)[0]

    wait_for(is_at_rest, "nothing new")


@contextmanager
def mocked(address: str, name: str, path: str, *options: str) -> Iterator[Mocked]:
    """A service on a bus, ended with the block.

    Args:
        address: of the bus.
        name: to own there.
        path: of its main object.
        options: of python-dbusmock.
    """
    # Isolated: whatever this Python has on its path is none of that one's.
    mock = PYTHON, "-I", "-m", "dbusmock", "--session"
    command = [*mock, *options, name, path, name]
    environ = os.environ | {"DBUS_SESSION_BUS_ADDRESS": address}
    with (
        open_dbus_connection(address) as link,
        started(command, env=environ, stdout=subprocess.DEVNULL) as process,
    ):
        # Another service may have had the name until now.
        owner = message_bus.GetConnectionUnixProcessID(name)
        wait_for(
            lambda: link.send_and_get_reply(owner).body == (process.pid,),
            f"{name} to be there",
        )
        yield Mocked(link, name, path, process)


@contextmanager
def network_manager(address: str) -> Iterator[Mocked]:
    """NetworkManager without a device and without saved connections."""
    path = networkmanager.OBJECTS_PATH
    with mocked(address, networkmanager.NAME, path, "-m") as service:
        service.add(networkmanager.SETTINGS_PATH, Settings={})
        save(service)
        yield service


def save(service: Mocked, **profiles: Mapping[str, Properties]) -> None:
    """Save these connections and no others: what GetSettings says by name."""
    path, settings = networkmanager.SETTINGS_PATH, networkmanager.SETTINGS
    paths = [f"{path}/{name}" for name in profiles]
    for each, profile in zip(paths, profiles.values(), strict=True):
        service.add(each, Settings_Connection={})
        code = f"ret = {as_code(profile)}"
        service.answer(
            each, networkmanager.PROFILE, "GetSettings", "", "a{sa{sv}}", code
        )
    listed = f"ret = dbus.Array({paths!r}, signature='o')"
    service.answer(path, settings, "ListConnections", "", "ao", listed)
    new = ("o", paths[-1] if paths else "/")
    service.emit(path, settings, "NewConnection", new)


def as_code(profile: Mapping[str, Properties]) -> str:
    """The same groups of settings in dbus-python's words."""
    types = {"s": "dbus.String", "b": "dbus.Boolean", "i": "dbus.Int32"}
    groups = []
    for group, facts in profile.items():
        values = (
            f"{name!r}: {types.get(kind, 'dbus.ByteArray')}({value!r})"
            for name, (kind, value) in facts.items()
        )
        inside = f"{{{', '.join(values)}}}"
        groups.append(f"{group!r}: dbus.Dictionary({inside}, signature='sv')")
    return f"dbus.Dictionary({{{', '.join(groups)}}}, signature='sa{{sv}}')"


def profile(uuid: str, ssid: bytes, **more: tuple[str, Any]) -> dict[str, Properties]:
    """A saved Wi-Fi network; more of its group `connection`."""
    connection = {
        "type": ("s", "802-11-wireless"),
        "uuid": ("s", uuid),
        "id": ("s", uuid),
    }
    return {
        "connection": connection | more,
        "802-11-wireless": {"ssid": ("ay", ssid), "mode": ("s", "infrastructure")},
    }


@contextmanager
def modem_manager(address: str) -> Iterator[Mocked]:
    """ModemManager without a modem."""
    path = modemmanager.OBJECTS_PATH
    with mocked(address, modemmanager.NAME, path) as service:
        show_modems(service)
        yield service


def show_modems(service: Mocked, first: str = "") -> None:
    """From now on answer with all modems, after some code."""
    how = "", "a{oa{sa{sv}}}", f"{first}\n{_MODEMS}"
    service.answer(modemmanager.OBJECTS_PATH, OBJECTS, "GetManagedObjects", *how)


def modem_paths(number: int) -> tuple[str, str, str]:
    """Where such a modem, its SIM and its bearer are."""
    path = modemmanager.OBJECTS_PATH
    return tuple(f"{path}/{kind}/{number}" for kind in ("Modem", "SIM", "Bearer"))  # type: ignore[return-value]


def add_modem(service: Mocked, number: int, device: str, iccid: str) -> None:
    """An MBIM modem with an eSIM, registered at home and connected."""
    modem, sim, bearer = modem_paths(number)
    service.add(
        sim,
        Sim={
            "SimIdentifier": ("s", iccid),
            "Eid": ("s", "89049032123451234512345678901235"),
            "OperatorIdentifier": ("s", "45400"),
            "OperatorName": ("s", "Airalo"),
            "SimType": ("u", 2),
        },
    )
    counted = {
        "rx-bytes": ("t", 1000),
        "tx-bytes": ("t", 500),
        "start-date": ("t", 1_795_160_000),
    }
    service.add(
        bearer,
        Bearer={
            "Interface": ("s", device),
            "Connected": ("b", True),
            "ReloadStatsSupported": ("b", True),
            "Stats": ("a{sv}", counted),
        },
    )
    service.add(
        modem,
        Modem={
            "State": ("i", 11),
            "Sim": ("o", sim),
            "Bearers": ("ao", [bearer]),
        },
        Modem_Modem3gpp={
            "RegistrationState": ("u", 1),
            "OperatorCode": ("s", "45400"),
            "OperatorName": ("s", "csl"),
        },
    )


def remove_modem(service: Mocked, number: int) -> None:
    """It is pulled out, or its profile changes."""
    modem, sim, bearer = modem_paths(number)
    service.remove(modem, "Modem", "Modem.Modem3gpp")
    service.remove(sim, "Sim")
    service.remove(bearer, "Bearer")
