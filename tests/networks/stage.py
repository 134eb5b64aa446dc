"""What a person does with a machine: cables in and out, connections, modems."""

from __future__ import annotations

from ipaddress import ip_interface
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.desktop.stack import wait_for
from tests.networks.machine import MODEM_MANAGER, Machine
from tests.networks.service import PATIENCE_S

if TYPE_CHECKING:
    from tests.networks.at_modem import AtModem

ANDROID: Final = "--dhcp-option-force=43,ANDROID_METERED"
"""What an Android phone says to whom it gives an address."""

INTERNET: Final = "198.51.100.1"
ELSEWHERE: Final = "198.51.100.2"
"""Hosts behind the routers: what goes to a router itself is not billed."""

_DNSMASQ: Final = (
    *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file="),
    *("--user=root", "--port=0", "--no-ping", "--leasefile-ro", "--bind-interfaces"),
)
# Nobody asks again whether a neighbour is there: counters rest when programs do.
_NEIGHBOURS: Final = Path("/proc/sys/net/ipv4/neigh")
_USUAL: Final = ("ipv6.method", "disabled", "autoconnect", "no")


class Stage(Machine):
    """A machine, and what is at the other end of its cables."""

    def lay(self, device: str, router: str) -> str:
        """Lay a cable to a router.

        Args:
            device: its name here, at most 12 characters.
            router: address there, with the bits of its network.

        Returns:
            Its name there.
        """
        there = f"to_{device}"
        self.near.ip(f"link add {device} type veth peer name {there}")
        self.near.ip(f"link set {there} netns {self.far.name}")
        self.far.ip(f"addr add {router} dev {there}", f"link set {there} up")
        for space, name in ((self.near, device), (self.far, there)):
            with space.inside():
                path = _NEIGHBOURS / name / "base_reachable_time_ms"
                path.write_text("3600000", encoding="ascii")
        return there

    def plug(self, device: str, router: str, *options: str) -> None:
        """Put a cable in, at whose other end somebody gives addresses.

        Args:
            device: its name here, at most 12 characters.
            router: address there, with the bits of its network.
            options: of dnsmasq.
        """
        there = self.lay(device, router)
        pool = ip_interface(router).ip + 4
        words = (f"--interface={there}", f"--dhcp-range={pool},{pool},1h", *options)
        self.launch(device, [*_DNSMASQ, *words], f"--net={self.far.path}")

    def unplug(self, device: str) -> None:
        """Pull it out."""
        self.near.ip(f"link del {device}")
        self.stop(device)

    def connect(self, name: str, device: str, *settings: str) -> str:
        """Add a connection for a device, and bring it up.

        Args:
            name: as the person calls it.
            device: on which.
            settings: of nmcli, names and values.

        Returns:
            Its UUID.
        """
        named = ("type", "ethernet", "ifname", device, "con-name", name)
        self.run("nmcli", "connection", "add", *named, *_USUAL, *settings)
        self.up(name)
        shown = self.run("nmcli", "-g", "connection.uuid", "connection", "show", name)
        return shown.strip()

    def up(self, name: str) -> None:
        """Bring a connection up."""
        self.run("nmcli", "--wait", str(PATIENCE_S), "connection", "up", name)

    def add_modem(self, name: str, modem: AtModem) -> None:
        """Let ModemManager find a modem.

        Args:
            name: of the device.
            modem: it.
        """
        self.call(
            *(MODEM_MANAGER, "/org/freedesktop/ModemManager1", "Test.SetProfile"),
            *("ssas", (name, "generic", list(modem.ports))),
        )

    def mmcli(self, *words: str) -> str:
        """Ask something of the only modem, when it is there.

        Args:
            words: of mmcli, such as `--enable`.
        """
        wait_for(lambda: "/Modem/" in self.run("mmcli", "--list-modems"), "the modem")
        return self.run("mmcli", "--modem=any", *words)
