"""What people will see: every play of the policy, rendered to files that open in a browser and ask for
nothing.

The rows are real ones of the published snapshot, one a play; a play without a row there (or everything,
without a snapshot) is shown with example facts. Words, escaping and the way to opt out are made by what
delivery uses.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader

from sensors.channels.channel import MessageKind
from sensors.channels.composing import CUSTOMER, MARKETING, both_forms
from sensors.channels.unsubscribing import Unsubscribing
from sensors.decisions import TABLE, Decision, DecisionReader, SnapshotUnreadableError
from sensors.records import Delivery
from sensors.rendering import TEMPLATES, Renderer
from sensors.states import State
from sensors.wording import FILTERS
from warehouse.snapshots import open_snapshot
from warehouse.writing import writing_to

POLICY = Path(__file__).parents[1] / "dbt_project" / "seeds" / "policy" / "plays.csv"
EXAMPLE_FACTS = TEMPLATES / "preview" / "facts.json"
_EXAMPLE_DAY = date(2026, 11, 22)
_EXAMPLE_MOMENT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# The row that says most, of those that went out, if any did.
_SHOWN = f"""
    select play_id, arg_max(action_id, (suppressed_by is null, length(facts::varchar), action_id))
    from {TABLE}
    where template_id is not null
    group by play_id
"""


class UnknownPlayError(LookupError):
    """The policy has no such play."""


class FactsUnreadableError(ValueError):
    """The file of example facts can't be used; the text says why."""


@dataclass(frozen=True)
class Shown:
    """One play in the preview; `files` are labels and paths relative to the index."""

    play_id: str
    headline: str
    channel: str
    mode: str
    audience: str | None
    is_example: bool
    files: tuple[tuple[str, str], ...]


def preview(
    snapshot: Path | None,
    folder: Path,
    *,
    facts: Path = EXAMPLE_FACTS,
    play: str | None = None,
    unsubscribing: Unsubscribing | None = None,
) -> list[Shown]:
    """Write the messages and `index.html` into a folder.

    Raises `UnknownPlayError`, `FactsUnreadableError`, `UnrenderableError`, `NotWritableError`.
    """
    plays = [row for row in _policy() if play in (None, row["play_id"])]
    if not plays:
        raise UnknownPlayError(f"the policy has no play {play!r}; seeds/policy/plays.csv lists them")
    examples = _facts(facts)
    real = dict(_real(snapshot)) if snapshot else {}
    renderer, pages = Renderer(), _pages()
    shown = []
    for row in plays:
        decision = real.get(row["play_id"]) or _example(row, examples)
        delivery = _delivery(decision, row)
        files = dict(_files(renderer, pages, delivery, unsubscribing))
        words = renderer.words(delivery)
        with writing_to(folder):
            for name, content in files.values():
                path = folder / row["play_id"] / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
        links = tuple((label, f"{row['play_id']}/{name}") for label, (name, _) in files.items())
        shown.append(
            Shown(row["play_id"], words["headline"], row["channel"], row["mode"], words["audience"],
                  row["play_id"] not in real, links)
        )  # fmt: skip
    index = _index(pages, shown, plays, unsubscribing)
    with writing_to(folder):
        (folder / "index.html").write_text(index, encoding="utf-8")
    return shown


def _files(
    renderer: Renderer, pages: Environment, delivery: Delivery, unsubscribing: Unsubscribing | None
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Label to name and content; a customer is only ever written to, by e-mail or in the product."""
    words = renderer.words(delivery)
    mail = renderer.render(replace(delivery, channel=MessageKind.EMAIL))
    text, html = both_forms(mail, unsubscribing)
    yield "E-mail", ("email.html", html)
    yield "E-mail as text", ("email.txt", f"Subject: {mail.content['subject']}\n\n{text}")
    if words["audience"] != CUSTOMER and delivery.channel != MessageKind.WEBHOOK:
        blocks = renderer.render(replace(delivery, channel=MessageKind.SLACK)).content["blocks"]
        page = pages.get_template("preview/slack.html.j2")
        yield "Slack", ("slack.html", page.render(blocks=blocks, headline=words["headline"]))
        yield "Task", ("task.html", pages.get_template("preview/task.html.j2").render(words))
    if delivery.channel == MessageKind.WEBHOOK:
        payload = renderer.render(delivery).content
        yield "Webhook", ("webhook.json", json.dumps(payload, indent=2, ensure_ascii=False) + "\n")


def _index(
    pages: Environment, shown: list[Shown], plays: list[dict[str, str]], unsubscribing: Unsubscribing | None
) -> str:
    examples = sum(each.is_example for each in shown)
    origin = (
        "example facts"
        if examples == len(shown)
        else "real rows of the published snapshot" + (" where it has one" if examples else "")
    )
    remarks = []
    if unsubscribing is None and any(row["message_kind"] == MARKETING for row in plays):
        remarks.append(
            "No way to unsubscribe is configured (TIERLINE_UNSUBSCRIBE_URL): marketing mail would be refused."
        )
    groups = (
        ("To customers", [each for each in shown if each.audience == CUSTOMER or each.channel == "webhook"]),
        (
            "To our own people",
            [each for each in shown if each.audience != CUSTOMER and each.channel != "webhook"],
        ),
    )
    return pages.get_template("preview/index.html.j2").render(groups=groups, origin=origin, remarks=remarks)


def _policy() -> list[dict[str, str]]:
    """The plays of the newest version of the policy."""
    with POLICY.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    newest = max(row["valid_from"] for row in rows)
    return [row for row in rows if row["valid_from"] == newest]


def _real(snapshot: Path) -> Iterator[tuple[str, Decision]]:
    try:
        with open_snapshot(snapshot) as connection:
            chosen = dict(connection.execute(_SHOWN).fetchall())
            for decision in DecisionReader(connection).decisions(list(chosen.values())):
                yield decision.play_id or "", decision
    except duckdb.Error as error:
        raise SnapshotUnreadableError(
            f"the decisions of {snapshot.name} can't be read; publish a new snapshot with `make run`: {error}"
        ) from error


def _facts(path: Path) -> dict[str, Any]:
    """Example facts as the file has them: `every_play`, and what each of `by_play` lays over these."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FactsUnreadableError(f"the facts {path} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise FactsUnreadableError(f"the facts {path} are no JSON: {error}") from None
    parts = [given.get(part) for part in ("every_play", "by_play")] if isinstance(given, dict) else []
    plays = parts[1].values() if parts and isinstance(parts[1], dict) else [None]
    if not all(isinstance(each, dict) for each in (*parts, *plays)):
        raise FactsUnreadableError(
            f"the facts {path} must look like "
            '{"every_play": {"account_name": "...", ...}, "by_play": {"renewal_brief": {...}, ...}}; '
            f"copy {EXAMPLE_FACTS} and change it"
        )
    return dict(given)


def _example(row: Mapping[str, str], examples: Mapping[str, Any]) -> Decision:
    laid_over = examples["every_play"] | examples["by_play"].get(row["play_id"], {})
    # a null takes away what every play has
    facts = {name: fact for name, fact in laid_over.items() if fact is not None}
    to_customer = row["recipient_role"] == "account"
    return Decision(
        action_id=f"example-{row['play_id']}",
        decided_for=_EXAMPLE_DAY,
        account_id="acc-1",
        play_id=row["play_id"],
        activity=row["activity"],
        mode=row["mode"],
        channel=row["channel"],
        recipient="kim@northwind.example" if to_customer else facts.get("csm_email"),
        recipient_name="Kim Larsen" if to_customer else facts.get("csm_name"),
        reason=row["reason"],
        suppressed_by=None,
        suppressed_reason=None,
        sla_due_at=_EXAMPLE_MOMENT,
        template_id=row["template_id"],
        is_immediate=False,
        priority=int(row["priority"]),
        policy_valid_from=date.fromisoformat(row["valid_from"]),
        facts=json.dumps(facts),
        message_kind=row["message_kind"] or None,
    )


def _delivery(decision: Decision, row: Mapping[str, str]) -> Delivery:
    """As it would stand in the ledger, with the template that policy names today."""
    values: dict[str, Any] = {field.name: None for field in fields(Delivery)}
    values |= {
        field.name: getattr(decision, field.name) for field in fields(Decision) if field.name in values
    }
    values |= {"state": State.PENDING, "attempts": 0, "attempts_forgiven": 0, "created_at": _EXAMPLE_MOMENT}
    values |= {"recipient": decision.recipient or "nobody", "template_id": row["template_id"]}
    return Delivery(**values)


def _pages() -> Environment:
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    pages.filters.update(FILTERS)
    return pages
