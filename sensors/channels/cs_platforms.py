"""The customer-success platforms that are configured and enabled: ways out for actions and attributes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sensors.channels.attributes import AttributeWriter
from sensors.channels.channel import Channel
from sensors.channels.churnzero import ChurnzeroAttributeWriter, ChurnzeroChannel, ChurnzeroDestination
from sensors.channels.gainsight import GainsightAttributeWriter, GainsightChannel, GainsightDestination
from sensors.channels.totango import TotangoAttributeWriter, TotangoChannel, TotangoDestination


@dataclass(frozen=True)
class CsPlatforms:
    """None: not configured or not enabled."""

    gainsight: GainsightDestination | None = None
    churnzero: ChurnzeroDestination | None = None
    totango: TotangoDestination | None = None


def platform_channels(platforms: CsPlatforms, *, now: Callable[[], datetime]) -> dict[str, Channel]:
    """Channels by name. Opens no connection. Raises `ChannelMisconfiguredError`."""
    channels: dict[str, Channel] = {}
    if platforms.gainsight:
        channels["gainsight"] = GainsightChannel(platforms.gainsight, now=now)
    if platforms.churnzero:
        channels["churnzero"] = ChurnzeroChannel(platforms.churnzero, now=now)
    if platforms.totango:
        channels["totango"] = TotangoChannel(platforms.totango, now=now)
    return channels


def platform_writers(platforms: CsPlatforms, *, now: Callable[[], datetime]) -> dict[str, AttributeWriter]:
    """Writers of account attributes by system. Opens no connection. Raises `ChannelMisconfiguredError`."""
    writers: dict[str, AttributeWriter] = {}
    if platforms.gainsight:
        writers["gainsight"] = GainsightAttributeWriter(platforms.gainsight, now=now)
    if platforms.churnzero:
        writers["churnzero"] = ChurnzeroAttributeWriter(platforms.churnzero, now=now)
    if platforms.totango:
        writers["totango"] = TotangoAttributeWriter(platforms.totango, now=now)
    return writers
