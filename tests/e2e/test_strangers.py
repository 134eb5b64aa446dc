"""What a user without any privilege can read of a daemon of root's, by trying."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.client.statusfile import details_path, status_path
from tests.e2e.daemon import QUICK, wait_for
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

PLAN = f"""{QUICK}
[[plan]]
id = "phone"
quota = "1 GB"
every = "month"
[plan.match]
interface = ["wwan0"]
"""
ASK = (
    "import sys, json, pathlib; from monitor.client.calling import call; "
    "answers = {name: call(pathlib.Path(sys.argv[1]), name, {}) "
    "for name in sys.argv[2:]}; "
    "print(json.dumps({name: [a.result, a.refusal] for name, a in answers.items()}))"
)
OPEN = (
    "import sys\n"
    "for path in sys.argv[1:]:\n"
    "    try: open(path, 'rb').read(1); print('read', path)\n"
    "    except PermissionError: pass\n"
)
CLOSED = (
    *("live", "usage.ticks", "flush", "alerts.listeners", "alerts.details"),
    *("alerts.silence", "networks.bind", "networks.name", "ledger.append"),
    *("plans.changed", "alerts.test", "alerts.tested", "data.forget"),
)


def python(user: Place, code: str, *words: object) -> str:
    """What a program of the user says."""
    command = [*user.enter, user.python, "-c", code, *map(str, words)]
    done = subprocess.run(
        command, env=user.environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_stranger_reads_how_plans_stand_and_no_usage_of_others(
    lab: Lab, esimmon: Esimmon, user: Place
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    transfer(lab, down=300_000)
    assert daemon.flush()
    status = Path(status_path(daemon.control))
    wait_for(
        lambda: b"traffic.py" in Path(details_path(str(status))).read_bytes(), "it"
    )
    own = ("--config", esimmon.config, "--store", esimmon.store)
    for words in (
        ("data", "forget", *own, "--app", "no-such", "--dry-run"),
        ("backup", *own, esimmon.folder / "all.tar"),
        ("export", *own, "--output", esimmon.folder / "rows.json", "--format", "json"),
    ):
        esimmon._finished(esimmon._python(*words))
    assert python(user, OPEN, *_closed(esimmon, status)) == ""
    document = json.loads(
        python(user, "import sys; print(open(sys.argv[1]).read())", status)
    )
    assert document["plans"][0]["used_bytes"] > 300_000
    assert "traffic.py" not in json.dumps(document)
    answers = json.loads(python(user, ASK, daemon.control, "alerts.pending", *CLOSED))
    assert answers.pop("alerts.pending")[0]["alerts"] == []
    assert {name for name, (found, _) in answers.items() if found is not None} == set()
    assert all("only root" in refusal for _, refusal in answers.values())
    refused = esimmon.at(user)
    done = refused._finished(refused._own(("report",)))
    assert done.returncode == 1
    assert "traffic.py" not in done.stdout
    assert daemon.stop() == 0
    assert python(user, OPEN, esimmon.store) == ""


def _closed(esimmon: Esimmon, status: Path) -> list[Path]:
    """Everything that is not for all: what is beside the store, copies included."""
    backups = wait_for_backup(esimmon)
    kept = [
        *esimmon.folder.glob(f"{esimmon.store.name}*"),
        *(esimmon.folder / name for name in ("all.tar", "rows.json")),
        Path(details_path(str(status))),
        *backups,
    ]
    assert {each.suffix for each in kept} >= {".db", ".tar", ".json", ".lock"}
    assert all(each.exists() for each in kept), kept
    return kept


def wait_for_backup(esimmon: Esimmon) -> list[Path]:
    """The daily copies; the first is made at the start."""
    folder = esimmon.folder / "backups"
    wait_for(lambda: list(folder.glob("usage-????????.db")), "a daily copy")
    return [*folder.iterdir()]
