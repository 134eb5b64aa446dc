"""Network namespaces of one's own, and programs in them. Needs root and iproute2."""

from __future__ import annotations

import contextlib
import ctypes
import shlex
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRAFFIC = Path(__file__).with_name("traffic.py")
DATAGRAMS = Path(__file__).with_name("datagrams.py")
SYSCALLS = Path(__file__).with_name("syscalls.py")
HANDOVER = Path(__file__).with_name("handover.py")
PACKETS = Path(__file__).with_name("packets.py")
EXTENSIONS = Path(__file__).with_name("extensions.py")
ENDINGS = Path(__file__).with_name("endings.py")
URING = Path(__file__).with_name("uring.c")

_CLONE_NEWNET = 0x40000000
_QUIET = {
    "net/ipv4/conf/all/forwarding": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv4/ping_group_range": "0 2147483647",
    # Less in flight than a virtual link queues (net.core.netdev_max_backlog): a busy
    # machine would else drop packets behind the wire, which are then sent again.
    "net/ipv4/tcp_rmem": "4096 131072 131072",
    # Nor more than a receiver has room for: what it drops comes twice.
    "net/ipv4/tcp_wmem": "4096 65536 65536",
    # Nor may it send again because a busy machine made an answer late.
    "net/ipv4/tcp_early_retrans": "0",
    "net/ipv4/tcp_recovery": "0",
    # Nothing may talk on its own: every packet is one of the test.
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/router_solicitations": "0",
    "net/ipv6/conf/default/autoconf": "0",
    "net/ipv6/conf/default/addr_gen_mode": "1",
    "net/ipv6/conf/default/mldv2_unsolicited_report_interval": "1000000000",
}

_PATIENT = Path("/proc/sys/net/ipv4")

Stream = IO[str] | int | None

_open: set[Namespace] = set()


def let_go() -> None:
    """Close the pipes of programs that have ended, in all namespaces."""
    for namespace in _open:
        namespace.let_go()


def run(*command: str, text: str | None = None) -> str:
    """Run a system tool.

    Args:
        command: program and arguments.
        text: for its standard input.

    Returns:
        Its output.

    Raises:
        RuntimeError: It failed; with what it said.
    """
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, input=text
    )
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr}")
    return done.stdout


def retransmitted() -> int:
    """TCP segments that were sent again, in all namespaces since they were made."""
    return sum(namespace.retransmitted() for namespace in _open)


class Namespace:
    """A network namespace.

    Attributes:
        name: for `ip netns`.
        path: for setns.
        inode: as in /proc/PID/ns/net.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = Path("/run/netns") / name
        self._processes: list[subprocess.Popen[str]] = []
        run("ip", "netns", "add", name)
        _open.add(self)
        self.inode = self.path.stat().st_ino
        with self.inside():
            for setting, value in _QUIET.items():
                Path("/proc/sys", setting).write_text(value, encoding="ascii")
            for path in _PATIENT.glob("tcp_rto_min_us"):  # since Linux 6.11
                path.write_text("1000000", encoding="ascii")
        self.ip("link set lo up")

    def ip(self, *lines: str) -> None:
        """Configure it with the tool of iproute2.

        Args:
            lines: without the leading `ip`.
        """
        run("ip", "-n", self.name, "-batch", "-", text="\n".join(lines))

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Be in it with this thread."""
        libc = ctypes.CDLL(None, use_errno=True)
        home = Path("/proc/thread-self/ns/net")
        with home.open("rb") as back, self.path.open("rb") as here:
            if libc.setns(here.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(back.fileno(), _CLONE_NEWNET)

    def retransmitted(self) -> int:
        """TCP segments that were sent again in it since it was made."""
        with self.inside():
            text = Path("/proc/thread-self/net/snmp").read_text(encoding="ascii")
        names, values = [
            line.split() for line in text.splitlines() if line[:4] == "Tcp:"
        ]
        return int(values[names.index("RetransSegs")])

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        stdin: Stream = subprocess.PIPE,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = None,
    ) -> subprocess.Popen[str]:
        """Start a program in it; it is killed with the lab, if it still runs.

        `ip netns exec` would start it in a mount namespace with another /sys, in which
        a monitor finds neither its cgroups nor bpffs.

        Args:
            command: program and arguments.
            stdin: as for subprocess.Popen; a pipe if nothing is said.
            stdout: the same.
            stderr: the same; inherited if nothing is said.

        Returns:
            The process; its pid is that of the program itself.
        """
        process = subprocess.Popen(
            ["nsenter", f"--net={self.path}", "--", *map(str, command)],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
        )
        self._processes.append(process)
        return process

    def script(self, path: Path, *arguments: str | int | Path) -> subprocess.Popen[str]:
        """Start one of the tests' small Python programs in it.

        Args:
            path: its file.
            arguments: its command and what that wants.

        Returns:
            The process.
        """
        return self.popen([sys.executable, "-S", "-E", path, *map(str, arguments)])

    def traffic(self, *arguments: str | int | Path) -> subprocess.Popen[str]:
        """Start a program of tests/traffic.py in it; see `script`."""
        return self.script(TRAFFIC, *arguments)

    def datagrams(self, *arguments: str | int) -> subprocess.Popen[str]:
        """Start a program of tests/datagrams.py in it; see `script`."""
        return self.script(DATAGRAMS, *arguments)

    def let_go(self) -> None:
        """Close the pipes of programs that have ended: a test is over."""
        ended = [each for each in self._processes if each.poll() is not None]
        for process in ended:
            self._processes.remove(process)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()

    def close(self) -> None:
        """End what still runs in it, and remove it."""
        for process in self._processes:
            process.kill()
            process.wait()
        self.let_go()
        _open.discard(self)
        run("ip", "netns", "del", self.name)
