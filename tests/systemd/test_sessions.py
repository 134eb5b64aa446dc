"""What the service says, in the session of a person with a manager of her own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import transfer
from tests.mocked import DBUSMOCK, PYTHON
from tests.systemd.booted import POLKIT, SYSTEMD
from tests.systemd.installed import PERSON, UID, Installed, with_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs(
        *("root", "ip", "nft", "nsenter", "unshare", "setpriv", "libbpf.so.1"),
        *("dbus-daemon", "systemd-sysusers", "useradd", SYSTEMD, POLKIT, DBUSMOCK),
        "/usr/lib/systemd/user/dbus.socket",
    ),
]

AGENT = "esimmon-notify.service"
SHOWN = "tmp/shown"
CONFIG = f"""{QUICK}
[[plan]]
id = "small"
quota = "100 kB"
every = "month"
billing_day = 1
[plan.match]
interface = ["*"]
"""
# A manager reaches graphical-session.target only by what a desktop binds to it.
DESKTOP = """[Unit]
BindsTo=graphical-session.target
Before=graphical-session.target
"""


@pytest.fixture
def box(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A machine where a person is logged in, with something that shows alerts."""
    with with_program(tmp_path_factory.mktemp("machine"), lab.near) as made:
        found = Installed(made)
        (made.root / "etc/systemd/user/desktop.target").write_text(
            DESKTOP, encoding="ascii"
        )
        found.log_in()
        mock = ("-m", "dbusmock", "--session", "--template", "notification_daemon")
        run = ("systemd-run", "--quiet", "--user", f"--machine={PERSON}@")
        made.run(*run, PYTHON, *mock, f"--logfile=/{SHOWN}")
        # It has its name before its log: no other one is started by the bus.
        wait_for((made.root / SHOWN).exists, "something that shows alerts")
        yield found


def manager(box: Installed, *words: str) -> str:
    """Ask the person's manager."""
    return box.machine.run("systemctl", "--user", f"--machine={PERSON}@", *words)


def is_shown(box: Installed) -> bool:
    """Whether an alert of the plan has come to the desktop."""
    text = (box.machine.root / SHOWN).read_text(encoding="utf-8")
    return "Plan small: nothing left of 100 kB" in text


def test_the_agent_shows_alerts_of_the_service_and_runs_once(
    lab: Lab, box: Installed
) -> None:
    config = box.machine.root / "etc/esimmon/config.toml"
    config.parent.mkdir()
    config.write_text(CONFIG, encoding="utf-8")
    manager(box, "start", "desktop.target")
    done = box.esimmon("service", "install", "--yes", SUDO_USER=PERSON)
    assert done.status == 0, done.complaint
    assert manager(box, "is-active", AGENT) == "active\n"
    transfer(lab, down=200_000)
    wait_for(lambda: is_shown(box), "the alert on the desktop")

    second = box.esimmon("notify", user=PERSON)  # as the autostart file would
    assert (second.status, second.output) == (0, "")
    assert "runs already" in second.complaint
    for call in (
        box.esimmon("service", "status", user=PERSON),
        box.esimmon("service", "status", SUDO_USER=PERSON),
    ):
        assert call.status == 0
        assert "shows your alerts now" in call.output
    refused = box.esimmon("service", "install", "--user", user=PERSON)
    assert "the system's service counts already" in refused.complaint

    assert box.esimmon("service", "uninstall").status == 0
    known = manager(box, "show", AGENT, "--property=ActiveState,LoadState")
    assert known == "LoadState=not-found\nActiveState=inactive\n"


def test_a_service_of_ones_own_counts_and_shows_its_alerts_itself(
    lab: Lab, box: Installed
) -> None:
    home = box.machine.root / f"home/{PERSON}"
    done = box.esimmon("service", "install", "--user", user=PERSON)
    assert (done.status, done.complaint) == (0, "")
    assert "(tier sockdiag)" in done.output
    again = box.esimmon("service", "install", "--user", user=PERSON)
    assert again.output.startswith("Nothing to do")
    config = home / ".config/esimmon/config.toml"
    assert config.stat().st_uid == UID
    config.write_text(CONFIG, encoding="utf-8")
    manager(box, "reload", "esimmon")
    transfer(lab, down=200_000)
    wait_for(lambda: is_shown(box), "the alert on the desktop")
    assert box.esimmon("service", "status", "--user", user=PERSON).status == 0
    gone = box.esimmon("service", "uninstall", "--user", user=PERSON)
    assert (gone.status, gone.complaint) == (0, "")
    assert not list((home / ".config/systemd").rglob("*.service"))
    assert f"kept: /home/{PERSON}/.local/state/esimmon" in gone.output
