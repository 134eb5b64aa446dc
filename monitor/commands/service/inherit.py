"""`esimmon service inherit`: the unit's first step, which a person never needs."""

from __future__ import annotations

import os

import click

from monitor import sdnotify
from monitor.collectors.bpf import Surroundings
from monitor.commands.options import find_setup
from monitor.commands.service.common import say
from monitor.errors import ServiceError
from monitor.service.inheriting import inherit
from monitor.tiers import pin_name


@click.command("inherit")
def command() -> None:
    """Take over what a run by hand that was killed left in the kernel.

    The service does this by itself whenever it starts: nothing that was counted for
    its database meanwhile is lost, and nothing is counted beside it.
    """
    if os.geteuid() != 0 or not sdnotify.is_managed():
        raise ServiceError(
            "only the service takes over what a killed run left, as it starts: "
            "sudo systemctl start esimmon. To remove it: sudo esimmon doctor "
            "--remove-orphans"
        )
    store = find_setup(None, None).store()
    where = Surroundings()
    folder = where.bpffs / "esimmon" / pin_name(store)
    if not folder.exists():
        return
    from monitor.collectors.bpf.libbpf import Library  # noqa: PLC0415 - seldom needed

    if inherit(store, folder, Library(where.libbpf)):
        say("what a run that was killed counts in the kernel is counted on.")
    else:
        say("removed what a run that was killed left in the kernel.")
