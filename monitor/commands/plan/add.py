"""`esimmon plan add`: write down what was bought."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import click

from monitor import clock
from monitor.commands.plan.filing import (
    open_folder,
    refuse_name,
    say,
    show_file,
    with_places,
)
from monitor.commands.plan.term_options import term_options
from monitor.config.network_values import UUID
from monitor.config.plans import PlanTable
from monitor.config.writing import table_lines
from monitor.errors import ConfigError, UsageError
from monitor.views.plan_lines import bound_to, plan_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.commands.plan.filing import Folder, Places
    from monitor.config.contracts import Configured

_ANY: Final = "any"
_NAMELESS: Final = "localtime"  # a zone that has a file, but no name


@click.command("add")
@click.argument("plan_id", metavar="ID")
@term_options
@click.option(
    "--bind",
    "bind",
    metavar="INTERFACE",
    multiple=True,
    help='Interface that it pays for, or a pattern such as "wwan*" (repeatable).',
)
@click.option(
    "--wifi",
    "wifi",
    metavar="NAME",
    multiple=True,
    help="Wi-Fi network that it pays for, or the UUID of a connection (repeatable).",
)
@click.option(
    "--tether",
    "tether",
    metavar="HOW",
    multiple=True,
    help="Phones that it pays for: by usb, bluetooth, wifi or ethernet, of a maker "
    "such as apple, or any (repeatable).",
)
@click.option("--dry-run", is_flag=True, help="Show the file, and write nothing.")
@with_places
def command(  # noqa: PLR0913 - one argument an option
    *,
    plan_id: str,
    terms: Mapping[str, object],
    bind: tuple[str, ...],
    wifi: tuple[str, ...],
    tether: tuple[str, ...],
    dry_run: bool,
    places: Places,
) -> None:
    """Write down the plan ID, in a file that you can read and edit.

    It pays for the SIM of its --iccid, and for what --wifi, --tether and --bind name.

    \b
    esimmon plan add home --size 10GB --every month --billing-day 5 --bind "wwan*"
    esimmon plan add pk --size 5GB --days 7 --from 2025-06-10T11:00 --tz Asia/Karachi
    esimmon plan add trip --size 3GB --days 30 --from first_use --countries PK,AE
    esimmon plan add phone --size 20GB --every month --wifi "Anna's iPhone" --tether usb
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    refuse_name(plan_id)
    if not {"every", "valid"} & terms.keys():
        raise UsageError("how long does it last? Give --days N, or --every month.")
    with open_folder(places, for_change=not dry_run) as folder:
        place = folder.place_of(plan_id)
        if place is not None:
            raise ConfigError(
                f'the plan "{plan_id}" is there already: {place}. To change it: '
                f"esimmon plan edit {plan_id}"
            )
        text = _file(plan_id, terms, _match(wifi, tether, bind), folder.zone)
        configured = folder.checked({plan_id: text})
        if dry_run:
            show_file(text)
        else:
            folder.write({plan_id: text})
        for line in _said(plan_id, configured, folder):
            say(line)


def _match(
    wifi: tuple[str, ...], tether: tuple[str, ...], bind: tuple[str, ...]
) -> dict[str, object]:
    """What the plan pays for, as the file has it."""
    is_any = _ANY in tether
    found: dict[str, object] = {
        "uuid": [each for each in wifi if UUID.fullmatch(each.strip().lower())],
        "ssid": [each for each in wifi if not UUID.fullmatch(each.strip().lower())],
        "tether": is_any or list(tether),
        "interface": list(bind),
    }
    return {key: value for key, value in found.items() if value}


def _file(
    plan_id: str, terms: Mapping[str, object], match: dict[str, object], zone: ZoneInfo
) -> str:
    """The text of a new file."""
    table: dict[str, object] = {"id": plan_id, **terms}
    if "valid" in terms and not {"starts_on", "activated_at"} & terms.keys():
        table["starts_on"] = _today(str(terms.get("tz", "")), zone)
    if "tz" not in terms and zone.key != _NAMELESS:
        table["tz"] = zone.key  # the plan's days stay where they are when one travels
    table = {key: table[key] for key in PlanTable.__struct_fields__ if key in table}
    if match:
        table["match"] = match
    lines = [
        "# A plan of esimmon; all keys: config.example.toml, [[plan]]. Change it here,",
        f"# or with: esimmon plan edit {plan_id}",
        *table_lines(table),
    ]
    return "\n".join([*lines, ""])


def _today(tz: str, machine: ZoneInfo) -> str:
    try:
        zone = ZoneInfo(tz) if tz else machine
    except (KeyError, ValueError, OSError):
        zone = machine  # the check of the plan says what is wrong with it
    return datetime.fromtimestamp(clock.now_s(), zone).date().isoformat()


def _said(
    plan_id: str, configured: tuple[Configured, ...], folder: Folder
) -> list[str]:
    made = next(each for each in configured if each.plan.id == plan_id)
    line = plan_line(made, folder.viewer)
    if made.bindings.is_any:
        return [line]
    # The likeliest interface: one that another plan pays for already.
    others = (name for each in configured for name in bound_to(each.bindings))
    iface = next((name for name in others if name.isalnum()), "wwan0")
    return [f"{line} Not bound yet: esimmon plan bind {plan_id} {iface}"]
