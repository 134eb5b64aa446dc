"""Names from outside on a terminal: harmless, and as wide as they look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.views.names import columns, fit, visible


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("firefox", "firefox"),
        ("Wörter 東京", "Wörter 東京"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b31m", "\\x9b31m"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0041tag", "\\U000e0041tag"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
        ("\ud800", "\\ud800"),
        ("line\u2028sep", "line\\u2028sep"),
        ("dev-by\\x2duuid.swap", "dev-by\\x2duuid.swap"),
        ("[bold]<b>&", "[bold]<b>&"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(name: str, shown: str) -> None:
    assert visible(name) == shown


@given(st.text(st.characters()))
def test_any_name_becomes_printable_and_utf_8(name: str) -> None:
    shown = visible(name)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode() == shown


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("東京", 4),
        ("e\u0301", 1),
        ("ｱ", 1),
        ("\uff21", 2),
        ("", 0),
        ("é", 1),
    ],
)
def test_columns_are_counted_as_a_terminal_does(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 5, "abcd…"),
        ("東京都", 5, "東京…"),
        ("東京都", 4, "東… "),
        ("abcde", 5, "abcde"),
    ],
)
def test_a_name_is_cut_and_padded_by_what_it_takes(
    text: str, width: int, fitted: str
) -> None:
    assert fit(text, width) == fitted


@given(st.text(st.characters()), st.integers(min_value=3, max_value=30))
def test_a_fitted_name_takes_exactly_its_width(name: str, width: int) -> None:
    for ellipsis in ("…", "..."):
        assert columns(fit(visible(name), width, ellipsis)) == width


def test_a_stack_of_combining_marks_does_not_grow_without_end() -> None:
    assert len(fit("a" + "\u0301" * 10_000, 10)) <= 60
