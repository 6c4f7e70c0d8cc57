"""Every vendor the server knows."""

from simulator.vendors.amplitude import Amplitude
from simulator.vendors.churnzero import Churnzero
from simulator.vendors.code_hosts import Bitbucket, Github, Gitlab
from simulator.vendors.delighted import Delighted
from simulator.vendors.gainsight import Gainsight
from simulator.vendors.hubspot_writes import HubspotWrites
from simulator.vendors.intercom_writes import IntercomWrites
from simulator.vendors.mixpanel import Mixpanel
from simulator.vendors.pendo import Pendo
from simulator.vendors.salesforce_records import SalesforceRecords
from simulator.vendors.segment import Segment
from simulator.vendors.slack import Slack
from simulator.vendors.smtp import Smtp
from simulator.vendors.totango import Totango
from simulator.vendors.vendor import Vendor
from simulator.vendors.webhook import Webhook
from simulator.vendors.zendesk import Zendesk
from simulator.vendors.zipchat import Zipchat

VENDORS: tuple[type[Vendor], ...] = (
    Amplitude,
    Bitbucket,
    Churnzero,
    Delighted,
    Gainsight,
    Github,
    Gitlab,
    HubspotWrites,
    IntercomWrites,
    Mixpanel,
    Pendo,
    SalesforceRecords,
    Segment,
    Slack,
    Smtp,
    Totango,
    Webhook,
    Zendesk,
    Zipchat,
)
