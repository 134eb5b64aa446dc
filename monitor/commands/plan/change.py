"""`esimmon plan change PLAN`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from monitor.commands.plan.noting import with_entry
from monitor.commands.plan.values import SIZE
from monitor.errors import UsageError
from monitor.plans.entries import PlanChange
from monitor.plans.offers import Bucket
from monitor.plans.refusals import read
from monitor.plans.values import Name
from monitor.views.plan_verbs import changed

if TYPE_CHECKING:
    from monitor.commands.plan.noting import Noting
    from monitor.plans.values import Bytes

    Mode = Literal["next_cycle", "immediate_reset", "immediate_keep"]

_MODES: Final[dict[str, Mode]] = {
    "next-cycle": "next_cycle",
    "now-reset": "immediate_reset",
    "now-keep": "immediate_keep",
}
_LARGEST_BYTES: Final = 1_000_000


@click.command("change")
@with_entry
@click.option("--size", type=SIZE, help='The new size of its bucket "main".')
@click.option(
    "--buckets",
    "file",
    metavar="FILE",
    help="All its new buckets, as [[bucket]] in a TOML file.",
)
@click.option(
    "--when",
    type=click.Choice(list(_MODES)),
    default="next-cycle",
    show_default=True,
    help="At the next cycle; or now, with a new allowance (now-reset) or with what was "
    "used (now-keep).",
)
def command(noting: Noting, *, size: Bytes | None, file: str | None, when: str) -> None:
    """Note that the operator sells PLAN with other data from now on.

    \b
    esimmon plan change home --size 20GB
    esimmon plan change home --size 20GB --when now-keep
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if (size is None) == (file is None):
        raise UsageError("what does it have now? Give --size or --buckets.")
    buckets = _buckets_in(file) if file is not None else (Bucket(Name("main"), size),)
    entry = PlanChange(**noting.stamp, mode=_MODES[when], buckets=buckets)
    noting.write(entry, changed)


def _buckets_in(name: str) -> tuple[Bucket, ...]:
    """The buckets of a file.

    Raises:
        UsageError: it cannot be read, or has none.
        RefusedError: a bucket in it is not allowed.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}.") from error
    if len(content) > _LARGEST_BYTES:
        raise UsageError(f"{name}: too large, at most {_LARGEST_BYTES:,} bytes.")
    try:
        found = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not TOML: {error}.") from error
    if list(found) != ["bucket"] or not found["bucket"]:
        raise UsageError(f"{name}: must have [[bucket]] tables, and nothing else.")
    buckets = read(found["bucket"], tuple[Bucket, ...], f"{name}: bucket")
    ids = [bucket.id for bucket in buckets]
    if len(set(ids)) < len(ids):
        raise UsageError(f"{name}: two buckets have the same id.")
    return buckets
