"""The configuration file as typed, checked values, and where everything is.

`settings` says what can be set and within which limits, `reading` turns a TOML file
into it or into one error sentence, `places` finds configuration, store and socket.
"""

from monitor.config.places import (
    SYSTEM_CONFIG,
    SYSTEM_SOCKET,
    SYSTEM_STORE,
    control_socket,
    find_config,
    find_store,
    is_private_directory,
    readable_stores,
)
from monitor.config.reading import load_config, parse_config
from monitor.config.settings import (
    Config,
    Interfaces,
    Retention,
    Sampling,
    Store,
)
from monitor.config.writing import as_toml, settings

__all__ = [
    "SYSTEM_CONFIG",
    "SYSTEM_SOCKET",
    "SYSTEM_STORE",
    "Config",
    "Interfaces",
    "Retention",
    "Sampling",
    "Store",
    "as_toml",
    "control_socket",
    "find_config",
    "find_store",
    "is_private_directory",
    "load_config",
    "parse_config",
    "readable_stores",
    "settings",
]
