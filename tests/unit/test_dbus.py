"""A bus with people on it who send what nobody asked for."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from jeepney import DBusAddress, HeaderFields, message_bus, new_signal

from monitor.dbus import Bus, connected
from tests.desktop.stack import session_bus

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("dbus-daemon")

PATIENCE_S = 60
ABOUT = DBusAddress("/x", interface="x.y")


def signal_to(bus: Bus, signature: str, body: object) -> bytes:
    """A signal to one connection, as anybody may send it."""
    signal = new_signal(ABOUT, "X", signature, (body,))
    signal.header.fields[HeaderFields.destination] = bus.unique_name
    return bytes(signal.serialise(serial=99))


def heard(bus: Bus) -> list[object]:
    """First arguments of what comes, up to "last"."""
    found: list[object] = []
    while "last" not in found:
        found.append(bus.receive(time.monotonic() + PATIENCE_S).body[0])
    return found


@pytest.mark.parametrize("takes_fds", [False, True])
def test_a_signal_that_is_too_large_is_passed_over(
    tmp_path: Path, *, takes_fds: bool
) -> None:
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with (
            connected(address, takes_fds=takes_fds) as daemon,
            connected(address) as other,
        ):
            sent = [
                signal_to(daemon, "s", "first"),
                signal_to(daemon, "ay", bytes(5_000_000)),
                signal_to(daemon, "s", "x" * 70_000),
                signal_to(daemon, "s", "last"),
            ]
            other._link.settimeout(PATIENCE_S)
            sender = Thread(target=other._link.sendall, args=(b"".join(sent),))
            sender.start()
            texts = heard(daemon)
            sender.join()
            assert texts[-2:] == ["first", "last"]
            name = "org.freedesktop.DBus"
            assert daemon.call(message_bus.GetNameOwner(name)) == (name,)


@pytest.mark.parametrize(
    ("signature", "body"), [("a()", [(), ()]), ("v", ("a()", [()]))]
)
def test_the_bus_lets_no_message_of_a_broken_form_through(
    tmp_path: Path, signature: str, body: object
) -> None:
    """Of an array of nothing jeepney would read for ever."""
    with session_bus(tmp_path) as bus:
        address = bus.environ["DBUS_SESSION_BUS_ADDRESS"]
        with connected(address) as daemon, connected(address) as other:
            with connected(address) as broken:
                broken._link.sendall(signal_to(daemon, signature, body))
                with pytest.raises(ConnectionError):
                    heard(broken)
            other._link.sendall(signal_to(daemon, "s", "last"))
            assert heard(daemon) == [daemon.unique_name, "last"]
