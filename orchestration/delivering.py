"""Delivery and its watch, wired to the settings."""

import dagster as dg

from assets.published import PUBLISHED
from assets.resources import WAREHOUSE_POOL
from orchestration.settings import Settings
from sensors.bounce_sensor import bounce_sensor
from sensors.operations_sensor import operations_definitions
from sensors.reply_sensor import reply_sensor
from sensors.sensor import delivery_definitions


def delivering(settings: Settings) -> dg.Definitions:
    home, ledger_url = settings.state, settings.ledger_address
    back = (
        [bounce_sensor(settings.mailbox, ledger_url=ledger_url, secret=settings.unsubscribe_key)]
        if settings.mailbox
        else []
    )
    channels = settings.channels()
    if channels.slack_bot:
        back.append(reply_sensor(home, ledger_url=ledger_url, slack=channels.slack_bot))
    return dg.Definitions.merge(
        dg.Definitions(sensors=back),
        delivery_definitions(home=home, ledger_url=ledger_url, config=channels, pacing=settings.pacing()),
        operations_definitions(
            home=home,
            ledger_url=ledger_url,
            config=settings.operations(),
            checked=PUBLISHED,
            pool=WAREHOUSE_POOL,
        ),
    )
