"""The configuration file as typed, checked values, and where everything is.

`settings` and `plans` say what can be set and within which limits, `reading` turns a
TOML file into it or into one error sentence, `writing` back into TOML, `places` finds
configuration, store and socket. Plans are also files of their own: `plan_files`.
"""

from monitor.config.first import (
    Answers,
    Candidate,
    candidates,
    first_config,
    not_counted,
)
from monitor.config.places import (
    SYSTEM_CONFIG,
    SYSTEM_SOCKET,
    SYSTEM_STORE,
    control_socket,
    find_config,
    find_store,
    is_private_directory,
    new_config,
    plans_directory,
    readable_stores,
)
from monitor.config.plan_files import with_plan_files
from monitor.config.pool import Pool, device_name, pool_folder
from monitor.config.reading import load_config, parse_config
from monitor.config.settings import (
    Background,
    Config,
    Interfaces,
    Push,
    Remotes,
    Retention,
    Sampling,
    Store,
)
from monitor.config.writing import as_toml, plan_lines, plan_tables, settings

__all__ = [
    "SYSTEM_CONFIG",
    "SYSTEM_SOCKET",
    "SYSTEM_STORE",
    "Answers",
    "Background",
    "Candidate",
    "Config",
    "Interfaces",
    "Pool",
    "Push",
    "Remotes",
    "Retention",
    "Sampling",
    "Store",
    "as_toml",
    "candidates",
    "control_socket",
    "device_name",
    "find_config",
    "find_store",
    "first_config",
    "is_private_directory",
    "load_config",
    "new_config",
    "not_counted",
    "parse_config",
    "plan_lines",
    "plan_tables",
    "plans_directory",
    "pool_folder",
    "readable_stores",
    "settings",
    "with_plan_files",
]
