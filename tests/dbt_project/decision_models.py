"""The real models of the decisions, compiled once by dbt, run on a small database in memory."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
from decision_world import FIRST, Row, World

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
DECISIONS = "actions.fct_action_decisions"
SELECTED = (
    "int_account_crms",
    "int_play_candidates",
    "int_decision_facts",
    "int_recipients",
    "int_sending_times",
    "int_feed_alerts",
    "path:models/intermediate/decisions/guards",
    "fct_action_decisions",
)
SHELF_LIFE_DAYS = 3
# What stands before the selected models and has no contract, with the columns they read.
BEFORE = {
    "intermediate.int_rollout": (
        "as_of date, scored_through date, live_on date, decision_shelf_life_days integer, sla_clock_hour_utc integer"
    ),
    "intermediate.int_accounts": "account_id varchar, churned_on date",
    "intermediate.int_account_contacts": (
        "account_id varchar, email varchar, name varchar, contact_rank bigint, is_unsubscribed boolean,"
        " is_bounced boolean"
    ),
    "intermediate.int_account_calendars": (
        "account_id varchar, country varchar, time_zone varchar, works_from_hour integer,"
        " works_until_hour integer, weekend varchar"
    ),
    "intermediate.int_system_accounts": "account_id varchar, system varchar, external_id varchar",
    "intermediate.int_csms": (
        "csm_id varchar, name varchar, email varchar, slack_id varchar, manager_id varchar"
    ),
    "intermediate.int_account_tiers_daily": (
        "account_id varchar, scored_on date, tier varchar, tier_rank integer, tier_since date,"
        " is_immediate boolean, immediate_since date"
    ),
    "intermediate.int_tickets": (
        "ticket_id varchar, record_id varchar, account_id varchar, created_at timestamp, solved_at timestamp,"
        " reopened_at timestamp, status varchar, priority varchar, is_escalated boolean"
    ),
    "intermediate.int_ai_conversations": (
        "conversation_id varchar, account_id varchar, escalated_at timestamp, resolved_at timestamp,"
        " ticket_record_id varchar"
    ),
    "intermediate.int_play_triggers": (
        "account_id varchar, trigger_kind varchar, trigger_key varchar, subject varchar, started_on date,"
        " lasted_through date, trigger_words varchar, trigger_facts json"
    ),
    "intermediate.int_days": "day date",
    "intermediate.int_usage_daily": "account_id varchar, used_on date",
    "intermediate.int_told_risks": ("account_id varchar, date date, risk_words varchar, risk_facts json"),
    "intermediate.int_divergences_daily": "account_id varchar, date date, signal varchar, evidence varchar",
    "intermediate.int_sla_alerts": "action_id varchar, account_id varchar, play_id varchar, decided_for date",
    "intermediate.int_sla_responses": "action_id varchar, responded_at timestamp",
    "intermediate.int_sla_moments": "action_id varchar, step varchar, reached_at timestamp",
    "intermediate.int_sla_promises": (
        "desk varchar, play_id varchar, sla_hours integer, decided_for date, renewal_on date,"
        " due_at timestamp"
    ),
    # Messages to our own people, in the order of the decisions' columns.
    "intermediate.int_staff_messages": (
        "action_id varchar, decided_for date, account_id varchar, play_id varchar, activity varchar,"
        " mode varchar, channel varchar, recipient varchar, recipient_name varchar, reason varchar,"
        " suppressed_by varchar, suppressed_reason varchar, sla_due_at timestamp, template_id varchar,"
        " is_immediate boolean, priority integer, policy_valid_from date, episode_started_on date, facts json,"
        " subject varchar, send_after_at timestamp, expires_at timestamp, message_kind varchar, owner varchar,"
        " entries bigint, max_lines integer, play_reason varchar"
    ),
}
WITH_CONTRACT = (
    "dim_accounts",
    "fct_account_health_daily",
    "fct_feed_freshness",
    "fct_action_decisions",
)


@dataclass(frozen=True)
class DecisionModels:
    """Compiled SQL by table, in the order to run it; the nodes of dbt's manifest by name."""

    compiled: dict[str, str] = field(repr=False)
    nodes: dict[str, dict[str, Any]] = field(repr=False)

    def database(self) -> duckdb.DuckDBPyConnection:
        """Every table there is before the first decision, empty but for the policy."""
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as warehouse; use warehouse; set timezone = 'UTC'")
        for schema in ("intermediate", "marts", "actions", "policy"):
            connection.execute(f"create schema {schema}")
        for table, columns in BEFORE.items():
            connection.execute(f"create table {table} ({columns})")
        for name in WITH_CONTRACT:
            node = self.nodes[name]
            columns = ", ".join(f"{each['name']} {each['data_type']}" for each in node["columns"].values())
            connection.execute(f"create table {node['schema']}.{name} ({columns})")
        for name, node in self.nodes.items():
            if node["resource_type"] == "seed":
                path = PROJECT / node["original_file_path"]
                connection.execute(
                    f"create table policy.{name} as from read_csv(?, header = true, columns = ?)",
                    [str(path), node["config"]["column_types"]],
                )
        return connection

    def decide(self, connection: duckdb.DuckDBPyConnection, world: World, day: date, *, since: date) -> None:
        """Build the decisions of the days from `since` to `day`, as the build of that day would."""
        rows = world.seen_on(day) | {
            "intermediate.int_rollout": [
                {
                    "as_of": day, "scored_through": since - timedelta(days=1), "live_on": FIRST,
                    "decision_shelf_life_days": SHELF_LIFE_DAYS, "sla_clock_hour_utc": 8,
                }
            ]
        }  # fmt: skip
        for table, given in rows.items():
            connection.execute(f"delete from {table}")
            _insert(connection, table, given)
        self.run(connection)

    def run(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Build the decisions that what stands before them calls for."""
        for table, sql in self.compiled.items():
            if table == DECISIONS:
                connection.execute(f"insert into {table} by name {sql}")
            else:
                connection.execute(f"create or replace table {table} as {sql}")


def compile_models(folder: Path) -> DecisionModels:
    """Have dbt compile the models as for a warehouse that an earlier build left; `folder` takes what it writes."""
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"create schema actions; create table {DECISIONS} (action_id varchar)")
    parsed = PROJECT / "target" / "partial_parse.msgpack"
    if parsed.exists():
        shutil.copy2(parsed, folder)
    only_models = [f"resource_type:model,{each}" for each in SELECTED]
    done = subprocess.run(
        [sys.executable, str(ROOT / "assets/dbt_process.py"), "--quiet", "compile", "--select", *only_models],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "TIERLINE_WAREHOUSE": str(warehouse),
            "DBT_TARGET_PATH": str(folder),
            "DBT_LOG_PATH": str(folder),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    manifest = json.loads((folder / "manifest.json").read_text())
    nodes = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    chosen = {name: node for name, node in nodes.items() if node.get("compiled")}
    order = TopologicalSorter(
        {
            name: [parent.rpartition(".")[2] for parent in node["depends_on"]["nodes"]]
            for name, node in chosen.items()
        }
    ).static_order()
    compiled = {
        f"{chosen[name]['schema']}.{name}": chosen[name]["compiled_code"] for name in order if name in chosen
    }
    return DecisionModels(compiled, nodes)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        places = ", ".join("?" for _ in rows[0])
        connection.executemany(
            f"insert into {table} ({columns}) values ({places})", [list(row.values()) for row in rows]
        )
