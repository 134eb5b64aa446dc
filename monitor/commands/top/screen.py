"""The live screen; the only importer of Textual."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import DataTable, Footer, Input, Sparkline, Static

from monitor.commands.top.once import HEADER, total_header
from monitor.units import format_rate, format_size
from monitor.views.names import fit, visible
from monitor.views.scene import SORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from monitor.commands.top.feed import Feed
    from monitor.views.scene import Chosen, Shown

_MOST_ROWS: Final = 200
_MOST_PLANS: Final = 4
_NUMBERS: Final = 12
_MARGINS: Final = 10


class Screen(App[None]):
    """Rates and totals, every second."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #plans { height: auto; }
    #now { height: 1; }
    #rate { width: auto; padding-right: 2; }
    Sparkline { width: 1fr; height: 1; }
    DataTable { height: 1fr; }
    #needle { display: none; border: none; height: 1; padding: 0; }
    """
    BINDINGS: ClassVar = [
        Binding("a", "by('application')", "apps"),
        Binding("p", "by('process')", "processes"),
        Binding("n", "by('network')", "networks"),
        Binding("s", "sort", "sort"),
        Binding("m", "metered", "metered"),
        # Priority: else what is typed in the same breath would miss the prompt.
        Binding("slash", "find", "find", key_display="/", priority=True),
        Binding("space", "hold", "hold"),
        Binding("escape", "all", "all", show=False),
        Binding("q", "quit", "end"),
    ]

    def __init__(self, feed: Feed, chosen: Chosen) -> None:
        """Show what a daemon tells.

        Args:
            feed: the daemon.
            chosen: what the person wants to see first.
        """
        super().__init__()
        self._feed, self._chosen = feed, chosen
        self._is_held = False
        self._day = time.localtime().tm_yday
        self._reading, self._writing = os.pipe()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield Static(id="plans", markup=False)
        with Horizontal(id="now"):
            yield Static(id="rate", markup=False)
            yield Sparkline(summary_function=max)
        yield DataTable(cursor_type="row", zebra_stripes=True)
        yield Input(placeholder="names with this in them", id="needle")
        yield Footer()

    def on_mount(self) -> None:
        """Begin to listen."""
        self.title = "esimmon top"
        self._show()
        self.query_one(DataTable).focus()
        self.run_worker(self._listen, thread=True, exit_on_error=True)

    def on_unmount(self) -> None:
        """Stop listening."""
        os.close(self._writing)

    def _listen(self) -> None:
        self._feed.follow(self._heard, self._reading)
        os.close(self._reading)

    def _heard(self, tick: Mapping[str, Any]) -> None:
        self.call_from_thread(self._take, tick)

    def _take(self, tick: Mapping[str, Any]) -> None:
        today = time.localtime().tm_yday
        if today != self._day:
            self._feed.scene.begin_day()
        self._day = today
        self._feed.scene.take(tick)
        self._feed.call_applications()
        if not self._is_held:
            self._show()

    def _show(self) -> None:
        scene, chosen = self._feed.scene, self._chosen
        plans = self._feed.plan_lines()[:_MOST_PLANS]
        self.query_one("#plans", Static).update("\n".join(plans))
        rate = scene.rate(only_metered=chosen.only_metered)
        now = f"down {format_rate(rate.rx)}, up {format_rate(rate.tx)}"
        held = "held " if self._is_held else ""
        self.query_one("#rate", Static).update(f"{held}{now}")
        self.query_one(Sparkline).data = list(scene.rates)
        table = self.query_one(DataTable)
        at, scrolled = table.cursor_row, table.scroll_offset
        table.clear(columns=True)
        for label, width in zip(self._header(), self._widths(), strict=True):
            table.add_column(label, width=width)
        for row in scene.rows(chosen)[:_MOST_ROWS]:
            table.add_row(*self._cells(row))
        table.move_cursor(row=min(at, max(0, table.row_count - 1)))
        table.scroll_to(*scrolled, animate=False)

    def _widths(self) -> tuple[int, ...]:
        name = max(_NUMBERS, self.size.width - 3 * _NUMBERS - _MARGINS)
        return name, _NUMBERS, _NUMBERS, _NUMBERS

    def _header(self) -> list[Text]:
        chosen = self._chosen
        sorted_by = {
            "rate": HEADER[0],
            "total": total_header(chosen),
            "name": chosen.by,
        }
        words = (chosen.by, *HEADER, total_header(chosen))
        mark = sorted_by[chosen.sort]
        return [
            Text(
                f"{word} \u25bc" if word == mark else word,
                justify="right" if at else "left",
            )
            for at, word in enumerate(words)
        ]

    def _cells(self, row: Shown) -> list[Text]:
        name = Text(fit(visible(row.name), self._widths()[0]).rstrip())
        figures = (
            format_rate(row.rate.rx),
            format_rate(row.rate.tx),
            format_size(row.total_bytes),
        )
        style = "" if row.rate.both else "dim"
        return [name, *(Text(each, justify="right", style=style) for each in figures)]

    def on_resize(self) -> None:
        """Give the names the room that is left."""
        self._show()

    def action_by(self, by: str) -> None:
        """Show other rows."""
        self._choose(by=by)

    def action_sort(self) -> None:
        """Show them in the next order."""
        at = (SORTS.index(self._chosen.sort) + 1) % len(SORTS)
        self._choose(sort=SORTS[at])

    def action_metered(self) -> None:
        """Leave out what costs nothing, or show it again."""
        self._choose(only_metered=not self._chosen.only_metered)

    def action_hold(self) -> None:
        """Hold still, or go on."""
        self._is_held = not self._is_held
        self._show()

    def action_find(self) -> None:
        """Ask for a part of a name."""
        needle = self.query_one("#needle", Input)
        needle.display = True
        self.set_focus(needle)  # at once: what is typed next is for it

    def check_action(self, action: str, _: tuple[object, ...]) -> bool:
        """In the prompt, a slash is a slash."""
        return action != "find" or not isinstance(self.focused, Input)

    def action_all(self) -> None:
        """Show all names again."""
        needle = self.query_one("#needle", Input)
        needle.value = ""
        needle.display = False
        self.query_one(DataTable).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show names with what is typed in them."""
        self._choose(needle=event.value)

    def on_input_submitted(self) -> None:
        """Back to the rows."""
        self.query_one(DataTable).focus()

    def _choose(self, **changed: Any) -> None:  # noqa: ANN401 - a field of `Chosen`
        self._chosen = self._chosen._replace(**changed)
        self._show()
