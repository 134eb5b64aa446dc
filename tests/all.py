"""Run all tests: `python tests/all.py`, with arguments for pytest if you like.

Without any, those of one module, of the page, of desktops, of networks and of other
kernels run beside the rest, where there is a second processor; what they said is shown
at the end.

With ESIMMON_TEST_APT=1, and as root, the Debian packages that tests need are installed
first; on a person's machine nothing is installed. No service is started in either
case. What had to be left out is named at the end, with the package it lacked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.packages import debian_packages

if TYPE_CHECKING:
    from collections.abc import Iterator

APART = ("tests/unit", "tests/web", "tests/guest", "tests/networks", "tests/desktop")
"""They are in namespaces, on buses and over stores of their own: nobody sees them."""
ROOT = Path(__file__).parent.parent
_POLICY = Path("/usr/sbin/policy-rc.d")


@contextlib.contextmanager
def no_services() -> Iterator[None]:
    """Packages start no service meanwhile: a NetworkManager would take the network.

    What they ask is invoke-rc.d(8) and deb-systemd-invoke(1p), which ask this file. A
    machine that has one keeps it: containers do, and theirs says the same.
    """
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")  # not allowed
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def install_packages() -> None:
    """Install what the tests need by apt, told to by the environment."""
    if os.environ.get("ESIMMON_TEST_APT") != "1":
        return
    if os.geteuid() != 0:
        sys.exit("tests: ESIMMON_TEST_APT=1 needs root")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends"],
    ):
        more = debian_packages() if "install" in words else []
        with no_services():
            subprocess.run([*words, *more], check=True, env=environ)


def main() -> int:
    """Install if told to, then run pytest.

    Returns:
        The exit status of pytest.
    """
    install_packages()
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    if sys.argv[1:] or os.cpu_count() == 1:
        return subprocess.run(command, check=False, cwd=ROOT).returncode
    others = [f"--ignore={each}" for each in APART]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [*command, *APART], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT
        ) as beside,
    ):
        status = subprocess.run([*command, *others], check=False, cwd=ROOT).returncode
        beside.wait()
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
    return status or beside.returncode


if __name__ == "__main__":
    sys.exit(main())
