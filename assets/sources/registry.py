"""The systems there are, and the connector of each, imported only when asked for."""

from importlib import import_module
from typing import Any

from assets.sources.connector import Connector

# In the order in which a load goes through them.
SYSTEMS = (
    "salesforce",
    "hubspot",
    "zendesk",
    "intercom",
    "zipchat",
    "segment",
    "mixpanel",
    "amplitude",
    "pendo",
    "delighted",
    "gainsight",
    "churnzero",
    "totango",
    "github",
    "gitlab",
    "bitbucket",
    "git_repository",
)


class UnknownSystemError(KeyError):
    """No connector has this name."""


def connector(system: str) -> Connector[Any]:
    """The connector of a system; raises `UnknownSystemError`."""
    if system not in SYSTEMS:
        raise UnknownSystemError(f"there is no system {system!r}; there are: {', '.join(SYSTEMS)}")
    found: Connector[Any] = import_module(f"assets.sources.{system}").CONNECTOR
    return found
