"""Where the simulated company's messages go: its own vendors, for every channel that nobody configured.

Only for as long as the run's own vendors are up, and only to this machine.
"""

from sensors.channels.salesforce import ACCOUNT_FIELDS
from sensors.environment import DeliveryEnvironment

ACTION_FIELD = "External_Action_Id__c"
WEBHOOK = "/webhook/deliveries"
# Settings that say where a channel goes, by the beginnings of their names; any of them is a choice.
_BEGINNINGS = {
    "slack": ("slack_enabled", "slack_webhook_url", "slack_bot_token", "slack_base_url", "slack_fallback"),
    "email": ("email_enabled", "smtp_", "unsubscribe_", "operations_email"),
    "webhook": ("webhook_enabled", "webhook_url", "webhook_secret", "webhook_allow"),
    "hubspot": ("to_hubspot_",),
    "salesforce": ("to_salesforce_",),
}
# The vendors' behaviour that this takes: no waiting for rate limits, and the fields an administrator adds.
LIMITLESS = ("slack", "webhook")
CUSTOM_FIELDS = {"salesforce": {"Account": list(ACCOUNT_FIELDS)}}


def unconfigured_channels(given: DeliveryEnvironment) -> list[str]:
    """The channels of which a person set nothing; a limit per second is no destination."""
    return [
        channel
        for channel, beginnings in _BEGINNINGS.items()
        if not any(name.startswith(beginnings) for name in given.model_fields_set)
    ]


def simulated_destinations(given: DeliveryEnvironment, *, url: str, relay: str) -> dict[str, str]:
    """`TIERLINE_*` settings, by field, for the vendors at `url` and the mail relay at `relay` (host:port)."""
    host, _, port = relay.rpartition(":")
    made = {
        "slack": {
            "slack_enabled": "true",
            "slack_bot_token": "simulated-slack",
            "slack_base_url": f"{url}/slack/api/",
            "slack_fallback_channel": "#customer-success",
        },
        "email": {
            "email_enabled": "true",
            "smtp_host": host,
            "smtp_port": port,
            "smtp_starttls": "false",
            "smtp_takes_examples": "true",
            "smtp_from": "Customer success <success@vendor.example>",
            "unsubscribe_url": "mailto:unsubscribe@vendor.example",
            "unsubscribe_secret": "simulated-unsubscribe",
            # Whoever it is for, the mail ends at this relay.
            "allowed_recipients": ",".join(filter(None, [given.allowed_recipients, host])),
        },
        "webhook": {
            "webhook_enabled": "true",
            "webhook_url": f"{url}{WEBHOOK}",
            "webhook_secret": "simulated-webhook",
            "webhook_allow_private": "true",
        },
        "hubspot": {
            "to_hubspot_enabled": "true",
            "to_hubspot_access_token": "simulated-hubspot",
            "to_hubspot_base_url": f"{url}/hubspot",
        },
        "salesforce": {
            "to_salesforce_enabled": "true",
            "to_salesforce_base_url": f"{url}/salesforce",
            "to_salesforce_client_id": "simulated",
            "to_salesforce_client_secret": "simulated-salesforce",
            "to_salesforce_action_field": ACTION_FIELD,
        },
    }
    return {name: value for channel in unconfigured_channels(given) for name, value in made[channel].items()}
