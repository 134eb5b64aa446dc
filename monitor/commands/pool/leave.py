"""`esimmon pool leave`: this device shares no more."""

from __future__ import annotations

import click

from monitor.commands.options import config_option, store_option
from monitor.commands.pool.settling import find_place, say
from monitor.errors import ConfigError


@click.command("leave")
@config_option
@store_option
def command(*, config_option: str | None, store_option: str | None) -> None:
    """Share no more: [pool] is taken out of the configuration.

    What this device told stays told, and counts for the others: the data was used. The
    plan stays here, and is judged by this device's own usage from now on.

    \b
    esimmon pool leave
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    place = find_place(config_option, store_option)
    folder = place.setup.config.pool.folder
    if not folder:
        raise ConfigError("this device is in no pool.")
    place.write(place.changed(None))
    say(f"This device is no longer in the pool of {folder}.")
    say("What it told stays told: it was used, and counts for the others.")
    say("If esimmon relay runs here, start it again, or end it.")
