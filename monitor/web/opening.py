"""A browser is shown the address, and no other user of the machine is.

The arguments of a program are there for everybody to see, and the address has the
token: so the browser is given a file that only this user can read, which leads on.
"""

from __future__ import annotations

import html
import os
import tempfile
import threading
import webbrowser
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>esimmon</title><meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<p><a href="{address}">esimmon</a></p></html>
"""


@contextmanager
def way_to(address: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """A file that leads to an address, for this user alone.

    Args:
        address: with the token.
        environ: `XDG_RUNTIME_DIR` is in memory, and this user's.

    Yields:
        The file; it is gone afterwards.
    """
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    folder = runtime if runtime.startswith("/") and Path(runtime).is_dir() else None
    # Made with mode 0600, under a name that nobody can guess.
    descriptor, name = tempfile.mkstemp(".html", "esimmon-web-", folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_PAGE.format(address=html.escape(address)))
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def show(path: Path, otherwise: Callable[[], None]) -> None:
    """Ask the desktop for its browser; does not wait for it.

    Args:
        path: of `way_to`.
        otherwise: called when there is none.
    """

    def ask() -> None:
        if not webbrowser.open(path.as_uri()):
            otherwise()

    # One of the terminal is waited for by the library until it ends.
    threading.Thread(target=ask, daemon=True).start()
