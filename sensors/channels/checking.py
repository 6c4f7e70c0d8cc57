"""Whether every destination's settings can work, asked before hours of work depend on them."""

from pathlib import Path

from sensors.channels.configuration import ChannelConfig, build_channels, build_writers


def check_destinations(*configs: ChannelConfig) -> None:
    """Build what these configure, opening no connection. Raises `ChannelMisconfiguredError`."""
    for config in configs:
        build_channels(config, Path())
        build_writers(config)
