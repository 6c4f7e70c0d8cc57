"""Which outside systems are connected, and with what settings: `TIERLINE_<SYSTEM>_*`, read once.

A system's connector is imported only when it is enabled.
"""

from collections.abc import Mapping

from assets.sources.registry import SYSTEMS, connector
from assets.sources.settings import PREFIX, ConnectorSettings, read_settings, variable, variables

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")


class SwitchError(ValueError):
    """A system is neither enabled nor disabled."""


def connected_systems(environment: Mapping[str, str]) -> dict[str, ConnectorSettings]:
    """Settings of the enabled systems, in the order they are loaded.

    Raises `ConnectorSettingsError` when a system's settings are missing or wrong, `SwitchError`.
    """
    return {
        system: read_settings(system, connector(system).settings_type, environment)
        for system in SYSTEMS
        if _is_enabled(system, environment)
    }


def is_of_a_system(name: str, connected: Mapping[str, ConnectorSettings]) -> bool:
    """Whether a variable means something to a system. A disabled one's are not known, its prefix is."""
    for system in SYSTEMS:
        if system in connected and name in variables(system, type(connected[system])):
            return True
        if system not in connected and name.startswith(f"{PREFIX}{system}_".upper()):
            return True
    return False


def _is_enabled(system: str, environment: Mapping[str, str]) -> bool:
    name = variable(system, "enabled")
    said = environment.get(name, "").strip().lower()
    if said not in _YES + _NO:
        raise SwitchError(f"{name} is {said!r}; it can be true or false")
    return said in _YES
