"""Options that say what a plan is, and the keys of its file that they stand for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_R = TypeVar("_R")
_MOST_DAYS: Final = 3660

_BEGIN: Final = (
    "First day, or the instant it begins, or first_use, first_attach, purchase, "
    "install."
)
_TEXTS: Final = (
    # Options, key, placeholder, help.
    (("--size", "--quota"), "quota", "SIZE", 'Such as 5GB, or "unlimited".'),
    (("--valid",), "valid", "TIME", 'Such as "12 h", or "30 calendar days".'),
    (("--every",), "every", "TIME", 'month, week, day, or such as "30 days".'),
    (("--weekday",), "weekday", "DAY", "On which a week begins, such as Monday."),
    (("--reset-time",), "reset_time", "HH:MM", "Local time of each beginning."),
    (
        ("--from", "--starts-on"),
        *("starts_on", "TIME"),
        _BEGIN,
    ),
    (("--tz",), "tz", "ZONE", "Time zone of the plan, such as Asia/Karachi."),
    (("--iccid",), "iccid", "NUMBER", "Of its eSIM profile."),
    (("--kbps",), "kbps", "N", "Speed after the quota, with --after throttle."),
    (("--block",), "block", "SIZE", "Billed at once, with --after bill."),
    (("--price",), "price", "AMOUNT", "Of a block, with --after bill."),
    (("--tax-pct",), "tax_pct", "PERCENT", "On the price."),
    (("--max-cost",), "max_cost", "AMOUNT", "Never more than this."),
    (("--purchased-at",), "purchased_at", "TIME", "When it was bought."),
    (("--installed-at",), "installed_at", "TIME", "When its profile was installed."),
    (("--activated-at",), "activated_at", "TIME", "When it was activated."),
    (
        ("--activate-by",),
        *("activate_by", "TIME"),
        'Too late from then on: an instant, or such as "30 days" after the purchase.',
    ),
)
_CHOICES: Final = (
    (
        ("--after",),
        *("after", ("block", "throttle", "bill", "free")),
        "What happens when nothing is left.",
    ),
    (("--count",), "count", ("both", "rx", "tx"), "Which direction costs."),
    (("--month-end",), "month_end", ("clamp", "spill"), "Of a month too short."),
    (
        ("--on-deadline",),
        *("on_deadline", ("lapse", "autostart")),
        "What happens at --activate-by.",
    ),
)
_LISTS: Final = (
    (
        ("--countries", "--zones"),
        *("zones", "CODES"),
        "Where it is good: PK or 410, with commas.",
    ),
    (("--remind",), "remind", "TIMES", "So long before its end, such as 72h,24h."),
)


def term_options(function: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command the options of a plan; it gets `terms`, keys of its file.

    Args:
        function: the command.

    Returns:
        A function for `click.command`.
    """

    @functools.wraps(function)
    def command(**options: object) -> _R:
        given = {name: options.pop(name) for name in _NAMES}
        return function(terms=_keys(given), **options)

    decorated: Callable[..., _R] = command
    for option in reversed(_options()):
        decorated = option(decorated)
    return decorated


def _options() -> list[Callable[[Callable[..., _R]], Callable[..., _R]]]:
    texts = [
        click.option(*names, key, metavar=metavar, help=text)
        for names, key, metavar, text in (*_TEXTS, *_LISTS)
    ]
    choices = [
        click.option(*names, key, type=click.Choice(words), help=text)
        for names, key, words, text in _CHOICES
    ]
    numbers = [
        click.option(
            "--days",
            type=click.IntRange(1, _MOST_DAYS),
            metavar="N",
            help="It is valid for N days. Short for --valid.",
        ),
        click.option(
            "--billing-day",
            type=click.IntRange(1, 31),
            metavar="DAY",
            help="Day of the month on which it begins anew.",
        ),
        click.option(
            "--warn",
            "warn_pct",
            metavar="PERCENTS",
            help="Warn at these, such as 50,80,95.",
        ),
        click.option(
            "--rollover/--no-rollover",
            default=None,
            help="Whether what is left goes on for a cycle.",
        ),
    ]
    return [*texts, *numbers, *choices]


_NAMES: Final = (
    *(key for _, key, *_ in (*_TEXTS, *_LISTS, *_CHOICES)),
    *("days", "billing_day", "warn_pct", "rollover"),
)


def _keys(given: Mapping[str, object]) -> dict[str, object]:
    """What was given, as the file has it.

    Raises:
        BadParameter: two options say the same.
    """
    keys = {key: value for key, value in given.items() if value is not None}
    days = keys.pop("days", None)
    if days is not None:
        if "valid" in keys:
            raise click.UsageError("--days and --valid say the same.")
        keys["valid"] = f"{days} days"
    for key in ("zones", "remind"):
        if key in keys:
            keys[key] = _parts(str(keys[key]))
    if "warn_pct" in keys:
        keys["warn_pct"] = [_number(part) for part in _parts(str(keys["warn_pct"]))]
    if "kbps" in keys:
        keys["kbps"] = _number(str(keys["kbps"]))
    return keys


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(text: str) -> object:
    # What is no number is left to the check of the plan, which says what is allowed.
    return int(text) if text.isdecimal() and len(text) < 10 else text  # noqa: PLR2004
