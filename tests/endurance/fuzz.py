"""Hostile input: `python -m tests.endurance.fuzz [--minutes M] [--only NAME]`.

Each target has a process of its own with a bound on its memory, and is given inputs
nearly like good ones until its time is over. `--guided` lets atheris choose them by the
code that they reach (extra `fuzz`). What a crash was given is kept in `--keep FOLDER`.
The last two columns are the processor time of an input, and how many times as much one
of ten times the size takes: about 10 where a reader is linear, 100 where it is not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.endurance.fuzzing.everything import TARGETS
from tests.endurance.fuzzing.target import DEADLINE_S, Tally, attempt, costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.endurance.fuzzing.target import Target

_ROOM_BYTES: Final = 400 << 20
"""Beyond what a process has when it begins."""
_GRACE_S: Final = 120
_PARTS: Final = 200
_HEAD: Final = (
    f"{'target':18} {'inputs':>11} {'refused':>11} {'crashes':>7} {'ms':>8} {'x10':>6}"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack all targets, or one.

    Args:
        arguments: of the command line.

    Returns:
        1 when something fell over.
    """
    asked = _asked(arguments)
    if asked.child:
        return _be_the_child(asked)
    names = [asked.only] if asked.only else [*TARGETS]
    seconds = asked.minutes * 60 / len(names)
    sys.stdout.write(f"{_HEAD}\n")
    found = [_attacked(name, seconds, asked) for name in names]
    tried, crashes = (sum(each[what] for each in found) for what in ("tried", "count"))
    sys.stdout.write(f"{'all':18} {tried:11,} {'':11} {crashes:7}\n")
    for each in found:
        for what, words, given in each["crashes"]:
            sys.stdout.write(f"\n{each['name']}: {what}: {words}\n")
            sys.stdout.write(f"  {bytes.fromhex(given)!r:.200}\n")
    return 1 if crashes else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.fuzz")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", choices=[*TARGETS])
    parser.add_argument("--seed", type=int, default=time.time_ns())
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--guided", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _attacked(name: str, seconds: float, asked: argparse.Namespace) -> dict[str, Any]:
    """What came of it, by a process that may die of it."""
    with tempfile.TemporaryDirectory(prefix="esimmon-fuzz-") as folder:
        command = [sys.executable, "-m", "tests.endurance.fuzz", "--child", folder]
        command += ["--only", name, "--seed", str(asked.seed)]
        command += ["--minutes", str(seconds / 60)]
        if asked.guided:
            command = [sys.executable, "-m", "tests.endurance.fuzzing.guided", name]
            command += [folder, str(seconds), str(asked.seed)]
        sys.stderr.write(f"{name} ...\n")
        with subprocess.Popen(command, env=_environment(folder)) as child:
            try:
                status = child.wait(seconds + _GRACE_S + DEADLINE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                status = child.wait()
        found = _figures(Path(folder), name, status)
    sys.stdout.write(_line(found))
    sys.stdout.flush()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        for number, (_, _, given) in enumerate(found["crashes"]):
            (asked.keep / f"{name}-{number}").write_bytes(bytes.fromhex(given))
    return found


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the person who runs this is read or written."""
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")
    return os.environ | dict.fromkeys(places, folder) | {"RUNTIME_DIRECTORY": folder}


def _figures(folder: Path, name: str, status: int) -> dict[str, Any]:
    """What a child left; one that died is a crash by its last input."""
    try:
        found: dict[str, Any] = json.loads((folder / "figures").read_bytes())
    except FileNotFoundError:
        found = {"tried": 0, "refused": 0, "count": 0, "crashes": [], "cost": None}
    if status:
        last = folder / "last"
        given = last.read_bytes().hex() if last.exists() else ""
        found["count"] += 1
        found["crashes"].append((f"the process ended with {status}", "", given))
    return {**found, "name": name}


def _line(found: dict[str, Any]) -> str:
    text = f"{found['name']:18} {found['tried']:11,} {found['refused']:11,} "
    text += f"{found['count']:7}"
    if found["cost"]:
        small, large = found["cost"]
        text += f" {1000 * small:8.2f} {large / max(small, 1e-9):6.1f}"
    return f"{text}\n"


def _be_the_child(asked: argparse.Namespace) -> int:
    """Attack one target here."""
    # A shell's background jobs ignore Ctrl-C, and so would what is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder: Path = asked.child
    (folder / "own").mkdir()
    target = TARGETS[asked.only](folder / "own")
    cost = costs(target, _PARTS)
    have_bytes = int(Path("/proc/self/statm").read_text().split()[0]) << 12
    bound = have_bytes + _ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    tally = Tally()
    _attack(target, asked, tally, folder / "last")
    tally.keep(folder / "figures", cost)
    target.close()
    return 0


def _attack(
    target: Target, asked: argparse.Namespace, tally: Tally, last: Path
) -> None:
    end_s = time.monotonic() + asked.minutes * 60
    chance = Random(asked.seed)  # noqa: S311 - repeatable
    with last.open("wb", buffering=0) as file:
        while time.monotonic() < end_s:
            given = target.draw(chance)
            file.seek(0)
            file.write(given)
            file.truncate()
            attempt(target, given, tally)


if __name__ == "__main__":
    sys.exit(main())
