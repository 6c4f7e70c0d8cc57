"""From resolved escalations to the AI tier's knowledge base: a person's word on each, and the export.

Candidates are made by the models (`marts.fct_knowledge_candidates` of a published snapshot, without account
details). What people say of them stands in the ledger's database, append-only, and comes back into the
warehouse with the ledger. The approved words are kept as approved: later resolutions never change what is
exported.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import Connection, select

from sensors.decisions import SnapshotUnreadableError
from sensors.ledger import Ledger
from sensors.schema import knowledge_events
from warehouse.snapshots import open_snapshot
from warehouse.writing import writing_to

_CANDIDATES = """
    select candidate_id, question, resolution, sources, conversations, accounts
    from marts.fct_knowledge_candidates
    order by conversations desc, candidate_id
"""


class UnknownCandidateError(LookupError):
    """No such candidate in the published snapshot."""


class EmptyEntryError(ValueError):
    """A question or an answer without words can't be approved."""


@dataclass(frozen=True)
class Candidate:
    """A question that the AI tier handed over, with the latest resolution; no account details in either."""

    candidate_id: str
    question: str
    resolution: str
    sources: tuple[str, ...]
    conversations: int
    accounts: int


@dataclass(frozen=True)
class Review:
    """The last word on a candidate. `question` and `answer` are those approved."""

    verdict: str
    who: str
    at: datetime
    why: str | None
    question: str | None
    answer: str | None


def candidates(snapshot: Path) -> list[Candidate]:
    """What the snapshot proposes, the most asked first. Raises `SnapshotUnreadableError`."""
    try:
        with open_snapshot(snapshot) as connection:
            rows = connection.execute(_CANDIDATES).fetchall()
    except duckdb.Error as error:
        raise SnapshotUnreadableError(
            f"the knowledge candidates of {snapshot.name} can't be read; publish a new snapshot with "
            f"`make run`: {error}"
        ) from error
    return [
        Candidate(candidate_id, question, resolution, _sources(sources), conversations, accounts)
        for candidate_id, question, resolution, sources, conversations, accounts in rows
    ]


def reviews(ledger: Ledger) -> dict[str, Review]:
    """The last word on each candidate that somebody spoke of."""
    with ledger.reading() as connection:
        return _reviews(connection)


def approve(
    ledger: Ledger,
    candidate: Candidate,
    *,
    now: datetime,
    who: str,
    why: str | None = None,
    question: str | None = None,
    answer: str | None = None,
) -> None:
    """Let a candidate into the knowledge base, in other words where given. Raises `EmptyEntryError`."""
    asked, told = question or candidate.question, answer or candidate.resolution
    if not asked.strip() or not told.strip():
        raise EmptyEntryError(f"candidate {candidate.candidate_id} needs a question and an answer in words")
    _append(
        ledger, candidate.candidate_id, "approved", now=now, who=who, why=why, question=asked, answer=told
    )


def reject(ledger: Ledger, candidate: Candidate, *, now: datetime, who: str, why: str) -> None:
    """Keep a candidate out of the knowledge base; an approved one leaves it with the next export."""
    _append(ledger, candidate.candidate_id, "rejected", now=now, who=who, why=why)


def export(ledger: Ledger, proposed: Sequence[Candidate], folder: Path, *, now: datetime, who: str) -> int:
    """Write all approved entries to `knowledge.jsonl` and `knowledge.md`; returns how many.

    Both are whole each time, so that the AI tier can take them in place of the last ones. Notes the export of
    what is approved and was not exported since. Raises `NotWritableError`; nothing is noted then.
    """
    sources = {each.candidate_id: each.sources for each in proposed}
    with ledger.writing() as connection:
        approved = sorted(
            (key, review) for key, review in _reviews(connection).items() if review.verdict == "approved"
        )
        lines = [_line(key, review, sources.get(key, ())) for key, review in approved]
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / "knowledge.jsonl", "".join(f"{line}\n" for line in lines))
            _write(folder / "knowledge.md", "# Knowledge base\n" + "".join(_section(r) for _, r in approved))
        exported = _exported(connection)
        news = [key for key, review in approved if exported.get(key) != (review.question, review.answer)]
        for key in news:
            said = dict(approved)[key]
            row = {"candidate_id": key, "at": now, "verdict": "exported", "who": who}
            connection.execute(
                knowledge_events.insert(), row | {"question": said.question, "answer": said.answer}
            )
    return len(approved)


def one_of(proposed: Sequence[Candidate], candidate_id: str) -> Candidate:
    """The candidate of this id, or of the only id that begins so. Raises `UnknownCandidateError`."""
    found = [each for each in proposed if each.candidate_id.startswith(candidate_id)]
    if len(found) != 1:
        raise UnknownCandidateError(
            f"{len(found)} knowledge candidates begin with {candidate_id!r}; "
            "`python -m sensors knowledge --all` lists them"
        )
    return found[0]


def _append(ledger: Ledger, candidate_id: str, verdict: str, *, now: datetime, **given: str | None) -> None:
    with ledger.writing() as connection:
        row = {"candidate_id": candidate_id, "verdict": verdict, "at": now}
        connection.execute(knowledge_events.insert(), row | given)


def _reviews(connection: Connection) -> dict[str, Review]:
    query = select(knowledge_events).where(knowledge_events.c.verdict != "exported")
    rows = connection.execute(query.order_by(knowledge_events.c.event_id)).mappings()
    return {
        row["candidate_id"]: Review(
            row["verdict"], row["who"], row["at"], row["why"], row["question"], row["answer"]
        )
        for row in rows
    }


def _exported(connection: Connection) -> dict[str, tuple[str, str]]:
    """The words in which each entry was exported last."""
    query = select(knowledge_events).where(knowledge_events.c.verdict == "exported")
    rows = connection.execute(query.order_by(knowledge_events.c.event_id)).mappings()
    return {row["candidate_id"]: (row["question"], row["answer"]) for row in rows}


def _sources(given: str | None) -> tuple[str, ...]:
    try:
        listed = json.loads(given) if given else []
    except ValueError:
        return (str(given),)
    return tuple(map(str, listed)) if isinstance(listed, list) else (str(listed),)


def _line(candidate_id: str, review: Review, sources: Sequence[str]) -> str:
    entry = {
        "id": candidate_id,
        "question": review.question,
        "answer": review.answer,
        "sources": list(sources),
        "approved_at": review.at.isoformat(),
    }
    return json.dumps(entry, ensure_ascii=False)


def _section(review: Review) -> str:
    """A heading holds no line breaks; the answer is a quotation, whose words can't become headings."""
    asked = " ".join((review.question or "").split())
    told = "\n".join(f"> {line}".rstrip() for line in (review.answer or "").splitlines())
    return f"\n## {asked}\n\n{told}\n"


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
