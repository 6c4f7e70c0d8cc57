"""Every vendor the server knows."""

from simulator.vendors.hubspot_writes import HubspotWrites
from simulator.vendors.intercom import Intercom
from simulator.vendors.mixpanel import Mixpanel
from simulator.vendors.salesforce_records import SalesforceRecords
from simulator.vendors.slack import Slack
from simulator.vendors.vendor import Vendor
from simulator.vendors.zendesk import Zendesk

VENDORS: tuple[type[Vendor], ...] = (HubspotWrites, Intercom, Mixpanel, SalesforceRecords, Slack, Zendesk)
