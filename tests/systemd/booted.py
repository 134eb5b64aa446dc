"""The real systemd as init of a small machine: logind, D-Bus and polkit.

Its root is this system's, seen through a layer in memory: nothing that it writes
reaches the disk. Units that this system would start by itself are left out, as is its
own esimmon; it has a network namespace of a test, can neither load modules nor set
clocks, and sees the kernel's settings read-only. What it believes to be /sys/power is a
file, so that a sleep is whatever the test makes of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.closing import Closing
from monitor.collectors.bpf.cgroups import find_root
from tests.e2e.daemon import wait_for
from tests.e2e.places import CHECKOUT, readable_copy
from tests.namespaces import run

if TYPE_CHECKING:
    from tests.namespaces import Namespace

SYSTEMD = "/lib/systemd/systemd"
POLKIT = "/usr/lib/polkit-1/polkitd"

OPT = "/opt/esimmon-test"
"""Where the interpreter, its packages and the checkout are seen by everybody."""
LOG = "/var/esimmon.log"
_PROGRAM = Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
PYTHON = f"{OPT}/base/{_PROGRAM}"
"""The interpreter there."""
LIBRARIES = f"LD_LIBRARY_PATH={OPT}/base/lib"
"""An interpreter with a shared library looks for it where it was installed."""

_ROOT = """
mount -t tmpfs none '{folder}'
cd '{folder}'
mkdir upper work root
mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work root
cd root
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro none sys
mount -t cgroup2 none sys/fs/cgroup
mount -t bpf none sys/fs/bpf
for place in sys/power run tmp dev; do mount -t tmpfs none $place; done
chmod 1777 tmp
echo freeze mem > sys/power/state
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
ln -s pts/ptmx dev/ptmx
mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
mount -t tmpfs none dev/shm
"""

_SYSTEM = f"""
rm -rf lib/systemd/system-generators lib/systemd/system/*.wants etc/systemd
rm -rf etc/esimmon var/lib/esimmon
mkdir -p etc/systemd/system {OPT[1:]}
: > etc/fstab
"""
_SERVICE = f"""
systemd-sysusers --root=. '{CHECKOUT}/systemd/esimmon.sysusers.conf'
cp '{CHECKOUT}/systemd/esimmon.service' etc/systemd/system
"""

_FILES = {
    "etc/systemd/system/test.target": """[Unit]
DefaultDependencies=no
Wants=dbus.socket systemd-logind.service
""",
    # Patience beyond that of any test: whoever does not let go is found out.
    "etc/systemd/logind.conf": "[Login]\nInhibitDelayMaxSec=10min\n",
    # Sleeps until it is woken, and keeps what was on disk when it fell asleep.
    "etc/systemd/system/systemd-suspend.service": """[Service]
Type=oneshot
ExecStart=/bin/cp -a /var/lib/esimmon /run/copy
ExecStart=/bin/mv /run/copy /run/asleep
ExecStart=/bin/sh -c 'until test -e /run/wake; do sleep 0.05; done'
ExecStart=/bin/rm -r /run/wake /run/asleep
""",
}
_UNIT = f"""[Service]
ExecStart=
ExecStart={PYTHON} -m monitor run
Environment=PYTHONPATH={OPT}/checkout:{OPT}/site {LIBRARIES}
Environment=PYTHONDONTWRITEBYTECODE=1
StandardOutput=append:{LOG}
StandardError=append:{LOG}
"""

_START = f"""
mkdir before
pivot_root . before
umount -l before
exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio \\
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=lxc \\
  {SYSTEMD} --system --unit=test.target --log-target=null
"""


class Machine(Closing):
    """A machine that runs.

    Attributes:
        root: its files.
    """

    def __init__(
        self, folder: Path, namespace: Namespace, prepare: str, files: dict[str, str]
    ) -> None:
        """Boot it.

        Args:
            folder: an empty one, for mounts that are seen in that machine only.
            namespace: its network.
            prepare: lines of shell, in its root before it boots.
            files: more of them, by their path without the first slash.
        """
        copied = "\n".join(readable_copy(folder / "root" / OPT[1:]))
        files = _FILES | files
        written = "\n".join(
            f"mkdir -p {Path(path).parent}\ncat > {path} <<'END'\n{text}END"
            for path, text in files.items()
        )
        inside = "\n".join(
            [_ROOT.format(folder=folder), _SYSTEM, copied, written, prepare, _START]
        )
        self._cgroup = find_root() / f"esimmon-test-{os.getpid()}"
        self._cgroup.mkdir()
        enter = f"""echo $$ > {self._cgroup}/cgroup.procs
exec nsenter --net={namespace.path} unshare --mount --pid --ipc --uts --cgroup \\
  --propagation private --fork --kill-child sh -euc "$0"
"""
        self._process = subprocess.Popen(
            ["sh", "-euc", enter, inside], stdin=subprocess.DEVNULL
        )
        try:
            wait_for(self._is_up, "systemd to boot")
        except BaseException:
            self.close()
            raise
        self.root = Path(f"/proc/{self._init()}/root")

    def _init(self) -> str:
        """The pid of its init."""
        pid = self._process.pid
        assert self._process.poll() is None, "the machine was not made"
        children = Path(f"/proc/{pid}/task/{pid}/children")
        return children.read_text(encoding="ascii").strip()

    def _is_up(self) -> bool:
        if not self._init():
            return False
        command = self.inside("systemctl", "is-system-running")
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return done.stdout.strip() in {"running", "degraded"}

    def inside(self, *command: str) -> list[str]:
        """A command that runs there as root."""
        return ["nsenter", f"--target={self._init()}", "--all", "--", *command]

    def run(self, *command: str) -> str:
        """Run a command there as root.

        Args:
            command: program and arguments.

        Returns:
            Its output.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        return run(*self.inside(*command))

    def said(self) -> str:
        """What esimmon wrote into its log."""
        return (self.root / LOG[1:]).read_text(encoding="utf-8")

    def close(self) -> None:
        """Pull the plug."""
        self._process.kill()
        self._process.wait()
        wait_for(self._is_empty, "its processes to go")
        for folder in sorted(self._cgroup.rglob("*/"), reverse=True):
            folder.rmdir()
        self._cgroup.rmdir()

    def _is_empty(self) -> bool:
        events = (self._cgroup / "cgroup.events").read_text(encoding="ascii")
        return "populated 0" in events


def with_service(folder: Path, namespace: Namespace, config: str) -> Machine:
    """A machine with our unit, as it is shipped, and the checkout as its program.

    Args:
        folder: see `Machine`.
        namespace: see `Machine`.
        config: of esimmon.
    """
    files = {
        "etc/esimmon/config.toml": config,
        "etc/systemd/system/esimmon.service.d/test.conf": _UNIT,
    }
    return Machine(folder, namespace, _SERVICE, files)
