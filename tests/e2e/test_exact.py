"""Every process with the bytes of the wire, and a bill that is the counter itself."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from tests.e2e.places import root_in
from tests.e2e.truth import (
    NOTHING,
    TRAFFIC,
    adds_up,
    billed,
    moved,
    of_process,
    of_reason,
    raw,
    transfer,
)
from tests.lab import Both
from tests.load import make_load, next_line
from tests.wire import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.daemon import Esimmon
    from tests.e2e.places import Place
    from tests.lab import Lab

# The SYN, SYN-ACK and ACK of an accepted connection belong to the listening socket.
HANDSHAKE = Both(Way(112, 2), Way(60, 1))
WORKERS = 4


def test_every_process_of_a_mix_has_the_bytes_of_the_wire(
    any_lab: Lab, make: Callable[[Place], Esimmon]
) -> None:
    esimmon = make(root_in(any_lab.near))
    before = raw(any_lab.near)
    daemon = esimmon.start()
    works = make_load(any_lab)
    any_lab.wire()
    report = esimmon.report()

    for work in works:
        pids = [pid for _, pid in work.processes]
        assert of_process(report, *pids) == any_lab.port(work.port), work.name
        named = {row["pid"]: row["comm"] for row in report["rows"] if row["pid"]}
        assert {pid: named[pid] for pid in pids} == {p: n for n, p in work.processes}
    assert of_reason(report, "other-processes") == NOTHING
    assert adds_up(report)
    assert daemon.stop() == 0
    # Super-packets are counted once by the driver: so is the raw bill.
    assert billed(esimmon.report()) == raw(any_lab.near) - before


def test_of_a_server_only_the_handshakes_are_not_its_workers(
    lab: Lab, esimmon: Esimmon
) -> None:
    port, near = 7799, lab.address["near4"]
    esimmon.start()
    server = lab.near.traffic("serve_preforked", near, port, WORKERS, "front")
    workers = [int(word) for word in next_line(server).split()]
    clients = [lab.far.traffic("transfer", near, port, 1, 1) for _ in range(WORKERS)]
    for process in (*clients, server):
        assert process.wait() == 0
    lab.wire()

    report = esimmon.report()
    assert of_process(report, server.pid, *workers) == lab.port(port)
    assert of_process(report, server.pid) == Both(
        *(Way(way.bytes * WORKERS, way.packets * WORKERS) for way in HANDSHAKE)
    )


def test_the_bill_is_the_counter_of_the_interface_to_the_byte(
    lab: Lab, esimmon: Esimmon
) -> None:
    before = raw(lab.near)
    daemon = esimmon.start()
    _, wire = transfer(lab, up=3_000_000, down=5_000_000)

    report = esimmon.report("interface")
    counted = raw(lab.near) - before
    assert billed(report) == counted
    # Layer 3 by default values: 14 bytes a packet less, exact where nothing is joined.
    assert report["l3"] == "exact"
    assert moved(report["interfaces"]) == wire

    assert daemon.stop() == 0
    assert billed(esimmon.report()) == counted


def test_rows_add_up_and_json_and_csv_agree_by_every_subject(
    lab: Lab, esimmon: Esimmon
) -> None:
    daemon = esimmon.start()
    transfer(lab, up=100_000, down=2_000_000, comm="lab-csv")
    ping = lab.far.datagrams("ping", lab.address["near4"], "dgram", 5, 500)
    assert ping.wait() == 0
    lab.wire()
    assert daemon.stop() == 0

    subjects = ("application", "process", "interface", "user", "class", "hour", "day")
    reports = {by: esimmon.report(by) for by in subjects}
    whole = moved(reports["process"]["interfaces"])
    for by, report in reports.items():
        assert adds_up(report), by
        assert moved(report["rows"]) == whole, by
    for by in ("process", "day"):
        rows = _as_csv(esimmon, by)
        assert moved(rows) == whole
        assert len(rows) == len(reports[by]["rows"])
    # The kernel answers a ping by itself, 5 times 20 + 8 + 500 bytes; the question
    # reached no socket, so nobody saw it.
    report = reports["application"]
    assert of_reason(report, "kernel") == Both(Way(0, 0), Way(2640, 5))
    assert of_reason(report, "unattributed") == Both(Way(2640, 5), Way(0, 0))
    assert report["interfaces"][0]["coverage_pct"] == 99.9


def _as_csv(esimmon: Esimmon, by: str) -> list[dict[str, Any]]:
    done = esimmon.call(
        *("report", "--by", by, "--csv", "--period", "2020-01-01..2099-12-31")
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(done.stdout)))
    for row in rows:
        row.update({name: int(row[name]) for name in TRAFFIC})
    return rows


def test_a_process_that_renamed_itself_has_its_last_name(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.start()
    far, port = lab.address["far4"], 7798
    server = lab.far.traffic("serve", far, port, 3)
    next_line(server)
    client = lab.near.traffic(
        "transfer_renamed", far, port, 10_000, "first,second,third"
    )
    assert (client.wait(), server.wait()) == (0, 0)

    report = esimmon.report()
    assert of_process(report, client.pid) == lab.port(port)
    names = {row["comm"] for row in report["rows"] if row["pid"] == client.pid}
    assert names == {"third"}


def test_two_daemons_with_two_stores_count_the_same(
    lab: Lab, root: Place, make: Callable[[Place], Esimmon]
) -> None:
    both = [make(root), make(root)]
    first, second = (each.start() for each in both)
    pid, wire = transfer(lab, up=100_000, down=300_000)
    for each in both:
        assert of_process(each.report(), pid) == wire
    assert first.stop() == 0
    pid, wire = transfer(lab, down=300_000)
    assert of_process(both[1].report(), pid) == wire
    assert second.stop() == 0
