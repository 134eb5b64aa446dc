"""`esimmon networks name NETWORK NAME`: what a network is called from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.commands.handing import hand_over, write_here
from monitor.commands.options import find_setup, with_setup
from monitor.errors import EsimmonError, UsageError
from monitor.store.engine import open_store
from monitor.store.labels import put_label, usable_label
from monitor.store.networks import met
from monitor.views.names import visible
from monitor.views.network_names import find_network, what_it_is

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from monitor.commands.options import Setup

_UNKNOWN = (
    "the daemon did not say whether it noted that. Say it again: that does no harm."
)


def _known(
    context: click.Context, parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Keys and names for the shell; none where the store cannot be read."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only on Tab

    del parameter
    given = (context.params.get(name) for name in ("config_option", "store_option"))
    try:
        setup = find_setup(*given)
        with open_store(setup.readable_stores()[0], writable=False) as store:
            found = met(store)
    except EsimmonError:
        return []
    return [
        CompletionItem(text, help=what_it_is(each.network))
        for each in found
        for text in (each.label, each.network.key)
        if text.startswith(begun) and text.isprintable() and text
    ]


@click.command("name")
@click.argument("network", metavar="NETWORK", shell_complete=_known)
@click.argument("label", metavar="NAME", required=False)
@click.option("--clear", is_flag=True, help="Take the name away.")
@with_setup
def command(setup: Setup, *, network: str, label: str | None, clear: bool) -> None:
    """Call NETWORK by a NAME of your own, at most 64 characters.

    NETWORK is what `esimmon networks --long` shows: its key, UUID, ICCID, SSID or
    interface, or the name that it has so far. An empty NAME takes it away.

    \b
    esimmon networks name "Anna's iPhone" Phone
    esimmon networks name sim:8944500102030405064 "Airalo"
    esimmon networks name Phone --clear
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if clear == (label is not None):
        raise UsageError("give a NAME, or --clear to take it away.")
    wanted = usable_label(label or "")
    path, socket = setup.flushed()
    with open_store(path, writable=False) as store:
        each = find_network(met(store), network)
    key = each.network.key
    if socket is None:
        write_here(path, lambda store: put_label(store, key, wanted))
    else:
        asked = {"key": key, "label": wanted}
        hand_over(socket, "networks.name", asked, _UNKNOWN)
    what = what_it_is(each.network)
    said = f'is now called "{wanted}"' if wanted else "has no name of yours any more"
    click.echo(visible(f"{what} {said}."))
