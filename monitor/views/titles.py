"""Names that people know applications by, looked up when somebody looks.

They are not stored: an application is removed, its desktop entry with it, and the
reader may speak another language than the daemon.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

from monitor.collectors.desktop_entries import Entry, collect, find_places, languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WITH_ENTRY: Final = ("desktop", "flatpak", "snap")
Entries = dict[str, Entry]


class Named(Protocol):
    """A row that has an application."""

    @property
    def application(self) -> str | None:
        """Its name."""

    @property
    def app_kind(self) -> str:
        """Its kind."""


def find_entries(rows: Iterable[Named], environ: Mapping[str, str]) -> Entries:
    """Desktop entries of the applications that have one, by their name.

    Args:
        rows: as the store has them.
        environ: of the reader: where entries are, and which languages are read.

    Returns:
        Nothing for programs, scripts and services: a file that is called `firefox` is
        not Firefox.
    """
    places, wanted = find_places(environ), languages(environ)
    names = dict.fromkeys(
        row.application for row in rows if row.app_kind in _WITH_ENTRY
    )
    found = {name: collect(name, places, wanted) for name in names if name}
    return {name: entry for name, entry in found.items() if entry is not None}


def titles_of(entries: Entries) -> dict[str, str]:
    """What people know applications by, where a desktop entry says so."""
    return {name: entry.name for name, entry in entries.items() if entry.name}


def shown_titles(entries: Entries, others: Iterable[str]) -> dict[str, str]:
    """What to call applications in a text where each must be told from the others.

    Args:
        entries: by name of the application.
        others: names of everything in the text.

    Returns:
        By name: the title alone, or with the name where two have the same title; no
        title that looks like one of the reasons, which are in parentheses.
    """
    titles = titles_of(entries)
    taken = Counter(titles.values()) + Counter(set(others) - titles.keys())
    return {
        name: title if taken[title] == 1 else f"{title} ({name})"
        for name, title in titles.items()
        if not title.startswith("(")
    }
