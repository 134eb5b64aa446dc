"""The report for people: it fits, it adds up, and a name cannot take it over."""

from __future__ import annotations

import io
import os
import pty
import re
import termios
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.store.answers import Kept
from monitor.store.queries import Gap
from monitor.usage import Interval
from monitor.views.names import columns
from monitor.views.question import SUBJECTS
from monitor.views.subjects import Part, Records
from monitor.views.table import Layout, bar, terminal_layout
from monitor.views.text import as_text
from tests.unit.views.records import DAY, bill, process, report, share, traffic

if TYPE_CHECKING:
    from monitor.views.report import Report

PLAIN = Layout()
HOSTILE = "ev\x1b[31mil\n\u202e" + b"\xff".decode("utf-8", "surrogateescape")
RECORDS = Records(
    [
        bill(
            traffic(3_150_000_000, 150_000_000),
            counter=traffic(3_200_000_000, 160_000_000),
        )
    ],
    [
        share("container:ci-runner", traffic(2_010_000_000, 20_000_000)),
        share("firefox", traffic(800_000_000, 110_000_000)),
        share(HOSTILE, traffic(210_000_000)),
        share(None, traffic(90_000_000, 10_000_000), kind="forwarded"),
        share(None, traffic(2_000_000), kind="before_start"),
    ],
    [
        process("firefox", 4321, traffic(700_000_000, 110_000_000), comm="Web Content"),
        process(HOSTILE, 99, traffic(210_000_000)),
    ],
)


def _lines(made: Report, layout: Layout = PLAIN) -> list[str]:
    return as_text(made, layout).split("\n")


def test_a_report_reads_like_this() -> None:
    assert as_text(report(RECORDS), PLAIN) == (
        "11 Jun 2025 (UTC)  wwan0\n"
        "\n"
        "application                  down       up    share\n"
        "container:ci-runner       2.01 GB  20.0 MB   61.5 %  ████████████████████\n"
        "firefox                    800 MB   110 MB   27.6 %  ████████▉\n"
        "ev\\x1b[31mil\\n\\u202e\\xff   210 MB      0 B    6.4 %  ██\n"
        "(forwarded)               90.0 MB  10.0 MB    3.0 %  ▉\n"
        "(unattributed)            38.0 MB  10.0 MB    1.5 %  ▍\n"
        "(before start)            2.00 MB      0 B    0.1 %\n"
        "total                     3.15 GB   150 MB  100.0 %\n"
        "\n"
        "= wwan0 counter: 3.20 GB down, 160 MB up; as IP packets, which is what a "
        "carrier\n"
        "  bills: 3.15 GB down, 150 MB up (estimated)\n"
        "coverage 98.5 %: 48.0 MB without a known owner\n"
        "store /data/usage.db, counted until 12 Jun 2025 00:00:00"
    )


@pytest.mark.parametrize(
    ("from_s", "to_s", "title"),
    [
        (0, 86_400, "11 Jun 2025 (UTC)"),
        (0, 3 * 86_400, "11 Jun 2025 - 13 Jun 2025 (UTC)"),
        (3600, 7261, "11 Jun 2025 01:00 - 02:01:01 (UTC)"),
        (-7200, 21_600, "10 Jun 2025 22:00 - 11 Jun 2025 06:00 (UTC)"),
        (0, 3600, "11 Jun 2025 00:00 - 01:00 (UTC)"),
    ],
)
def test_the_title_says_the_period_in_local_time(
    from_s: int, to_s: int, title: str
) -> None:
    period = Interval(DAY.from_s + from_s, DAY.from_s + to_s)
    assert _lines(report(RECORDS, period=period))[0] == f"{title}  wwan0"


def test_processes_are_shown_with_user_and_program() -> None:
    text = as_text(report(RECORDS, by="process"), Layout(width=120))
    assert re.search(
        r"^Web Content \[4321\] +\S+ +/usr/bin/firefox +00:00 +700 MB",
        text,
        re.MULTILINE,
    )
    assert "(other processes of container:ci-runner)" in text


def test_a_wide_terminal_says_when_a_process_was_at_it() -> None:
    early = process("sync", 7, traffic(5000))
    late = replace(early, interval=Interval(DAY.from_s + 4320, DAY.from_s + 17_700))
    elsewhere = replace(late, where=process("", 1, traffic(1), name="wlan0").where)
    records = Records(
        [bill(traffic(5000)), bill(traffic(5000), "wlan0")], [], [early, elsewhere]
    )
    night = as_text(report(records, by="process"), Layout(width=100))
    assert re.search(r"sync \[7\] +\S+ +/usr/bin/sync +00:00 - 04:55", night)
    assert "04:55" not in as_text(report(records, by="process"), Layout(width=80))
    week = Interval(DAY.from_s, DAY.from_s + 7 * 86_400)
    longer = as_text(report(records, by="process", period=week), Layout(width=100))
    assert re.search(r"/usr/bin/sync +11 Jun  ", longer)


@pytest.mark.parametrize("by", SUBJECTS)
@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("has_unicode", [True, False])
def test_every_line_fits_the_terminal(
    by: str, width: int, *, has_unicode: bool
) -> None:
    layout = Layout(width=width, has_unicode=has_unicode)
    parts = [Part(DAY, RECORDS.bills, RECORDS.explanation)] * 3
    records = replace(RECORDS, parts=parts, paid=parts, slice_s=86_400)
    for line in _lines(report(records, by=by), layout):
        assert columns(line) <= width, line
        assert has_unicode or line.isascii()


@given(st.text(st.characters()), st.text(st.characters()))
def test_no_name_reaches_the_terminal_unescaped(name: str, comm: str) -> None:
    records = Records(
        [bill(traffic(5000), name="wwan0" + name)],
        [share(name or "x", traffic(5000), name="wwan0" + name)],
        [process(name or "x", 7, traffic(5000), name="wwan0" + name, comm=comm)],
    )
    for by in ("application", "process", "interface"):
        for line in _lines(report(records, by=by)):
            assert line.isprintable()


def test_interfaces_and_classes_are_one_line_of_an_application() -> None:
    records = Records(
        [bill(traffic(4000)), bill(traffic(2000), "eth0")],
        [
            share("apt", traffic(1000), app_class="background"),
            share("apt", traffic(3000), app_class="interactive"),
            share("apt", traffic(2000), name="eth0"),
        ],
    )
    lines = _lines(report(records))
    assert [line for line in lines if line.startswith("apt")] == [
        "apt          6.00 kB  0 B  100.0 %  ████████████████████"
    ]
    assert "= eth0 counter: 2.00 kB down, 0 B up, all of it IP packets" in lines
    assert lines[0].endswith("eth0, wwan0")


def test_the_ways_of_a_program_are_one_line_and_reasons_name_their_device() -> None:
    records = Records(
        [bill(traffic(15_000))],
        [
            share("firefox", traffic(6000)),
            share("firefox", traffic(4000), kind="tunnel", via="wg0"),
            share("docker:ab", traffic(2000), kind="forwarded", via="docker0"),
            share(None, traffic(1500), kind="forwarded", via="ap\x1b0"),
            share("openvpn", traffic(1000), kind="tunnel_overhead", via="wg0"),
            share(None, traffic(500), kind="kernel"),
        ],
    )
    names = [line.split("  ")[0] for line in _lines(report(records))[3:8]]
    assert names == [
        "firefox",
        "docker:ab",
        "(forwarded: ap\\x1b0)",
        "(tunnel overhead: wg0)",
        "(kernel)",
    ]


def test_other_devices_are_named_and_the_total_says_what_it_is_made_of() -> None:
    records = Records(
        [bill(traffic(6000)), bill(traffic(3000), "@amina")],
        [
            share("firefox", traffic(4000)),
            share(None, traffic(2000), kind="forwarded", via="ap0"),
            share(None, traffic(3000), kind="imported", via="amina", name="@amina"),
        ],
    )
    lines = _lines(report(records, by="device"))
    assert [line.split("  ")[0] for line in lines[2:7]] == [
        "device",
        "this computer",
        "amina (imported)",
        "(forwarded: ap0)",
        "total",
    ]
    assert lines[8:11] == [
        "= wwan0 counter: 6.00 kB down, 0 B up, all of it IP packets",
        "+ @amina: 3.00 kB down, 0 B up, imported: counted by another device",
        "total 9.00 kB = 6.00 kB of this computer + 3.00 kB of other devices",
    ]


def test_a_program_that_hides_deserves_a_look() -> None:
    exe = "/tmp/.x/k\x1b (deleted)"  # noqa: S108 - where such programs are
    hidden = replace(process("kworkr", 7, traffic(9000)), exe=exe)
    records = Records(
        [bill(traffic(9500))],
        [share("kworkr", traffic(9000)), share("apt", traffic(500))],
        [hidden, process("apt", 9, traffic(500))],
    )
    said = " ".join(as_text(report(records, by="process"), PLAIN).split())
    assert (
        "kworkr is /tmp/.x/k\\x1b (deleted): a program whose file is gone in a folder "
        "for temporary files deserves a look"
    ) in said
    assert "apt is" not in said
    assert "a look" not in as_text(report(records), PLAIN)


def test_folded_rows_say_how_many_they_are() -> None:
    text = as_text(report(RECORDS, top=1), PLAIN)
    assert "(2 others)" in text
    assert "(1 other) " in as_text(report(RECORDS, top=2), PLAIN)
    assert "(forwarded)" in text
    assert "firefox" not in text


def test_a_correction_is_shown_with_its_sign() -> None:
    records = Records([bill(traffic(4000))], [share("apt", traffic(5000))])
    (line,) = (line for line in _lines(report(records)) if "over-explained" in line)
    assert line.split() == ["(over-explained)", "-1.00", "kB", "0", "B", "-25.0", "%"]


def test_gaps_are_said_and_many_of_them_are_counted() -> None:
    killed = Gap(Interval(DAY.from_s - 3000, DAY.from_s), clean=False, same_boot=True)
    stopped = tuple(
        Gap(Interval(DAY.from_s + at, DAY.from_s + at + 60), clean=True, same_boot=True)
        for at in range(0, 50_000, 10_000)
    )
    text = as_text(report(RECORDS, gaps=(killed, *stopped)), PLAIN)
    assert (
        "gap 10 Jun 2025 23:10 - 11 Jun 2025 00:00 (50 min): daemon killed, or no "
        "power\n"
        "gap 11 Jun 2025 00:00 - 00:01 (1 min): daemon stopped\n"
        "gap 11 Jun 2025 02:46 - 02:47 (1 min): daemon stopped\n"
        "and 3 more gaps (all of them: --json)\n"
    ) in text


@pytest.mark.parametrize(
    ("records", "recorded", "sentence"),
    [
        (
            Records([]),
            None,
            "Nothing is recorded yet. Start counting with: esimmon run",
        ),
        (
            Records([]),
            DAY,
            "Nothing is recorded of billed interfaces in this period; re",
        ),
        (Records([bill(traffic(0))]), DAY, "No bytes were moved in this period."),
    ],
)
def test_an_empty_report_says_why_and_what_to_do(
    records: Records, recorded: Interval | None, sentence: str
) -> None:
    text = as_text(report(records, recorded=recorded), PLAIN)
    assert sentence in text
    assert "store /data/usage.db" in text
    assert "total" not in text


def test_colour_is_only_around_what_is_written_anyway() -> None:
    plain = as_text(report(RECORDS), PLAIN)
    coloured = as_text(report(RECORDS), Layout(has_colour=True))
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\dm", "", coloured) == plain


@pytest.mark.parametrize(
    ("permille", "drawn"),
    [(1000, "█" * 8), (0, ""), (-5, ""), (2000, "█" * 8), (500, "█" * 4), (16, "▏")],
)
def test_a_bar_is_as_long_as_its_share(permille: int, drawn: str) -> None:
    assert bar(permille, 8, PLAIN) == drawn
    assert bar(permille, 8, Layout(has_unicode=False)) == "#" * drawn.count("█")


def test_a_pipe_gets_80_columns_without_colour() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert terminal_layout(stream, {}) == Layout(80, has_unicode=False)
    assert terminal_layout(stream, {"COLUMNS": "132"}).width == 132
    assert terminal_layout(stream, {"COLUMNS": "1"}).width == 40
    assert terminal_layout(None, {}) == PLAIN


def test_a_terminal_gets_its_width_and_colour_unless_it_says_no() -> None:
    first, second = pty.openpty()
    with os.fdopen(first, "rb"), os.fdopen(second, "w", encoding="utf-8") as stream:
        termios.tcsetwinsize(second, (24, 101))
        assert terminal_layout(stream, {}) == Layout(101, has_colour=True)
        assert not terminal_layout(stream, {"NO_COLOR": "1"}).has_colour
        assert not terminal_layout(stream, {"TERM": "dumb"}).has_colour
        termios.tcsetwinsize(second, (0, 0))
        assert terminal_layout(stream, {}).width == 80


@pytest.mark.parametrize("has_unicode", [True, False])
def test_the_sum_has_its_course_in_time_beside_it(*, has_unicode: bool) -> None:
    parts = [
        Part(
            Interval(DAY.from_s + at * 7200, DAY.from_s + (at + 1) * 7200),
            [bill(traffic(rx_bytes))],
        )
        for at, rx_bytes in enumerate([0, 1, 4000, 8000, 1000])
    ]
    records = replace(RECORDS, parts=parts, slice_s=7200)
    lines = _lines(report(records), Layout(has_unicode=has_unicode))
    (sums,) = (line for line in lines if line.startswith("total"))
    assert sums.endswith(" ▁▄█▁" if has_unicode else " .=@.")
    assert lines[lines.index(sums) + 1] == (
        "in time: 2 h a column from 11 Jun 2025 00:00, at most 8.00 kB (11 Jun 06:00)"
    )


def test_two_columns_are_no_course_of_anything() -> None:
    parts = [Part(DAY, RECORDS.bills)] * 2
    assert "in time" not in as_text(report(replace(RECORDS, parts=parts)), PLAIN)


def test_parts_of_a_period_have_their_sum_and_average_rate() -> None:
    hours = [
        Part(Interval(at_s, at_s + 3600), [bill(traffic(3_600_000, 360_000))])
        for at_s in (DAY.from_s, DAY.from_s + 3600)
    ]
    records = Records([bill(traffic(7_200_000, 720_000))], parts=hours)
    # Of the second hour only the first half was counted.
    recorded = Interval(DAY.from_s, DAY.from_s + 5400)
    lines = _lines(report(records, by="hour", recorded=recorded))
    assert [line.split("  ")[-3:-1] for line in lines[3:5]] == [
        ["1.10 kB/s", " 50.0 %"],
        ["2.20 kB/s", " 50.0 %"],
    ]
    assert lines[5].split()[-4:] == ["1.47", "kB/s", "100.0", "%"]


def test_the_largest_parts_stand_first_when_only_these_are_wanted() -> None:
    parts = [
        Part(
            Interval(DAY.from_s + at * 3600, DAY.from_s + (at + 1) * 3600),
            [bill(traffic(rx_bytes))],
        )
        for at, rx_bytes in enumerate([1000, 5000, 3000, 500])
    ]
    records = Records([bill(traffic(9500))], parts=parts)
    lines = _lines(report(records, by="hour", top=2))[3:7]
    assert [line[:18].strip() for line in lines] == [
        "11 Jun 2025 01:00",
        "11 Jun 2025 02:00",
        "(2 others)",
        "total",
    ]
    assert "█" not in lines[2]


@pytest.mark.parametrize(
    ("by", "label"),
    [
        ("5min", "11 Jun 2025 00:00"),
        ("day", "Wed 11 Jun 2025"),
        ("week", "11 Jun 2025"),
        ("month", "Jun 2025"),
        ("year", "2025"),
    ],
)
def test_parts_of_a_period_are_named_as_people_do(by: str, label: str) -> None:
    records = Records(RECORDS.bills, parts=[Part(DAY, RECORDS.bills)])
    assert _lines(report(records, by=by))[3].startswith(f"{label}  ")


BEFORE = Interval(DAY.from_s - 86_400, DAY.from_s)


def test_the_period_before_is_in_one_sentence() -> None:
    old = Records([bill(traffic(2_500_000_000))])
    text = as_text(report(RECORDS, before=BEFORE, old=old), PLAIN)
    assert "\nbefore, 10 Jun 2025 (UTC): 2.50 GB; now +32 %\n" in text
    assert "change" not in text


def test_each_row_can_stand_beside_what_it_was() -> None:
    old = Records(
        [bill(traffic(1_900_000_000))],
        [share("firefox", traffic(1_820_000_000)), share("gone", traffic(80_000_000))],
    )
    made = report(RECORDS, before=BEFORE, old=old, compare=True)
    lines = _lines(made)
    changes = {line.split("  ")[0]: line for line in lines[3:11]}
    assert " -50 % " in changes["firefox"]
    assert " new " in changes["container:ci-runner"]
    assert changes["gone"].split()[1:] == ["0", "B", "0", "B", "0.0", "%", "-100", "%"]
    assert " +74 %" in changes["total"]
    assert all(columns(line) <= 80 for line in lines)


def test_without_a_period_before_there_is_nothing_to_compare_with() -> None:
    text = as_text(report(RECORDS, before=BEFORE, compare=True), PLAIN)
    assert "nothing to compare with: the period before was not counted" in text


def test_an_unfinished_period_is_followed_to_its_end() -> None:
    text = as_text(report(RECORDS, until_s=DAY.from_s + 43_200), PLAIN)
    assert "\nat this pace 6.60 GB by the end of 11 Jun 2025\n" in text
    # Counted for a quarter of the day only, and so twice as fast.
    recorded = Interval(DAY.from_s + 21_600, DAY.to_s)
    made = report(RECORDS, until_s=DAY.from_s + 43_200, recorded=recorded)
    assert "\nat this pace 9.90 GB by" in as_text(made, PLAIN)


@pytest.mark.parametrize("until_s", [None, DAY.from_s + 8000, DAY.to_s - 60])
def test_no_pace_is_made_of_a_beginning_or_of_what_is_as_good_as_over(
    until_s: int | None,
) -> None:
    assert "at this pace" not in as_text(report(RECORDS, until_s=until_s), PLAIN)


def test_where_rows_are_finer_than_what_is_kept_it_is_said() -> None:
    parts = [Part(DAY, RECORDS.bills)]
    kept = Kept(DAY.to_s, DAY.from_s - 100 * 86_400)
    made = replace(report(replace(RECORDS, parts=parts), by="5min"), kept=kept)
    sentence = (
        "before 12 Jun 2025 usage is kept by the hour: rows there are equal parts"
    )
    assert sentence in as_text(made, PLAIN)
    by_hour = replace(made, question=replace(made.question, by="hour"))
    assert "is kept by" not in as_text(by_hour, PLAIN)


def test_a_report_of_one_network_says_which_part_of_everything_it_is() -> None:
    records = replace(RECORDS, billed=traffic(6_600_000_000))
    text = as_text(report(records, metered=True), PLAIN)
    assert "this is 50.0 %; all billed interfaces together moved 6.60 GB down" in text


@pytest.mark.parametrize(
    ("environ", "has_unicode"),
    [
        ({}, True),
        ({"LC_ALL": "C"}, False),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, False),
        ({"LC_ALL": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "C.utf8"}, True),
        ({"TERM": "dumb"}, False),
    ],
)
def test_blocks_are_drawn_only_where_they_can_be_read(
    environ: dict[str, str], *, has_unicode: bool
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert terminal_layout(stream, environ).has_unicode is has_unicode
