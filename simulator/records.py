"""What a day leaves behind in the company's systems: rows of tickets, conversations, surveys, activities."""

import json

import numpy as np

from simulator import catalogue, questions
from simulator.desk import INTERNAL, INTERNAL_MINUTES, Done
from simulator.draws import Draws, Floats, Ints
from simulator.feedback import Answers
from simulator.health import Health, probability
from simulator.knowledge import Knowledge
from simulator.ledger import NONE, Ledger, choose
from simulator.names import Names
from simulator.people import People
from simulator.standing import PREFIX
from simulator.support import ABANDONED, ESCALATED, Contacts, Handling

HANDLED_BY = ("ai", "agent", "csm")
OUTCOMES = ("confirmed_resolved", "assumed_resolved", "escalated", "abandoned")
PRIORITIES, PRIORITY_SHARES = ("low", "normal", "high", "urgent"), (0.2, 0.55, 0.2, 0.05)
CHANNELS, CHANNEL_SHARES = ("email", "web", "chat"), (0.55, 0.33, 0.12)
KNOWN_BY_ACCOUNT = 0.8  # tickets that carry the account; the others only their requester's address
REVIEWED = 0.30  # AI answers whose correctness somebody checked
NOTED = 0.7


def _after(second: Ints, hours: Floats) -> Ints:
    known = ~np.isnan(hours)
    return np.where(known, second + (np.where(known, hours, 0.0) * 3600).astype(np.int64), NONE)


class Records:
    def __init__(self, ledger: Ledger, names: Names, people: People, draws: Draws) -> None:
        self._ledger, self._names, self._people, self._draws = ledger, names, people, draws

    def _emails(self, rows: Ints) -> list[str | None]:
        return [self._names.emails[row] for row in rows.tolist()]

    def _accounts(self, accounts: Ints) -> list[str]:
        return [self._names.account_ids[account] for account in accounts.tolist()]

    def support(self, day: int, contacts: Contacts, handling: Handling, knowledge: Knowledge) -> None:
        """Every contact is a ticket; one that the AI tier answered first is a conversation too."""
        draws, keys, second = self._draws, contacts.keys, contacts.second
        titles = [feature.title for feature in catalogue.FEATURES]
        words = choose(titles, contacts.feature)
        variant = (draws.bits("wording", day, keys) % np.uint64(60)).astype(np.int64).tolist()
        asked = [
            questions.QUESTIONS[topic][number % len(questions.QUESTIONS[topic])].format(feature=word)
            for topic, number, word in zip(contacts.topic.tolist(), variant, words, strict=True)
        ]
        numbers = self._ledger.numbers("tickets", len(contacts), "tic_")
        emails = self._emails(contacts.requester)
        accounts = self._accounts(contacts.account)
        carries = (draws.uniform("carries account", day, keys) < KNOWN_BY_ACCOUNT).tolist()
        channel = choose(CHANNELS, draws.pick("ticket channel", day, keys, np.array(CHANNEL_SHARES)))
        answered = second + np.where(
            handling.ai, np.nan_to_num(handling.answer_seconds).astype(np.int64) + 1, 0
        )
        first_human = _after(second, handling.human_hours)
        self._ledger.add(
            "tickets",
            len(contacts),
            {
                "ticket_id": numbers,
                "account_id": [
                    account if known or email is None else None
                    for account, known, email in zip(accounts, carries, emails, strict=True)
                ],
                "requester_email": emails,
                "created_at": second,
                "first_response_at": np.where(handling.ai, answered, first_human),
                "first_human_response_at": first_human,
                "solved_at": _after(second, handling.solved_hours),
                "reopened_at": _after(second, handling.reopened_hours),
                "status": ["solved"] * len(contacts),
                "priority": choose(PRIORITIES, draws.pick("priority", day, keys, np.array(PRIORITY_SHARES))),
                "channel": [
                    "chat" if ai else name for ai, name in zip(handling.ai.tolist(), channel, strict=True)
                ],
                "handled_by": choose(HANDLED_BY, handling.by),
                "is_escalated": handling.is_escalated,
                "csat": handling.csat,
                "topic": choose(questions.TOPICS, contacts.topic),
                "subject": asked,
            },
        )
        self._conversations(
            day, contacts, handling, snapshot=knowledge.snapshot, asked=asked, tickets=numbers
        )

    def _conversations(
        self,
        day: int,
        contacts: Contacts,
        handling: Handling,
        *,
        snapshot: int,
        asked: list[str],
        tickets: list[str],
    ) -> None:
        rows = np.flatnonzero(handling.ai)
        draws, keys, second = self._draws, contacts.keys[rows], contacts.second[rows]
        outcome, topic = handling.outcome[rows], contacts.topic[rows].tolist()
        escalated = outcome == ESCALATED
        first = second + handling.answer_seconds[rows].astype(np.int64) + 1
        handed = first + 20 + (400 * draws.uniform("handed over", day, keys)).astype(np.int64)
        by_human = np.array(HANDLED_BY)[handling.by[rows]]
        reviewed = draws.uniform("reviewed", day, keys) < REVIEWED
        word = choose([feature.title for feature in catalogue.FEATURES], contacts.feature[rows])
        numbers = self._ledger.numbers("ai_conversations", len(rows), "con_")
        reasons = choose(questions.ESCALATION_REASONS, handling.reason[rows])
        is_handed = escalated.tolist()
        self._ledger.add(
            "ai_conversations",
            len(rows),
            {
                "conversation_id": numbers,
                "account_id": self._accounts(contacts.account[rows]),
                "email": self._emails(contacts.requester[rows]),
                "started_at": second,
                "first_answer_at": first,
                "question": [asked[row] for row in rows.tolist()],
                "answer": [questions.ANSWERS[t].format(feature=w) for t, w in zip(topic, word, strict=True)],
                "confidence": np.round(handling.confidence[rows], 3),
                "sources": [
                    json.dumps([catalogue.FEATURES[f].path]) for f in contacts.feature[rows].tolist()
                ],
                "source_snapshot_at": np.full(len(rows), snapshot),
                "outcome": choose(OUTCOMES, outcome),
                "escalated_at": np.where(escalated, handed, NONE),
                "escalation_reason": [r if e else None for r, e in zip(reasons, is_handed, strict=True)],
                "ticket_id": [tickets[row] for row in rows.tolist()],
                "resolved_at": np.where(
                    outcome == ABANDONED, NONE, _after(second, handling.solved_hours[rows])
                ),
                "resolved_by": [
                    None if o == ABANDONED else str(b)
                    for o, b in zip(outcome.tolist(), by_human, strict=True)
                ],
                "resolution": [
                    questions.RESOLUTIONS[t].format(feature=w) if e else None
                    for t, w, e in zip(topic, word, is_handed, strict=True)
                ],
                "is_answer_correct": [
                    bool(right) if seen else None
                    for right, seen in zip(handling.is_correct[rows].tolist(), reviewed.tolist(), strict=True)
                ],
            },
        )
        self._ledger.add(
            "ai_answers",
            len(rows),
            {
                "conversation_id": numbers,
                "is_correct": handling.is_correct[rows],
                "is_stale": handling.is_stale[rows],
                "brings_recontact": handling.comes_back[rows],
            },
        )

    def feedback(self, day: int, answers: Answers) -> None:
        keys = self._people.keys[answers.who]
        mood = np.digitize(answers.score, [7, 9])
        variant = (self._draws.bits("comment", day, keys) % np.uint64(8)).astype(np.int64).tolist()
        emails = self._emails(answers.who)
        accounts = self._accounts(self._people.account[answers.who])
        self._ledger.add(
            "survey_responses",
            len(answers.who),
            {
                "response_id": self._ledger.numbers("survey_responses", len(answers.who), "sur_"),
                "account_id": [a if e is None else None for a, e in zip(accounts, emails, strict=True)],
                "email": emails,
                "submitted_at": answers.second,
                "kind": ["nps"] * len(answers.who),
                "score": answers.score,
                "comment": [
                    questions.NPS_COMMENTS[m][v] or None if v < len(questions.NPS_COMMENTS[m]) else None
                    for m, v in zip(mood.tolist(), variant, strict=True)
                ],
            },
        )

    def activities(self, day: int, done: Done, health: Health, csms_at_work: Ints) -> None:
        """CSM work with minutes; the note is a noisy view on the account's health."""
        work = done.work
        keys = work.account.astype(np.uint64) * np.uint64(16) + work.kind.astype(np.uint64)
        seen = probability(health.value[work.account]) + 0.18 * self._draws.normal("note", day, keys)
        mood = np.digitize(seen, [0.5, 0.78])
        variant = (self._draws.bits("note words", day, keys) % np.uint64(3)).astype(np.int64).tolist()
        noted = (self._draws.uniform("noted", day, keys) < NOTED) & (work.kind != 0)
        notes = [
            questions.NOTES[m][v] if is_noted else None
            for m, v, is_noted in zip(mood.tolist(), variant, noted.tolist(), strict=True)
        ]
        known = [None if each is None or each.startswith(PREFIX) else each for each in done.action_ids]
        extra = len(csms_at_work)
        csm = np.concatenate([done.csm, csms_at_work])
        kinds = choose(questions.ACTIVITY_NAMES, np.concatenate([work.kind, np.full(extra, INTERNAL)]))
        meeting = np.full(extra, day * 86400 + 12 * 3600, dtype=np.int64)
        nobody: list[str | None] = [None] * extra
        self._ledger.add(
            "csm_activities",
            len(csm),
            {
                "activity_id": self._ledger.numbers("csm_activities", len(csm), "act_"),
                "csm_id": [f"csm_{number + 1:02d}" for number in csm.tolist()],
                "account_id": [*self._accounts(work.account), *nobody],
                "kind": kinds,
                "started_at": np.concatenate([done.second, meeting]),
                "minutes": np.round(np.concatenate([work.minutes, np.full(extra, INTERNAL_MINUTES)]), 1),
                "action_id": [*known, *nobody],
                "note": [*notes, *nobody],
            },
        )
