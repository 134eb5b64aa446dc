"""A clean stop leaves a plain file, and nothing in the kernel."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.client import statusfile
from monitor.store.lock import is_held
from tests.e2e.daemon import wait_for
from tests.e2e.places import Mounts, plain_user, readable_copy
from tests.e2e.truth import are_gone, kernel_ids, moved, of_process, transfer

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

GROUP = 4242  # of no user on this machine


def test_a_clean_stop_leaves_nothing_in_the_kernel_and_no_file_of_its_own(
    esimmon: Esimmon,
) -> None:
    daemon = esimmon.start()
    pinned = sorted((esimmon.pins() / "current").iterdir())
    before = {kind: kernel_ids(kind, pinned) for kind in ("link", "map", "prog")}
    assert all(before.values())
    status = Path(statusfile.status_path(esimmon.control()))
    wait_for(status.exists, "the status file")
    assert esimmon.control().is_socket()
    assert is_held(esimmon.store)

    assert daemon.stop() == 0
    assert not esimmon.pins().exists()
    assert not esimmon.control().exists()
    assert not status.exists()
    assert not is_held(esimmon.store)
    for kind, ids in before.items():
        # The kernel frees them a moment after the last reference is gone.
        wait_for(partial(are_gone, kind, ids), f"each {kind} to go")


def test_a_stopped_store_is_one_plain_file_that_others_cannot_read(
    esimmon: Esimmon, user: Place
) -> None:
    daemon = esimmon.start()
    assert daemon.stop() == 0

    assert {each.name for each in esimmon.folder.glob("usage.db*")} == {
        "usage.db",
        "usage.db.lock",
    }
    assert esimmon.store.stat().st_mode & 0o777 == 0o640
    with closing(sqlite3.connect(esimmon.store)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    refused = esimmon.at(user).call("report")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"esimmon: {esimmon.store}: no permission; ")
    assert refused.stderr.count("\n") == 1


def test_members_of_the_group_read_a_stopped_store_and_one_in_use(
    esimmon: Esimmon, lab: Lab, folder: Path
) -> None:
    daemon = esimmon.start()
    _, wire = transfer(lab, down=50_000)
    assert daemon.stop() == 0
    for path in (esimmon.folder, esimmon.store):
        os.chown(path, -1, GROUP)
    esimmon.folder.chmod(0o750)
    with Mounts(*readable_copy(folder)) as mounts:
        member = esimmon.at(plain_user(lab.near, folder, mounts, gid=GROUP))
        assert moved(member.report()["rows"]) == wire
        daemon = esimmon.start()
        transfer(lab, down=50_000)
        # The daemon does not flush for somebody outside of the group `esimmon`.
        wait_for(lambda: moved(member.report()["rows"]) != wire, "the next flush")
        assert daemon.stop() == 0


def test_a_killed_daemon_leaves_the_kernel_counting_and_the_next_one_takes_over(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    daemon.kill()
    links = kernel_ids("link", sorted((esimmon.pins() / "current").iterdir()))
    pid, wire = transfer(lab, down=50_000)
    esimmon.start()

    assert kernel_ids("link", sorted((esimmon.pins() / "current").iterdir())) == links
    report = esimmon.report()
    assert of_process(report, pid) == wire
    assert [gap["clean"] for gap in report["gaps"]] in ([], [False])
