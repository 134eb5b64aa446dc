"""A machine with a system bus, NetworkManager and ModemManager of its own.

    near (NetworkManager, ModemManager, polkit, the bus) --- far (routers, phones)

Two network namespaces, and for the services mounts and pids of their own: nothing of
this machine's bus, services, configuration or state is read, touched or started, and
all of it ends with the test, however that ends. sysfs is mounted read-only, as in a
container: then NetworkManager does not wait for udev.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.desktop.stack import wait_for
from tests.namespaces import Namespace
from tests.networks.service import PATIENCE_S, Service

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator, Sequence


NEEDS: Final = (
    *("root", "ip", "nsenter", "unshare", "dbus-daemon"),
    *("NetworkManager", "nmcli", "ModemManager", "mmcli", "dnsmasq"),
    "/usr/lib/polkit-1/polkitd",
)
NETWORK_MANAGER: Final = "org.freedesktop.NetworkManager"
MODEM_MANAGER: Final = "org.freedesktop.ModemManager1"

_POLKIT: Final = "org.freedesktop.PolicyKit1"
_BUS: Final = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""
_MANAGER: Final = """[main]
plugins=keyfile
no-auto-default=*
dns=none
hostname-mode=none
[keyfile]
unmanaged-devices=interface-name:wwan*
"""
_MOUNTS: Final = """
mount -t tmpfs none /run
mount -t sysfs -o ro none /sys
for folder in /etc/NetworkManager /var/lib/NetworkManager /etc/polkit-1; do
  mount -t tmpfs none $folder
done
cp "$1" /etc/NetworkManager/NetworkManager.conf
echo ready
exec cat
"""
_COMMANDS: Final = {
    NETWORK_MANAGER: ("NetworkManager", "--no-daemon"),
    MODEM_MANAGER: (
        *("ModemManager", "--test-enable", "--test-no-udev", "--no-auto-scan"),
        "--test-no-suspend-resume",
    ),
    _POLKIT: ("/usr/lib/polkit-1/polkitd", "--no-debug"),
}
_NUMBER: Final = itertools.count()


class Machine:
    """The machine; use it with `with`.

    Attributes:
        near: its network.
        far: where its cables lead.
        folder: of its files, which every user may enter.
        address: of its system bus.
    """

    near: Namespace
    far: Namespace
    folder: Path

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._stack = contextlib.ExitStack()
        self._enter: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            made = tempfile.mkdtemp(prefix="esimmon-networks-")
            stack.callback(shutil.rmtree, made)
            self.folder = Path(made)
            self.folder.chmod(0o755)
            name = f"esimmon-networks-{os.getpid()}-{next(_NUMBER)}"
            self.near = Namespace(f"{name}-near")
            stack.callback(self.near.close)
            self.far = Namespace(f"{name}-far")
            stack.callback(self.far.close)
            self._enter = stack.enter_context(_kept(self.near, self.folder))
            stack.callback(self._kill_all)
            self.start_bus()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _kill_all(self) -> None:
        for service in reversed(self._services.values()):  # the bus last
            service.kill()

    @property
    def address(self) -> str:
        """Of the system bus."""
        return f"unix:path={self.folder}/bus"

    @property
    def environ(self) -> dict[str, str]:
        """For programs that use the system bus."""
        return os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def start_bus(self) -> None:
        """Start the system bus."""
        configuration = self.folder / "bus.conf"
        configuration.write_text(_BUS.format(socket=self.folder / "bus"))
        command = ["dbus-daemon", f"--config-file={configuration}", "--nofork"]
        self.launch("bus", [*command, "--nopidfile"])
        wait_for(self._is_reached, "the system bus")

    def _is_reached(self) -> bool:
        try:
            open_dbus_connection(self.address, auth_timeout=PATIENCE_S).close()
        except OSError:
            return False
        return True

    def start(self, *names: str) -> None:
        """Start services, and wait until they are on the bus.

        Args:
            names: that they have there.
        """
        for name in names:
            if name == MODEM_MANAGER and _POLKIT not in self._services:
                self.start(_POLKIT)  # without it nobody may enable a modem
            self.launch(name, _COMMANDS[name])
        for name in names:
            self.wait_for_name(name)

    def wait_for_name(self, name: str) -> None:
        """Wait until somebody has a name on the bus."""
        asked = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "NameHasOwner")
        wait_for(lambda: self.call(*asked, "s", (name,))[0], name, PATIENCE_S)

    def launch(self, name: str, command: Sequence[str], *more: str) -> None:
        """Start any program there.

        Args:
            name: for `stop` and `send`.
            command: program and arguments.
            more: options of nsenter.
        """
        # The ports of a modem are paths below the folder in which ModemManager runs.
        there = ("env", f"--chdir={self.folder}", *command)
        log = self.folder / f"{name}.log"
        self._services[name] = Service([*self._enter, *more, *there], self.environ, log)

    def stop(self, name: str) -> None:
        """End a service, or `bus`."""
        self._services.pop(name).stop()

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a service a signal."""
        self._services[name].send(number)

    def run(self, *command: str) -> str:
        """Run nmcli, mmcli or another tool there.

        Args:
            command: program and arguments.

        Returns:
            What it said.

        Raises:
            AssertionError: it failed.
        """
        done = subprocess.run(
            [*self._enter, *command],
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=self.environ | {"LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def call(
        self,
        name: str,
        path: str,
        method: str,
        kind: str = "",
        body: tuple[Any, ...] = (),
    ) -> tuple[Any, ...]:
        """Call a method on the bus.

        Args:
            name: of the service, by which its interface's name begins.
            path: of the object.
            method: with what follows that in the interface's name.
            kind: types of the arguments.
            body: the arguments.
        """
        inner, _, member = method.rpartition(".")
        interface = f"{name}.{inner}" if inner else name
        asked = DBusAddress(path, bus_name=name, interface=interface)
        call = new_method_call(asked, member, kind or None, body)
        with open_dbus_connection(self.address, auth_timeout=PATIENCE_S) as link:
            reply = link.send_and_get_reply(call, timeout=PATIENCE_S)
        assert reply.header.message_type is MessageType.method_return, reply.body
        return tuple(reply.body)


@contextlib.contextmanager
def _kept(near: Namespace, folder: Path) -> Iterator[tuple[str, ...]]:
    """Mounts and pids that live as long as the block, or as this process.

    Yields:
        Words before a command that bring it there.
    """
    configuration = folder / "NetworkManager.conf"
    configuration.write_text(_MANAGER)
    words = ("--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")
    shell = ("sh", "-euc", _MOUNTS, "sh", str(configuration))
    keeper = subprocess.Popen(
        ["nsenter", f"--net={near.path}", "unshare", *words, "--mount-proc", *shell],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "ready\n"
        own = f"/proc/{keeper.pid}/ns"
        others = (f"--{kind}={own}/{kind}" for kind in ("mount", "uts", "ipc"))
        yield (
            *("nsenter", f"--net={near.path}", f"--pid={own}/pid_for_children"),
            *(each.replace("/mount", "/mnt") for each in others),
        )
