"""`esimmon plan`: one file a sub-command, imported only when it is called."""

from __future__ import annotations

import click

from monitor.lazy import LazyGroup

COMMANDS = {
    "add": ("monitor.commands.plan.add", "Write down what you bought."),
    "list": ("monitor.commands.plan.list", "Show which plans there are."),
    "edit": ("monitor.commands.plan.edit", "Change what was written down."),
    "remove": ("monitor.commands.plan.remove", "Take a plan away."),
    "import": ("monitor.commands.plan.import_", "Take all plans of a file, or none."),
    "bind": ("monitor.commands.plan.bind", "Say which plan pays for an interface."),
    "show": ("monitor.commands.plan.show", "Show all there is to know of a plan."),
    "members": (
        "monitor.commands.plan.members",
        "Show who used what of a shared plan.",
    ),
    "ledger": (
        "monitor.commands.plan.ledger",
        "List what was noted of a plan, or undo it.",
    ),
    "activate": ("monitor.commands.plan.activate", "Note that a plan was activated."),
    "topup": ("monitor.commands.plan.topup", "Note that more data was bought."),
    "renew": ("monitor.commands.plan.renew", "Note that a plan was bought again."),
    "sync": ("monitor.commands.plan.sync", "Take the operator's figure."),
    "adjust": ("monitor.commands.plan.adjust", "Correct what was used by an amount."),
    "gift": ("monitor.commands.plan.gift", "Note that data was given away."),
    "receive": ("monitor.commands.plan.receive", "Note that data was received."),
    "borrow": (
        "monitor.commands.plan.borrow",
        "Move a share from one member to another.",
    ),
    "change": ("monitor.commands.plan.change", "Note that a plan has other data."),
    "replace": (
        "monitor.commands.plan.replace",
        "Note that a plan is on a new profile.",
    ),
    "revoke": (
        "monitor.commands.plan.revoke",
        "Note that the operator took a lot back.",
    ),
    "simulate": (
        "monitor.commands.plan.simulate",
        "Compute what a plan would do, from a file.",
    ),
    "compare": (
        "monitor.commands.plan.compare",
        "See which of several offers fits your usage.",
    ),
}
"""Name, module (its attribute `command` is the command) and help of each command."""


@click.group("plan", cls=LazyGroup, table=COMMANDS, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Keep the books of your plans, or try one out.

    \b
    esimmon plan add pk --size 5GB --days 7 --bind wwan0
    esimmon plan show pk
    esimmon plan topup pk 1GB
    esimmon plan sync pk --remaining 3.2GB    what the operator says is left
    esimmon plan simulate cases.json
    esimmon plan compare offers.toml          which offer would have fitted
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
