"""The knowledge base's commands: what people resolved becomes what the AI tier answers."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sensors import knowledge
from sensors.arguments import WHO, spoken
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from warehouse.snapshots import current

_SHOWN_OF_ID = 10


def run(given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console) -> int:
    """List the candidates, or do to one what `given.step` says."""
    proposed = knowledge.candidates(current(environment.state))
    now = datetime.now(UTC)
    if given.step == "export":
        folder = given.to or environment.state.root / "knowledge"
        count = knowledge.export(ledger, proposed, folder, now=now, who=given.by)
        console.print(f"{count:,} approved entries in {escape(str(folder))}/knowledge.jsonl and knowledge.md")
        return 0
    if given.step is None:
        _list(proposed, knowledge.reviews(ledger), console, everything=given.all)
        return 0
    candidate = knowledge.one_of(proposed, given.candidate)
    if given.step == "reject":
        knowledge.reject(ledger, candidate, now=now, who=given.by, why=given.why)
        console.print(f"{candidate.candidate_id} is kept out of the knowledge base")
        return 0
    words = {"question": given.question, "answer": given.answer}
    knowledge.approve(ledger, candidate, now=now, who=given.by, why=given.why, **words)
    console.print(
        f"{candidate.candidate_id} is approved; `python -m sensors knowledge export` hands it to the AI tier"
    )
    return 0


def add_command(add: Callable[..., argparse.ArgumentParser], *, default_name: str) -> None:
    """Add `knowledge` and its steps to the parser."""
    parser = add("knowledge", run, "what people resolved, for the AI tier: list, approve, reject, export")
    parser.add_argument("--all", action="store_true", help="list those that were spoken of, too")
    parser.set_defaults(step=None)
    steps = parser.add_subparsers(metavar="STEP")
    texts = {
        "approve": "let a candidate into the knowledge base, in other words where given",
        "reject": "keep a candidate out of it",
        "export": "write all approved entries as JSON lines and Markdown",
    }
    for name, text in texts.items():
        step = steps.add_parser(name, help=text, description=text)
        step.set_defaults(step=name)
        step.add_argument("--by", default=default_name, type=spoken, help=WHO)
        if name == "export":
            step.add_argument("--to", type=Path, help="folder (default: knowledge/ in the home)")
            continue
        step.add_argument("candidate", help="its id, or the beginning of it")
        step.add_argument("--why", required=name == "reject", type=spoken, help="goes into its history")
        if name == "approve":
            step.add_argument("--question", help="the question in better words")
            step.add_argument("--answer", help="the answer in better words")


def _list(
    proposed: list[knowledge.Candidate],
    said: dict[str, knowledge.Review],
    console: Console,
    *,
    everything: bool,
) -> None:
    shown = [each for each in proposed if everything or each.candidate_id not in said]
    if not shown:
        console.print("No knowledge candidate waits for a person")
        return
    table = Table(title=f"{len(shown):,} knowledge candidates, the most asked first", title_justify="left")
    for heading in ("candidate", "asked", "accounts", "question", "resolution", "said"):
        table.add_column(heading, overflow="fold")
    for each in shown:
        review = said.get(each.candidate_id)
        verdict = (
            f"{review.verdict} by {review.who}" + (f": {review.why}" if review.why else "") if review else ""
        )
        table.add_row(
            each.candidate_id[:_SHOWN_OF_ID],
            f"{each.conversations:,}",
            f"{each.accounts:,}",
            escape(each.question),
            escape(each.resolution),
            escape(verdict),
        )
    console.print(table)
