"""What the daemon's plans cost: a tick, a quiet tick, judging anew from the store.

    python tests/benchmarks/plan_ticks.py [--days 62] [--apps 30] [--rounds 5]

A real store with a row for each 5-minute slot of so many days, explained by so many
applications; three plans on one interface after another. A tick has 30 rows of
programs, 10 s after the last one. Medians of CPU time are printed, beside the import of
SQLAlchemy Core in the same run as a floor. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __package__ in {None, ""}:  # as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.daemon.planbook import PlanBook
from monitor.plans.agreement import Agreement
from monitor.plans.offers import Bucket, Scope
from monitor.plans.terms import Plan
from monitor.plans.timing import Day, Month
from monitor.plans.values import Bytes, Name, Pattern
from monitor.store.batch import Batch
from monitor.usage import Application, Attachment, Bill, Interval, Share, Traffic
from tests.benchmarks.resources import cpu_ms
from tests.unit.store.builders import T0, writing

SLOT_S, DAY_S = 300, 86_400
DEVICES = ("wwan0", "usb0", "wlan0")
PRESENT = [Attachment(f"if:{device}", device, billed=True) for device in DEVICES]
LARGE = Bytes(10**14)
_MANY = 50


def plans() -> tuple[Agreement, ...]:
    """By the month, by the day, and with a bucket for some programs."""
    main = Bucket(Name("main"), LARGE)
    chat = Bucket(Name("chat"), LARGE, scope=Scope(apps=(Pattern("app-1*"),)))
    made = (
        Plan(id=Name("month"), cycle=Month(), buckets=(main,)),
        Plan(id=Name("day"), cycle=Day(), buckets=(main,)),
        Plan(id=Name("chat"), cycle=Month(), buckets=(main, chat)),
    )
    return tuple(
        Agreement(plan=plan, position=number, patterns=(device,))
        for number, (plan, device) in enumerate(zip(made, DEVICES, strict=True))
    )


def shares(apps: int) -> list[Share]:
    """So many programs."""
    names = [f"app-{number}" for number in range(apps)]
    return [Share(Application(name, "executable"), uid=1000) for name in names]


def slot(when: Interval, whose: list[Share]) -> Batch:
    """A row for each device and program."""
    batch = Batch()
    part = Traffic(1000, 100, 3, 2)
    for device in DEVICES:
        where = Attachment(f"if:{device}", device, billed=True)
        whole = Traffic(*(number * (len(whose) + 1) for number in part.numbers))
        batch.bill[when, where] = Bill(whole, whole)
        batch.explanation |= {(when, where, each): part for each in whose}
    return batch


def ticks_ms(book: PlanBook, batches: list[Batch], from_s: int) -> float:
    """CPU milliseconds of a tick, of one after another each second."""
    began = time.process_time()
    for at_s, batch in enumerate(batches, from_s):
        book.tick(batch, at_s)
    return (time.process_time() - began) * 1000 / len(batches)


def floor_ms(rounds: int) -> float:
    """CPU milliseconds of an interpreter that imports SQLAlchemy Core."""
    code = "import sqlalchemy, time; print(time.process_time())"
    words = [sys.executable, "-c", code]
    found = [float(subprocess.check_output(words)) for _ in range(rounds)]
    return statistics.median(found) * 1000


def main() -> None:
    """Fill a store and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=62)
    parser.add_argument("--apps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    whose, now_s = shares(wanted.apps), T0 + wanted.days * DAY_S + 95
    with (
        tempfile.TemporaryDirectory() as folder,
        writing(Path(folder) / "usage.db") as (store, writer),
    ):
        for day_s in range(T0, now_s - 95, DAY_S):
            batch = Batch()
            for from_s in range(day_s, day_s + DAY_S, SLOT_S):
                piece = slot(Interval(from_s, from_s + SLOT_S), whose)
                batch.bill |= piece.bill
                batch.explanation |= piece.explanation
            writer.flush(batch, day_s + DAY_S, trusted=True)
        book = PlanBook(store, plans())
        anew_ms = cpu_ms(lambda: book.open(now_s, PRESENT), wanted.rounds)
        print(f"{wanted.days} days, {wanted.apps} programs, 3 plans")
        print(f"  judged anew from the store {anew_ms:8.1f} ms CPU")
        moving = [slot(Interval(now_s + k, now_s + k + 1), whose) for k in range(_MANY)]
        moving_ms, quiet_ms = [], []
        for _ in range(wanted.rounds):
            book.open(now_s, PRESENT)
            moving_ms.append(ticks_ms(book, moving, now_s + 1))
            quiet_ms.append(ticks_ms(book, [Batch()] * _MANY, now_s + _MANY + 1))
        print(
            f"  a tick in which all moved  {statistics.median(moving_ms):8.3f} ms CPU"
        )
        print(f"  a tick in which none did   {statistics.median(quiet_ms):8.3f} ms CPU")
        print(f"floor: import sqlalchemy     {floor_ms(wanted.rounds):8.1f} ms CPU")


if __name__ == "__main__":
    main()
