"""The one tree of errors.

Each message says what failed, where (file, key, line, device), and what to do.
Only the command line turns them into text and an exit status (`monitor.cli`).
"""


class EsimmonError(Exception):
    """Something that a person can act on; exit status 1."""


class ConfigError(EsimmonError):
    """The configuration file cannot be used: file, key, what was found and allowed."""


class PlanError(EsimmonError):
    """A plan, its ledger or what it is charged with makes no sense: what, and where."""


class StoreError(EsimmonError):
    """The database cannot be used; the counting goes on where it can.

    Attributes:
        reason: `full`, `read-only`, `busy`, `damaged`, `missing`, `replaced`, `newer`,
            `permission`, `refused` (values that cannot be stored), or `io`.
    """

    reason = "io"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        """Say what failed; `reason` where the class does not say it already."""
        super().__init__(message)
        self.reason = reason or self.reason


class StoreMissingError(StoreError):
    """There is no database yet: nothing was ever recorded."""

    reason = "missing"


class StoreBusyError(StoreError):
    """Another process holds the store, or its lock outlived every timeout."""

    reason = "busy"


class StoreDamagedError(StoreError):
    """The file is not a usable database; it is set aside, never deleted."""

    reason = "damaged"


class StoreReplacedError(StoreError):
    """Another file took the place of one that is open; only a new start can go on."""

    reason = "replaced"


class StoreNewerError(StoreError):
    """The schema is from a later version of esimmon than this one."""

    reason = "newer"


class RejectedError(EsimmonError):
    """A rule of a plan forbids an entry of its ledger; nothing was noted."""


class OutputError(EsimmonError):
    """What was asked for cannot be written where it should go, or not in this form."""


class StatusStaleError(EsimmonError):
    """Nobody keeps the status file: no daemon runs, or it hangs.

    Attributes:
        was_here: whether a daemon has left one.
    """

    def __init__(self, message: str, *, was_here: bool = True) -> None:
        """Say why; whether there is a file at all."""
        super().__init__(message)
        self.was_here = was_here


class SourceError(EsimmonError):
    """A kernel source exists and cannot be read or understood."""


class UnsupportedError(EsimmonError):
    """This kernel or user does not offer a source: the caller falls back, says it once.

    Attributes:
        remedy: what a person can type or install to get it, as one sentence.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        """Say what is missing and how to get it."""
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


class UsageError(EsimmonError):
    """The command was called in a way that makes no sense; exit status 2."""


class ServiceError(EsimmonError):
    """The service cannot be installed, removed or seen: what, and how to go on.

    Attributes:
        more: lines that the service or a tool said; empty for none.
    """

    def __init__(self, message: str, more: str = "") -> None:
        """Say what failed; and what was heard."""
        super().__init__(message)
        self.more = more


class PoolError(EsimmonError):
    """The folder of a pool, or what is in it, cannot be used: what, and what to do."""


class NotShownError(EsimmonError):
    """Nobody saw a notification: the reason, as one sentence without a full stop."""


class AgentRunningError(EsimmonError):
    """Another agent shows this daemon's alerts to this user already."""
