"""The machine that the other tests stand on leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.desktop.stack import wait_for
from tests.e2e.places import CHECKOUT
from tests.namespaces import run
from tests.networks.machine import NETWORK_MANAGER
from tests.networks.stage import ANDROID

if TYPE_CHECKING:
    from tests.networks.stage import Stage

# A machine whose test is killed: its namespaces' names are for the one who kills it.
DOOMED = f"""
import os, signal, shutil
from tests.networks.machine import NETWORK_MANAGER
from tests.networks.stage import Stage
with Stage() as stage:
    stage.start(NETWORK_MANAGER)
    pids = [each.pid for each in stage._services.values()]
    print(stage.folder, stage.near.name, stage.far.name, *pids, flush=True)
    os.kill(os.getpid(), {signal.SIGKILL:d})
"""


def test_all_services_end_with_a_test_that_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DOOMED],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
    )
    folder, near, far, *pids = done.stdout.split()
    for name in (near, far):
        run("ip", "netns", "del", name)
    run("rm", "-r", folder)
    assert len(pids) == 2
    services = [Path("/proc", pid) for pid in pids]
    wait_for(lambda: not any(map(Path.exists, services)), "the services to end")


def test_nothing_of_this_machine_is_seen_or_changed(stage: Stage) -> None:
    stage.plug("cable0", "192.168.43.1/24", ANDROID)
    stage.connect("phone", "cable0")
    kept = Path("/etc/NetworkManager/system-connections/phone.nmconnection")
    assert stage.run("ls", str(kept))
    assert not kept.exists()
    assert {*stage.run("ls", "/run").split()} <= {"NetworkManager", "mount"}
    stage.stop(NETWORK_MANAGER)
    assert stage.run("cat", "/proc/sys/kernel/hostname") == run("hostname")
