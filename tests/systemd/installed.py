"""A machine with esimmon in /opt/esimmon, as pip puts it there, and no service yet.

There is a person, alice, who is logged in: with a service manager and a session bus of
her own. The unit's log is a file, and its interpreter that of the tests, by drop-ins
such as people make with `systemctl edit`.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from tests.e2e.daemon import wait_for
from tests.e2e.places import CHECKOUT
from tests.systemd.booted import LIBRARIES, LOG, OPT, PYTHON, Machine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.namespaces import Namespace

PROGRAM = "/opt/esimmon/bin/esimmon"
PERSON = "alice"
UID = 4242
DROP_IN = "/etc/systemd/system/esimmon.service.d"

_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
_PATIENCE_S = 60
_PACKAGES = (
    f"opt/esimmon/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
)
_PREPARE = f"""
mkdir -p opt/esimmon/bin {_PACKAGES}
ln -s {PYTHON} opt/esimmon/bin/python3
printf 'home = {OPT}/base/bin\\n' > opt/esimmon/pyvenv.cfg
cp -a '{CHECKOUT}/monitor' {_PACKAGES}
cp -a '{CHECKOUT}/systemd' {_PACKAGES}/monitor/service
echo {OPT}/site > {_PACKAGES}/others.pth
chmod 755 {PROGRAM[1:]}
chroot . useradd --create-home --uid {UID} {PERSON}
mkdir -p var/lib/systemd/linger
: > var/lib/systemd/linger/{PERSON}
"""
_ENVIRONMENT = f"[Service]\nEnvironment={LIBRARIES} PYTHONDONTWRITEBYTECODE=1\n"
_FILES = {
    PROGRAM[1:]: """#!/opt/esimmon/bin/python3
import sys
from monitor.__main__ import main
sys.exit(main())
""",
    f"{DROP_IN[1:]}/test.conf": _ENVIRONMENT,
    f"{DROP_IN[1:]}/log.conf": (
        f"[Service]\nStandardOutput=append:{LOG}\nStandardError=append:{LOG}\n"
    ),
    "etc/systemd/user/esimmon.service.d/test.conf": _ENVIRONMENT,
    "etc/systemd/user/esimmon-notify.service.d/test.conf": _ENVIRONMENT,
}


class Answer(NamedTuple):
    """What a command said.

    Attributes:
        status: its exit status.
        output: of it.
        complaint: on its standard error.
    """

    status: int
    output: str
    complaint: str


class Installed:
    """The machine, and esimmon as its people call it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def esimmon(self, *words: str, user: str = "root", **environ: str) -> Answer:
        """Call esimmon.

        Args:
            words: its arguments.
            user: who calls.
            environ: more of it.
        """
        more = [f"{name}={value}" for name, value in environ.items()]
        become = () if user == "root" else ("setpriv", *_BECOME)
        if user != "root":
            more += [f"HOME=/home/{user}", f"XDG_RUNTIME_DIR=/run/user/{UID}"]
        command = [*become, "env", "-i", _PATH, LIBRARIES, *more, PROGRAM, *words]
        done = subprocess.run(
            self.machine.inside(*command),
            check=False,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.machine.run("systemctl", "show", unit, "-P", name).strip()

    def log_in(self) -> None:
        """The person logs in, and stays: her manager is up."""
        self.machine.run("systemctl", "start", f"user@{UID}.service")
        socket = self.machine.root / f"run/user/{UID}/bus"
        wait_for(socket.exists, "the bus of the session")


_BECOME = (f"--reuid={UID}", f"--regid={UID}", "--init-groups", "--")


def with_program(folder: Path, namespace: Namespace) -> Machine:
    """A machine with the program alone.

    Args:
        folder: see `Machine`.
        namespace: see `Machine`.
    """
    return Machine(folder, namespace, _PREPARE, _FILES)
