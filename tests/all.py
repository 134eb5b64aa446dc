"""Run all tests: `python tests/all.py`, with arguments for pytest if you like.

With ESIMMON_TEST_APT=1, and as root, the Debian packages that tests need are installed
first; on a person's machine nothing is installed and no service is started. What had
to be left out is named at the end, with the package it lacked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.packages import debian_packages


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
        subprocess.run([*words, *more], check=True, env=environ)


def main() -> int:
    """Install if told to, then run pytest.

    Returns:
        The exit status of pytest.
    """
    install_packages()
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    return subprocess.run(
        command, check=False, cwd=Path(__file__).parent.parent
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
