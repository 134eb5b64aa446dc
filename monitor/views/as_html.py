"""A report as one page that needs nothing else: no network, no script, no other file.

Names from outside are escaped for a terminal first, so that nothing invisible is left,
and then for HTML; a policy in the page itself forbids it to load anything at all.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Final

from monitor.units import format_size
from monitor.views.graph import graph_of
from monitor.views.labels import columns_of, largest_of, lines_of
from monitor.views.names import visible
from monitor.views.page_style import STYLE
from monitor.views.phrases import date_text
from monitor.views.picture import permille, picture_of, share_text
from monitor.views.sentences import change_text, sentences, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.usage import Traffic
    from monitor.views.labels import Shown
    from monitor.views.report import Report

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def as_html(report: Report, now_s: int) -> str:
    """Write a report as a page.

    Args:
        report: what to write; with slices, or with rows that are parts of the period.
        now_s: UTC second at which it is written.

    Returns:
        A whole document; UTF-8.
    """
    when, _, where = title(report).partition("  ")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_text(f'Data usage, {when}')}</title>",
            f"<style>\n{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{_text(f'Data usage, {when}')}</h1>",
            f'<p class="where">{_text(where or "no interface")}</p>',
            *_figures(report),
            *graph_of(picture_of(report)),
            *_table(report),
            *_footer(report, now_s),
            "</main>",
            "</body>",
            "</html>",
        ]
    )


def _text(text: str) -> str:
    return escape(visible(text))


def _figures(report: Report) -> Iterator[str]:
    shown, permille_known = report.shown, report.coverage_permille
    figures = [
        ("Total", format_size(shown.bytes)),
        ("Down", format_size(shown.rx_bytes)),
        ("Up", format_size(shown.tx_bytes)),
    ]
    if report.question.is_narrow:
        share = share_text(shown, report.total.l3)
        figures.append(("Of everything", share))
    if report.before is not None:
        change = change_text(shown.bytes, report.before.traffic.bytes)
        figures.append(("Against the period before", change))
    if permille_known is not None:
        coverage = f"{permille_known // 10}.{permille_known % 10} %"
        figures.append(("Explained", coverage))
    yield '<dl class="figures">'
    for name, value in figures:
        yield f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>"
    yield "</dl>"


def _table(report: Report) -> Iterator[str]:
    lines = lines_of(report)
    if not lines:
        return
    names = columns_of(report)
    compares = report.question.compare
    yield '<div class="wide" tabindex="0" role="region" aria-label="Rows">'
    yield "<table>"
    yield f"<caption>By {_text(report.question.by)}</caption>"
    heads = "".join(f'<th scope="col">{_text(name)}</th>' for name in names)
    numbers = ["down", "up", "share", *(["before", "change"] if compares else [])]
    heads += "".join(f'<th scope="col" class="number">{name}</th>' for name in numbers)
    yield f'<thead><tr>{heads}<td class="bar"></td></tr></thead>'
    yield "<tbody>"
    largest = largest_of(lines)
    for line in lines:
        yield _row(line, report, largest)
    yield "</tbody>"
    before = report.before.traffic if report.before else None
    blanks = "<td></td>" * (len(names) - 1)
    cells = _numbers(report.shown, before, report)
    yield (
        f'<tfoot><tr><th scope="row">total</th>{blanks}{cells}'
        '<td class="bar"></td></tr></tfoot>'
    )
    yield "</table>"
    yield "</div>"


def _row(line: Shown, report: Report, largest: int) -> str:
    first, *others = line.label  # escaped for the terminal already
    kind = "" if line.is_owned else ' class="quiet"'
    cells = "".join(f"<td>{escape(text)}</td>" for text in others)
    bars = "" if line.is_rest else _bars(line.traffic, largest)
    return (
        f'<tr{kind}><th scope="row">{escape(first)}</th>{cells}'
        f"{_numbers(line.traffic, line.before, report)}"
        f'<td class="bar">{bars}</td></tr>'
    )


def _bars(traffic: Traffic, largest: int) -> str:
    down, up = (
        permille(part, largest) for part in (traffic.rx_bytes, traffic.tx_bytes)
    )
    return (
        f'<div><i style="width:{down / 10}%"></i><i style="width:{up / 10}%"></i></div>'
    )


def _numbers(traffic: Traffic, before: Traffic | None, report: Report) -> str:
    texts = [
        format_size(traffic.rx_bytes),
        format_size(traffic.tx_bytes),
        share_text(traffic, report.total.l3),
    ]
    if report.question.compare:
        was = None if report.before is None else (before.bytes if before else 0)
        texts.append("-" if was is None else format_size(was))
        texts.append("-" if was is None else change_text(traffic.bytes, was))
    return "".join(f'<td class="number">{_text(text)}</td>' for text in texts)


def _footer(report: Report, now_s: int) -> Iterator[str]:
    local = datetime.fromtimestamp(now_s, report.question.zone)
    yield "<footer>"
    for sentence in sentences(report):
        yield f"<p>{_text(sentence.strip())}</p>"
    yield f"<p>esimmon, {date_text(local)} {local:%H:%M}</p>"
    yield "</footer>"
