"""Applications by the names that people know, without mixing two of them up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.collectors.desktop_entries import Entry
from monitor.views.subjects import Records
from monitor.views.table import Layout
from monitor.views.text import as_text
from monitor.views.titles import find_entries, shown_titles
from tests.unit.views.records import bill, report, share, traffic

if TYPE_CHECKING:
    from pathlib import Path


def entry(name: str) -> Entry:
    """The desktop entry of an application with this title."""
    return Entry("x", name, "", no_display=False, autostart=False)


def test_entries_are_those_of_the_reader(tmp_path: Path) -> None:
    folder = tmp_path / "applications"
    folder.mkdir()
    for name in ("org.mozilla.firefox", "firefox", "curl"):
        text = f"[Desktop Entry]\nName={name} in English\nName[de]={name} auf Deutsch\n"
        (folder / f"{name}.desktop").write_text(text)
    rows = [
        replace(share(name, traffic(1)), app_kind=kind)
        for name, kind in (
            ("org.mozilla.firefox", "desktop"),
            ("org.gone", "flatpak"),
            ("firefox", "executable"),
            ("curl", "script"),
        )
    ]
    environ = {"XDG_DATA_HOME": str(tmp_path), "LANG": "de_DE.UTF-8"}
    found = find_entries([*rows, share(None, traffic(1), kind="kernel")], environ)
    assert {name: each.name for name, each in found.items()} == {
        "org.mozilla.firefox": "org.mozilla.firefox auf Deutsch"
    }


def test_two_of_one_title_keep_their_names_and_none_looks_like_a_reason() -> None:
    entries = {
        "org.mozilla.firefox": entry("Firefox"),
        "snap:firefox": entry("Firefox"),
        "org.kde.kate": entry("Kate"),
        "org.evil": entry("curl"),
        "org.worse": entry("(unattributed)"),
        "org.empty": entry(""),
    }
    assert shown_titles(entries, [*entries, "curl"]) == {
        "org.mozilla.firefox": "Firefox (org.mozilla.firefox)",
        "snap:firefox": "Firefox (snap:firefox)",
        "org.kde.kate": "Kate",
        "org.evil": "curl (org.evil)",
    }


def test_a_text_has_titles_and_escapes_them() -> None:
    records = Records(
        [bill(traffic(3000))],
        [share("org.kde.kate", traffic(2000)), share("org.x", traffic(1000))],
    )
    made = replace(
        report(records),
        entries={"org.kde.kate": entry("Kate"), "org.x": entry("\x1b[31mX")},
    )
    text = as_text(made, Layout())
    assert "Kate  " in text
    assert "org.kde.kate" not in text
    assert "\\x1b[31mX" in text
    assert "\x1b" not in text


def test_a_text_by_class_has_a_line_for_each() -> None:
    records = Records(
        [bill(traffic(3000))],
        [
            share("x", traffic(2000), app_class="background"),
            share("y", traffic(1000), app_class="interactive"),
        ],
    )
    lines = as_text(report(records, by="class"), Layout()).splitlines()
    assert [line.split()[0] for line in lines[2:5]] == [
        "class",
        "background",
        "interactive",
    ]
