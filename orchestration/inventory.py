"""What this home reads: raw assets of systems, ledger and drop folder, and their checks."""

from dataclasses import dataclass
from functools import cached_property

from dagster import AssetChecksDefinition, AssetKey, AssetsDefinition, AssetSpec, RetryPolicy

from assets.connected import ever_connected
from assets.drop_folder import SYSTEM as DROP_FOLDER
from assets.drop_folder import drop_folder_tables
from assets.freshness import freshness_checks
from assets.raw_checks import raw_checks
from assets.raw_tables import changes_record, raw_key
from assets.sources.drop.contract import TABLES
from assets.sources.registry import SYSTEMS, connector
from assets.systems import LEDGER, LEDGER_TABLES, ledger_tables, system_tables
from orchestration.settings import Settings


@dataclass(frozen=True)
class Inventory:
    """By the settings; the home is only asked which systems it held before."""

    settings: Settings
    retry_policy: RetryPolicy

    @cached_property
    def tables(self) -> dict[str, list[AssetKey]]:
        """Raw tables that are loaded, by system."""
        named: dict[str, tuple[str, ...]] = {
            system: connector(system).table_names for system in self.settings.systems
        }
        if self.settings.data is not None:
            named[DROP_FOLDER] = tuple(TABLES)
        named[LEDGER] = LEDGER_TABLES
        return {system: [raw_key(system, table) for table in tables] for system, tables in named.items()}

    @property
    def keys(self) -> list[AssetKey]:
        return [key for keys in self.tables.values() for key in keys]

    @property
    def left_out(self) -> set[str]:
        """Systems whose models are not built: neither connected nor ever loaded."""
        known = {*self.tables, *ever_connected(self.settings.state)}
        return {*SYSTEMS, DROP_FOLDER} - known

    def assets(self) -> list[AssetsDefinition | AssetSpec]:
        made: list[AssetsDefinition | AssetSpec] = [
            system_tables(system, settings, retry_policy=self.retry_policy)
            for system, settings in self.settings.systems.items()
        ]
        if self.settings.data is not None:
            is_only = not self.settings.systems
            made.append(drop_folder_tables(is_only_source=is_only, retry_policy=self.retry_policy))
        ledger = ledger_tables(self.settings.ledger_address, retry_policy=self.retry_policy)
        return [*made, ledger, changes_record(self.keys), *self._history()]

    def _history(self) -> list[AssetSpec]:
        """Raw tables that are not loaded any more, whose rows the models still read."""
        return [
            AssetSpec(
                raw_key(system, table), group_name="raw", description=f"{system}'s `{table}`, as last loaded."
            )
            for system in sorted(ever_connected(self.settings.state) - set(self.tables))
            for table in (TABLES if system == DROP_FOLDER else connector(system).table_names)
        ]

    def suites(self) -> list[AssetChecksDefinition]:
        """The suites of every table, a step per system."""
        return [
            raw_checks(
                system,
                [key.path[-1] for key in keys],
                self.settings.tolerance,
                mandatory="accounts" if system == DROP_FOLDER and not self.settings.systems else None,
                retry_policy=self.retry_policy,
            )
            for system, keys in self.tables.items()
        ]

    def freshness(self) -> list[AssetChecksDefinition]:
        """How old each feed is; what we note ourselves is none."""
        feeds = {system: keys for system, keys in self.tables.items() if system != LEDGER}
        return [freshness_checks(feeds, retry_policy=self.retry_policy)] if feeds else []
