"""What comes over D-Bus: values of any type, and messages of any bytes.

A service may answer anything; the bus checks the form of messages. `following` takes
any exception for "unknown", and so does this where messages are broken: what counts
then is time, memory, and that it ends.
"""

from __future__ import annotations

import random
import socket
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final

from jeepney import DBusAddress, Message, new_method_call, new_method_return, new_signal

from monitor.collectors import logind, modemmanager, networkmanager
from monitor.collectors.objects import weigh
from monitor.collectors.services import OBJECTS, PROPERTIES, Signal
from monitor.dbus import Bus, managed_objects
from monitor.errors import SourceError
from tests.endurance.fuzzing.mutation import ODD, spoilt_tree
from tests.endurance.fuzzing.target import Target
from tests.unit.collectors import test_modemmanager, test_networkmanager

if TYPE_CHECKING:
    from pathlib import Path

_ODD: Final = (*ODD, b"", b"\xff" * 33, ("s", "x"), ("u", -1), ("v",), ["/"] * 300)
_SAVED: Final[Any] = {
    "connection": {
        "type": ("s", "802-11-wireless"),
        "uuid": ("s", test_networkmanager.UUID),
        "id": ("s", "cafe"),
    },
    "802-11-wireless": {"ssid": ("ay", b"Caf\xe9"), "mode": ("s", "infrastructure")},
}
_SESSION: Final[Any] = {
    "Class": ("s", "user"),
    "State": ("s", "active"),
    "Type": ("s", "wayland"),
    "LockedHint": ("b", False),
}


def dbus_values(_: Path) -> Target:
    """What NetworkManager, ModemManager and logind say; an input is a seed of it."""
    tree, modems = test_networkmanager.tree(), test_modemmanager.TREE
    sim = test_modemmanager.SIM_FACTS

    def feed(given: bytes) -> None:
        chance = random.Random(given)  # noqa: S311 - repeatable

        def odd(good: Any) -> Any:  # noqa: ANN401 - any tree
            return spoilt_tree(chance, good, _ODD)

        networkmanager.parse(odd(tree))
        networkmanager.parse_profile(odd(_SAVED))
        other = odd(modems)
        others = {path: odd(sim) for path, _ in modemmanager.related(other)}
        modemmanager.parse(other, others)
        with suppress(
            AttributeError, TypeError, ValueError
        ):  # `following` expects them
            logind.parse(1000, odd(_SESSION))
        for interface in (OBJECTS, PROPERTIES):
            body = odd([networkmanager.DEVICE, {"State": ("u", 3)}, ["Udi"]])
            parts = tuple(body) if isinstance(body, list) else (body,)
            signal = Signal(interface, "X", "/", parts)
            weigh(signal, networkmanager.WATCHES)
            weigh(signal, modemmanager.WATCHES)

    return Target(feed, make=lambda chance: chance.randbytes(8))


def dbus_messages(_: Path) -> Target:
    """A bus that answers anything: jeepney's parser, inside of our connection."""
    words = (b"v\0", b"aaaa", b"a{sv}\0", b"\x01v\0" * 200, b"h\0")
    good = _talk()

    def feed(given: bytes) -> None:
        if b"()" in given:  # of nothing are many, for jeepney; no bus lets it through
            raise SourceError("an empty struct")
        ours, theirs = socket.socketpair()
        with closing(ours), closing(theirs):
            theirs.settimeout(0)
            with suppress(BlockingIOError):
                theirs.send(given)
            theirs.shutdown(socket.SHUT_WR)
            try:
                bus = Bus(ours)
                networkmanager.parse(managed_objects(bus, networkmanager.NAME, "/"))
                while True:
                    bus.receive()
            except ConnectionResetError:  # that was all
                return
            except Exception as error:
                raise SourceError(f"as `following` takes it: {error}") from error

    return Target(feed, (good,), words, grown=_grown)


def _talk(devices: int = 1) -> bytes:
    """Hello, an answer with objects, a signal."""
    address = DBusAddress("/", bus_name="x.y", interface="x.y")
    asked = [new_method_call(address, "X") for _ in range(2)]
    for serial, each in enumerate(asked, 1):
        each.header.serial = serial
    tree = test_networkmanager.tree()
    (first, *_) = tree.items()
    many = tree | {f"{first[0]}{number}": first[1] for number in range(devices)}
    changed = (networkmanager.DEVICE, {"State": ("u", 3)}, ["Udi"])
    talk: list[Message] = [
        new_method_return(asked[0], "s", (":1.5",)),
        new_method_return(asked[1], "a{oa{sa{sv}}}", (many,)),
        new_signal(address, "PropertiesChanged", "sa{sv}as", changed),
    ]
    return b"".join(each.serialise(serial=n) for n, each in enumerate(talk, 1))


def _grown(parts: int) -> bytes:
    return _talk(parts // 10)
