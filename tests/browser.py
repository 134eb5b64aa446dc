"""Debian's Chromium without a window: what a page shows, asks for and complains of.

Playwright drives it, by the path of Debian's program; axe-core says what a reader with
a screen reader or a keyboard could not use. Tests that open it are marked
`needs("chromium")`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

DESKTOP: Final = (1280, 900)
PHONE: Final = (390, 844)
_PROGRAM: Final = "/usr/bin/chromium"
_ARGUMENTS: Final = (
    "--no-sandbox",  # tests run as root, where there is none
    "--disable-dev-shm-usage",  # in a container /dev/shm may be small
)
_RULES: Final = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(each => [each.id, each.help, each.nodes.map(node => node.target.join(" "))])
"""


@dataclass
class Witness:
    """What a page did beside showing something.

    Attributes:
        requests: addresses it asked for, in order.
        complaints: errors and warnings of its scripts, of its policy, of the network.
    """

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Hear of everything from now on.

        Args:
            page: before it goes anywhere.
        """
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def chromium(home: Path) -> Iterator[Browser]:
    """Start the browser.

    Args:
        home: an empty folder for whatever it wants to keep.

    Yields:
        It; all its pages are closed with it.
    """
    environ: dict[str, str | float | bool] = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "PATH": "/usr/bin:/bin",
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_PROGRAM, args=[*_ARGUMENTS], env=environ
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def blank_page(
    browser: Browser,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    **context: Any,  # noqa: ANN401 - Playwright's own
) -> Iterator[tuple[Page, Witness]]:
    """A page that knows nothing of others.

    Args:
        browser: where.
        size: width and height in CSS pixels.
        scheme: which colours its reader prefers.
        context: of `Browser.new_context`, such as `timezone_id`.

    Yields:
        The page, and what it does.
    """
    width, height = size
    around = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, **context
    )
    try:
        page = around.new_page()
        witness = Witness()
        witness.watch(page)
        yield page, witness
    finally:
        around.close()


def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds wrong with a page as it is now.

    Args:
        page: that has been shown.

    Returns:
        A sentence for each rule that is broken, with where; none for a good page.
    """
    # Evaluated from outside: a policy of the page against foreign scripts stays.
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found: list[tuple[str, str, list[str]]] = page.evaluate(_RULES)
    return [f"{rule}: {text}: {', '.join(where)}" for rule, text, where in found]
