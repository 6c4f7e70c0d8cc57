"""How the connectors reach the simulated company's vendors: the settings a person would make, made here."""

import json

from assets.sources.settings import variable
from orchestration.simulated_destinations import CUSTOM_FIELDS, LIMITLESS

# One of each kind of system; what the simulator calls its secrets is no secret.
_SETTINGS: dict[str, dict[str, str]] = {
    "salesforce": {"client_id": "simulated", "client_secret": "simulated-salesforce"},
    "hubspot": {"access_token": "simulated-hubspot", "searches_per_second": "1000"},
    "zendesk": {"email": "admin@vendor.example", "api_token": "simulated-zendesk"},
    "intercom": {"access_token": "simulated-intercom"},
    "zipchat": {"api_key": "simulated-zipchat", "chat_ids": json.dumps(["1"])},
    "segment": {"token": "simulated-segment"},
    "mixpanel": {"api_secret": "simulated-mixpanel"},
    "delighted": {"api_key": "simulated-delighted"},
    "github": {"token": "simulated-github", "listings": json.dumps(["product/core"])},
}
# Where a vendor's base URL is more than its host.
_PATHS = {"zipchat": "/api/integrations/backend_api/v1"}
SIMULATED = tuple(_SETTINGS)
# Real vendors let so many requests pass a minute; waiting for our own would show nothing.
VENDOR_SETTINGS = {
    "limits": {system: {"requests": 0, "seconds": 60} for system in (*SIMULATED, *LIMITLESS)},
    "custom_fields": CUSTOM_FIELDS,
}


def simulated_environment(url: str) -> dict[str, str]:
    """`TIERLINE_<SYSTEM>_*` for the vendors at `url`, the address of their server."""
    made: dict[str, str] = {}
    for system, fields in _SETTINGS.items():
        given = {"enabled": "true", "base_url": f"{url}/{system}{_PATHS.get(system, '')}", **fields}
        made |= {variable(system, field): value for field, value in given.items()}
    return made
