"""The dbt models, seeds and tests as Dagster assets and checks, built by one dbt invocation."""

import os
import shutil
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, AssetSpec, Failure, RetryPolicy
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.core.dbt_cli_invocation import PARTIAL_PARSE_FILE_NAME as PARSED
from packaging.version import Version

from assets import dbt_command
from assets.build_results import Node, broken_constraints, in_one_line, is_transient, read_results
from assets.days import BY_DAY, DAYS
from assets.failures import final
from assets.resources import WAREHOUSE_POOL
from assets.telling import paced, telling
from warehouse.home import Home
from warehouse.working import open_warehouse

_PROGRESS_SECONDS = 5.0
# For dbt to roll its models back after it was asked to stop.
_PATIENCE_SECONDS = 10.0
# What is noted beside a load, a run or a build, and read by the next build.
_RECORDS = {
    "loads": "One row per load and table with its row counts.",
    "files": "One row per source, table and file as it was read last.",
    "connections": "One row per run and system that it read.",
    "switched_off_tables": "One row per system and raw table that a setting switched off.",
    "builds": "One row per whole, successful dbt build.",
    "scored_days": "One row per account and day that a whole build has scored.",
    "unfinished_scopes": "One row per account that a build has scored again without ending well.",
    "decided_actions": "One row per action that a whole build has decided.",
    "account_records": "One row per system's account record and the account it belonged to.",
    "identity_keys": "One row per id, address or domain and the account it led to.",
    "identity_moves": "One row per account record and build that found it to belong to another account.",
    "entity_days": "One row per entity, account and day with a digest of its rows.",
}
BUILD_RECORDS = [
    AssetSpec(AssetKey(["raw_tierline", table]), group_name="raw", description=description)
    for table, description in _RECORDS.items()
]


class Layers(DagsterDbtTranslator):
    """Asset groups are the project's layers; the seeds of `seeds/policy` are the group `policy`.

    Feeds of systems that are left out are no inputs of anything.
    """

    def __init__(self, left_out: Collection[str]) -> None:
        super().__init__()
        self._absent = tuple(f"int_{system}__" for system in sorted(left_out))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        deps = [each for each in spec.deps if not each.asset_key.path[-1].startswith(self._absent)]
        return spec.replace_attributes(deps=deps)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return "raw"
        return str(dbt_resource_props["fqn"][1])


class Dbt(DbtCliResource):
    """dbt in a process of its own, without the detours dagster-dbt takes for its optional extras.

    `root` is the home folder. Nothing but the two overrides differs from dagster-dbt's resource.
    """

    root: str

    @contextmanager
    def build(self, context: AssetExecutionContext) -> Iterator[DbtCliInvocation]:
        """One build, begun here and over when the block is left, whatever the reason."""
        home = Home(Path(self.root))
        target = dbt_command.target_path(home)
        # What is there when dbt ends must be what this build came to.
        (target / "run_results.json").unlink(missing_ok=True)
        _take_newer(Path(self.project_dir) / "target" / PARSED, target / PARSED)
        with _environment(dbt_command.environment(home)):
            invocation = self.cli(
                dbt_command.build_arguments(), context=context, raise_on_error=False, target_path=target
            )
        try:
            yield invocation
        finally:
            _end(invocation.process)

    @cached_property
    def _cli_version(self) -> Version:
        """dagster-dbt would run `dbt --version`, which takes seconds and asks a package index for news."""
        return Version(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        """Serves row counts read while dbt runs, when its database is locked for everyone else."""
        return None


def dbt_models(manifest: Path, *, left_out: Collection[str], retry_policy: RetryPolicy) -> AssetsDefinition:
    """The assets of the dbt project that `manifest` describes. Reads the manifest.

    `left_out`: systems this home knows nothing of; their models and tests are neither shown nor built.
    """

    @dbt_assets(
        manifest=manifest,
        name="build_models",
        exclude=dbt_command.excluded(left_out),
        partitions_def=DAYS,
        backfill_policy=BY_DAY,
        dagster_dbt_translator=Layers(left_out),
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def build_models(context: AssetExecutionContext, dbt: Dbt) -> Iterator[Any]:
        with final(), dbt.build(context) as invocation:
            yield from _told(context, invocation)
            _raise_if_failed(invocation, Home(Path(dbt.root)))
        results = read_results(invocation.target_path / "run_results.json")
        if results is not None:
            telling(context.log)(
                f"{results.built} models and seeds built, {results.passed} tests passed,"
                f" {results.warned} warned"
            )

    return build_models


def _take_newer(prepared: Path, kept: Path) -> None:
    """Begin from the parse that set-up prepared when it is newer than the last build's own."""
    if prepared.exists() and not (kept.exists() and kept.stat().st_mtime >= prepared.stat().st_mtime):
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(prepared, kept)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _told(context: AssetExecutionContext, invocation: DbtCliInvocation) -> Iterator[Any]:
    """Pass dbt's events on, saying now and then how far it is."""
    tell = paced(telling(context.log), seconds=_PROGRESS_SECONDS)
    for number, event in enumerate(invocation.stream(), start=1):
        yield event
        tell(f"{number} models, seeds and tests done")


def _raise_if_failed(invocation: DbtCliInvocation, home: Home) -> None:
    """Raises `Failure`: retried when someone held the database, final when models or data are wrong."""
    if invocation.process.wait() == 0:
        return
    results = read_results(invocation.target_path / "run_results.json")
    if results is not None and results.bad:
        sentence = results.sentence(invocation.manifest, _broken(home, results.first_bad))
    else:
        sentence = f"dbt stopped before it built anything: {in_one_line(str(invocation.get_error()))}"
    raise Failure(
        description=sentence,
        metadata={"dbt log": str(invocation.target_path / "dbt.log")},
        allow_retries=is_transient(sentence),
    )


def _broken(home: Home, node: Node) -> str | None:
    if not node.found_broken_constraints:
        return None
    with open_warehouse(home.warehouse) as connection:
        return broken_constraints(connection, node)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """dagster-dbt hands its own process's environment to dbt, so what dbt needs is put there meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
