"""Sizes, durations and rates: the rule of each text, and its exactness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.units import (
    exact_duration,
    exact_size,
    format_count,
    format_duration,
    format_rate,
    format_share,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("3GB", 3_000_000_000),
        ("3 GiB", 3 * 1024**3),
        ("3 gib", 3 * 1024**3),
        ("2.25 MB", 2_250_000),
        ("1.5 Ki", 1536),
        ("7t", 7 * 10**12),
        ("42", 42),
        ("42 b", 42),
        ("1 BYTE", 1),
        ("0", 0),
        ("007 kB", 7000),
        ("2,500,000 B", 2_500_000),
        ("12,000.5 kB", 12_000_500),
        ("\t 8 \tMB\t ", 8_000_000),
        ("1.50000 kB", 1500),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9007199254740.993 kB", 9_007_199_254_740_993),
    ],
)
def test_a_size_is_read_exactly(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "MB",
        "+1 MB",
        "-1 MB",
        "1e6",
        ".5 MB",
        "5. MB",
        "1.2.3 MB",
        "1,23 MB",
        "1234,567",
        "12,34,567",
        ",500 MB",
        "0,500 MB",
        "1 ib",
        "1 i",
        "5 mbit",
        "5 mb/s",
        "1 M B",
        "1 0 MB",
        "0.5 B",
        "0.3 KiB",
        "5 PB",
        "1_000",
        "0x10",
        "5 GB\n",
        "\uff15 GB",
        "\u0665 GB",
        "1 \u212aB",
        "1 byte\u017f",
        "1\u00a0GB",
        "9" * 5000,
    ],
)
def test_what_is_not_a_whole_number_of_bytes_is_refused(text: str) -> None:
    assert parse_size(text) is None


def test_a_prefix_without_i_follows_the_operators_base() -> None:
    assert parse_size("2 GB", unit_base=1024) == 2 * 1024**3
    assert parse_size("2 GiB", unit_base=1024) == 2 * 1024**3
    assert parse_size("0.7 KB", unit_base=1024) is None


@given(st.text())
def test_any_text_is_a_size_or_refused_and_never_an_error(text: str) -> None:
    size_bytes = parse_size(text)
    assert size_bytes is None or size_bytes >= 0


@given(st.integers(min_value=0, max_value=10**30))
def test_an_exact_size_is_read_back_as_the_same_number(size_bytes: int) -> None:
    assert parse_size(exact_size(size_bytes)) == size_bytes


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [
        ("30 days", 2_592_000),
        ("1 day", 86_400),
        ("10 s", 10),
        ("10s", 10),
        (" 5  min ", 300),
        ("12 h", 43_200),
        ("2 weeks", 1_209_600),
        ("90 minutes", 5400),
        ("3 d", 259_200),
        ("0 s", 0),
    ],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, duration_s: int) -> None:
    assert parse_duration(text) == duration_s


@pytest.mark.parametrize(
    "text",
    ["", "10", "days", "1.5 h", "-1 s", "10 m", "1 month", "2h30min", "1 H", "1 s\n"],
)
def test_a_duration_that_could_be_misread_is_refused(text: str) -> None:
    assert parse_duration(text) is None


@given(st.integers(min_value=0, max_value=10**10))
def test_an_exact_duration_is_read_back_as_the_same_number(duration_s: int) -> None:
    assert parse_duration(exact_duration(duration_s)) == duration_s


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (99_950, "100 kB"),
        (540_000_000, "540 MB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (4_900_000_000, "4.90 GB"),
        (123_456_000_000, "123.46 GB"),
        (999_995_000_000, "1.00 TB"),
        (-1_230_000_000, "-1.23 GB"),
        (1_234_567 * 10**18, "1234567.00 EB"),
    ],
)
def test_a_size_for_people_has_a_unit_and_is_rounded_once(
    size_bytes: int, text: str
) -> None:
    assert format_size(size_bytes) == text


@given(st.integers(min_value=-(10**20), max_value=10**20))
def test_a_shown_size_is_within_one_percent_of_the_truth(size_bytes: int) -> None:
    number, unit = format_size(size_bytes).split(" ")
    power = ("B", "kB", "MB", "GB", "TB", "PB", "EB").index(unit)
    assert abs(float(number) * 1000**power - size_bytes) <= abs(size_bytes) / 100


def test_rates_counts_shares_and_durations_are_written_for_people() -> None:
    assert format_rate(5_900_000) == "5.90 MB/s"
    assert format_count(1_234_567) == "1,234,567"
    assert format_share(61_549, 100_000) == "61.5"
    assert format_share(1, 2000) == "0.1"
    assert format_share(-1, 10**9) == "0.0"
    assert format_share(-5, 10) == "-50.0"
    assert [format_duration(s) for s in (0, 42, 300, 33_660, 86_400, 273_605)] == [
        "0 s",
        "42 s",
        "5 min",
        "9 h 21 min",
        "1 day",
        "3 days 4 h",
    ]
