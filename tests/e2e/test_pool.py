"""One plan on several devices with real daemons, over one folder."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import wait_for
from tests.e2e.places import root_in
from tests.e2e.pooled import POOL_PLAN, Device, agree, settle
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

    Make = Callable[[Place], Esimmon]


@pytest.fixture
def sync(folder: Path) -> Path:
    """What all devices sync."""
    made = folder / "Sync"
    made.mkdir()
    return made


@pytest.fixture
def anna(make: Make, lab: Lab, sync: Path) -> Device:
    """Who has the plan."""
    esimmon = make(root_in(lab.near))
    esimmon.configure(POOL_PLAN)
    made = Device(esimmon, sync, "annas")
    made.init("anna")
    return made


@pytest.fixture
def ben(make: Make, offload_lab: Lab, sync: Path, anna: Device) -> Device:
    """Who shares it, on another network."""
    assert anna.folder == sync
    made = Device(make(root_in(offload_lab.near)), sync, "bens")
    made.join("ben")
    return made


def test_each_knows_what_the_other_used_to_the_byte(
    lab: Lab, offload_lab: Lab, anna: Device, ben: Device
) -> None:
    transfer(lab, up=50_000, down=400_000)
    transfer(offload_lab, up=10_000, down=70_000)
    settle(anna, ben)
    used = agree(anna, ben)
    assert used == {"annas": anna.moved(), "bens": ben.moved()}
    assert used["annas"] > 450_000
    assert used["bens"] > 80_000
    transfer(offload_lab, up=10_000, down=300_000)
    settle(ben, anna)
    assert agree(anna, ben) == {"annas": anna.moved(), "bens": ben.moved()}
    shown = [each.show() for each in (anna, ben)]
    assert {each["used_bytes"] for each in shown} == {anna.moved() + ben.moved()}
    status = anna.status()
    assert [each["same_terms"] for each in status["devices"]] == [True, True]
    assert [each["member"] for each in status["devices"]] == ["anna", "ben"]
    # A late packet of the kernel's own may still be news.
    wait_for(lambda: anna.sync() == ben.sync() == "Nothing new.\n", "nothing new")


def test_one_who_comes_late_and_one_who_was_offline_catch_up(
    make: Make, lab: Lab, offload_lab: Lab, anna: Device, ben: Device
) -> None:
    transfer(lab, down=100_000)
    settle(anna, ben)
    assert ben.daemon.stop() == 0  # offline
    transfer(lab, down=200_000)
    settle(anna)
    late = Device(make(root_in(lab.far)), anna.folder, "late")
    late.join()
    settle(late, anna)
    ben.start()
    transfer(offload_lab, down=30_000)
    settle(ben, anna, late)
    used = agree(anna, ben, late)
    assert used == {"annas": anna.moved(), "bens": ben.moved(), "late": 0}


def test_what_is_noted_on_one_is_known_on_the_other(anna: Device, ben: Device) -> None:
    anna.run("plan", "topup", "family", "2GB", "--id", "t1")
    settle(anna, ben)
    assert ben.show()["limit_bytes"] == anna.show()["limit_bytes"] == 3_000_000_000


def test_two_who_borrow_at_once_come_to_the_same(anna: Device, ben: Device) -> None:
    words = ("plan", "borrow", "family", "300MB")
    anna.run(*words, "--from", "ben", "--to", "anna", "--id", "b1")
    ben.run(*words, "--from", "ben", "--to", "anna", "--id", "b2")
    settle(anna, ben, anna)
    shown = [each.show() for each in (anna, ben)]
    members = [each["members"] for each in shown]
    assert members[0] == members[1]
    entries = [each.run("plan", "ledger", "family", "--json") for each in (anna, ben)]
    assert all('"b1"' in each and '"b2"' in each for each in entries)
    assert [each.count('"accepted"') for each in entries] == [1, 1]


def test_a_device_restored_from_an_old_backup_keeps_its_word_and_doubles_nothing(
    lab: Lab, anna: Device, ben: Device, tmp_path: Path
) -> None:
    transfer(lab, down=100_000)
    settle(anna, ben)
    file = tmp_path / "backup.tar"
    made = anna.esimmon.call("backup", str(file))
    assert made.returncode == 0, made.stderr
    transfer(lab, down=200_000)
    settle(anna, ben)
    told = ben.used()["annas"]
    assert told == anna.moved()
    assert anna.daemon.stop() == 0
    restored = anna.esimmon.call("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    anna.start()
    settle(anna, ben, anna)
    before = anna.moved()
    assert agree(anna, ben)["annas"] >= told
    transfer(lab, down=20_000)
    settle(anna, ben, anna)
    # From then on to the byte, and never more than all that it counted itself.
    assert agree(anna, ben)["annas"] - told >= anna.moved() - before > 20_000
    assert agree(anna, ben)["annas"] <= anna.moved()


def test_a_cut_file_and_a_conflict_copy_change_nothing(
    lab: Lab, anna: Device, ben: Device
) -> None:
    transfer(lab, down=100_000)
    anna.sync()
    (path,) = (anna.folder / "devices/annas").iterdir()
    whole = path.read_bytes()
    conflict = path.name.replace(".jsonl", ".sync-conflict-20261127-101112-ABC.jsonl")
    path.with_name(conflict).write_bytes(whole)
    path.write_bytes(whole[:-30])
    ben.sync()
    transfer(lab, down=10_000)
    settle(anna, ben)
    assert len(list(path.parent.iterdir())) == 3
    assert agree(anna, ben) == {"annas": anna.moved(), "bens": ben.moved()}


def test_who_leaves_is_still_counted_and_counts_for_itself_again(
    lab: Lab, offload_lab: Lab, anna: Device, ben: Device
) -> None:
    transfer(lab, down=100_000)
    transfer(offload_lab, down=200_000)
    settle(anna, ben)
    used = agree(anna, ben)
    assert "What it told stays told" in ben.run("pool", "leave")
    transfer(offload_lab, down=50_000)
    status, _, err = ben.call("pool", "sync")
    assert (status, err.startswith("esimmon: this device is in no pool")) == (1, True)
    assert ben.show()["used_bytes"] == ben.moved() > used["bens"]
    settle(anna)
    assert anna.used() == used


def test_relay_carries_by_itself(lab: Lab, anna: Device) -> None:
    transfer(lab, down=100_000)
    words = anna.esimmon.command("relay")
    with subprocess.Popen(words, env=anna.esimmon.place.environ) as relay:
        try:
            wait_for(
                lambda: list(anna.folder.glob("devices/annas/*.jsonl")),
                "the first round",
            )
        finally:
            relay.send_signal(signal.SIGINT)
        assert relay.wait(timeout=60) == 130
    assert anna.used()["annas"] == anna.moved()
