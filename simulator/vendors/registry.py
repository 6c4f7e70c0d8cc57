"""Every vendor the server knows."""

from simulator.vendors.mixpanel import Mixpanel
from simulator.vendors.slack import Slack
from simulator.vendors.vendor import Vendor
from simulator.vendors.zendesk import Zendesk

VENDORS: tuple[type[Vendor], ...] = (Mixpanel, Slack, Zendesk)
