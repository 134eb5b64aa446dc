"""`esimmon plan bind`: a network, or from when on an interface, is a plan's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from monitor import clock
from monitor.commands.options import plan_ids
from monitor.commands.plan.binding import network_meant, told, with_network
from monitor.commands.plan.filing import open_folder, refuse_name, say, with_places
from monitor.commands.plan.values import moment_of
from monitor.config.contracts import all_bindings
from monitor.config.plan_editing import with_bind, with_bind_key
from monitor.errors import UsageError
from monitor.plans.payers import Bindings, interface_payer, turns
from monitor.plans.values import Second

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from monitor.commands.plan.filing import Folder, Places
    from monitor.config.contracts import Configured
    from monitor.plans.terms import Binding

_FAR_S: Final = 1 << 40
_WILD: Final = "*?["


class _Wish(NamedTuple):
    """What is asked for; instants as UTC seconds, None for unbounded."""

    plan: str
    iface: str
    from_s: int | None
    to_s: int | None


@click.command("bind")
@click.argument("plan_id", metavar="ID", shell_complete=plan_ids)
@click.argument("target", metavar="TARGET")
@click.option(
    "--from",
    "begin",
    metavar="TIME",
    help="From when on. Default: always; where another plan pays so far, from now on "
    "or from the plan's start.",
)
@click.option("--to", "end", metavar="TIME", help="Until when. Default: for ever.")
@click.option("--dry-run", is_flag=True, help="Say what would be, and change nothing.")
@with_places
def command(  # noqa: PLR0913 - one argument an option
    *,
    plan_id: str,
    target: str,
    begin: str | None,
    end: str | None,
    dry_run: bool,
    places: Places,
) -> None:
    """Let the plan ID pay for TARGET: a network, or an interface.

    A network is the key that `esimmon networks --long` shows, or what it is called
    there; it is the plan's on whatever interface. The plan that paid for an interface
    so far ends there.

    \b
    esimmon plan bind pk sim:8992000000000000001
    esimmon plan bind pk "My phone"
    esimmon plan bind pk wwan0 --from 2025-06-10T11:00
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    refuse_name(plan_id)
    with open_folder(places, for_change=not dry_run) as folder:
        network = network_meant(folder, target)
        if network is None:
            _refuse_pattern(target, plan_id)
        file = folder.file_of(plan_id)
        if network is not None:
            _refuse_times(begin, end)
            text = with_network(file.text, str(file.path), network.network)
            plans = folder.configured(), folder.checked({plan_id: text})
            lines = told(folder, plans, network)
            if not dry_run and text != file.text:
                folder.write({plan_id: text})
            for line in lines:
                say(line)
            return
        wish = _wish(folder, plan_id, target, (begin, end))
        texts = dict(_given_way(folder, wish))
        zone = _of(folder.configured(), plan_id).plan.tz
        bind = {"interface": target}
        bind |= {} if wish.from_s is None else {"from": _written(wish.from_s, zone)}
        bind |= {} if wish.to_s is None else {"to": _written(wish.to_s, zone)}
        # The plan that gives way comes first: so no moment has two payers.
        texts[plan_id] = with_bind(file.text, str(file.path), bind)
        configured = folder.checked(texts)
        if not dry_run:
            folder.write(texts)
        say(_told(folder, configured, wish))


def _refuse_times(begin: str | None, end: str | None) -> None:
    """Raise UsageError where a network is bound for a time."""
    if begin is not None or end is not None:
        raise UsageError(
            "a network is its plan's at any time: --from and --to are for interfaces."
        )


def _refuse_pattern(interface: str, plan_id: str) -> None:
    """Raise UsageError where a name is a pattern of names."""
    if any(each in interface for each in _WILD):
        raise UsageError(
            f'"{interface}" is a pattern: write it under [match] with '
            f"`esimmon plan edit {plan_id}`."
        )


def _wish(
    folder: Folder, plan_id: str, iface: str, times: tuple[str | None, str | None]
) -> _Wish:
    plans = folder.configured()
    plan = _of(plans, plan_id).plan
    now_s = clock.now_s()
    from_s, to_s = (
        None if text is None else moment_of(text, option, plan.tz, now_s)
        for text, option in zip(times, ("--from", "--to"), strict=True)
    )
    others = all_bindings(each for each in plans if each.plan.id != plan_id)
    is_paid = interface_payer(others, iface, now_s) is not None
    if from_s is None and (is_paid or any(b.iface == iface for b in others.binds)):
        start_s = plan.activated_at or plan.validity.start or 0
        from_s = Second(max(start_s, now_s))
    if to_s is not None and to_s <= (from_s or 0):
        raise UsageError("--to must be after --from.")
    return _Wish(plan_id, iface, from_s, to_s)


def _given_way(folder: Folder, wish: _Wish) -> list[tuple[str, str]]:
    """The files of the plans that pay for the interface so far, with an end."""
    found: list[tuple[str, str]] = []
    for each in folder.configured():
        plan_id = each.plan.id
        for index, bind in enumerate(each.bindings.binds):
            if plan_id == wish.plan or not _gives_way(bind, wish):
                continue
            file = folder.file_of(plan_id)
            name, zone = str(file.path), each.plan.tz
            end = ("to", _written(wish.from_s or 0, zone))
            text = with_bind_key(file.text, name, index, end)
            if wish.to_s is not None and wish.to_s < _end_s(bind):
                again = {"interface": bind.iface, "from": _written(wish.to_s, zone)}
                if bind.to_s is not None:
                    again["to"] = _written(bind.to_s, zone)
                text = with_bind(text, name, again)
            found.append((plan_id, text))
    return found


def _gives_way(bind: Binding, wish: _Wish) -> bool:
    """Whether a binding runs at the start of another, and began before it."""
    is_same = bind.iface == wish.iface and wish.from_s is not None
    return is_same and (bind.from_s or 0) < (wish.from_s or 0) < _end_s(bind)


def _end_s(bind: Binding) -> int:
    return _FAR_S if bind.to_s is None else bind.to_s


def _written(at_s: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_s, zone).isoformat()


def _of(plans: tuple[Configured, ...], plan_id: str) -> Configured:
    return next(each for each in plans if each.plan.id == plan_id)


def _told(folder: Folder, plans: tuple[Configured, ...], wish: _Wish) -> str:
    """Who pays when, such as "wwan0: cn until 10 Jun 11:00 PKT, pk from then on."."""
    bindings = all_bindings(plans)
    own = [bind for bind in bindings.binds if bind.iface == wish.iface]
    marks = turns(Bindings(tuple(own)))
    clocks = folder.viewer.clocks(_of(plans, wish.plan).plan.tz)
    before = interface_payer(bindings, wish.iface, (marks or [0])[0] - 1)
    payers, parts = {before, wish.plan}, []
    for mark in marks:
        now = interface_payer(bindings, wish.iface, mark)
        if before != now:
            parts.append(f"{before or 'no plan'} until {clocks.moment(mark)}")
        before = now
        payers.add(now)
    last = before or "no plan"
    parts.append(f"{last} from then on" if parts else f"{last} at all times")
    is_shared = len(payers - {None}) > 1
    split = " The sample across the switch will be split." if is_shared else ""
    return f"{wish.iface}: {', '.join(parts)}.{split}"
