"""Pendo's accounts, visitors and what they did by day, made from the company's rows and usage."""

from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from simulator import catalogue
from simulator.vendors import judgement
from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View

APP = 5_012_345_678
HOME, NPS_POLL, NPS_FOLLOW_UP = "page-home", "poll-nps", "poll-why"
GUIDE: Row = {
    "id": "guide-nps", "name": "How are we doing?", "state": "public", "appId": APP,
    "polls": [
        {"id": NPS_POLL, "question": "How likely are you to recommend us?",
         "attributes": {"type": "NPSRating", "followUp": NPS_FOLLOW_UP}},
        {"id": NPS_FOLLOW_UP, "question": "What is the main reason?", "attributes": {"type": "FreeForm"}},
    ],
}  # fmt: skip
PERSONAL, MACHINE = ("ui", "mobile"), ("api", "integration")
MINUTES_AN_EVENT = 1.5
SESSION = "session"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class PendoObjects:
    """A person is the visitor of the product's user id; what a machine sends has a visitor of its own."""

    def __init__(self, view: View, identities: Identities) -> None:
        self._view, self._identities = view, identities

    def accounts(self) -> list[Row]:
        return self._view.each("pendo accounts", self._view.rows("accounts"), self._account)

    def _account(self, row: Row) -> Row:
        key, ids = row["account_id"], self._identities
        ids.remember("pendo", "account", key, key)
        in_crm = ids.share("pendo", key, "crm id") < 0.5  # noqa: PLR2004 -- half of them
        agent = {
            "name": ids.name("pendo", key, row["name"]), "planlevel": row["plan"],
            "domain": ids.domain("pendo", row, self._view.parent(row)),
            "salesforceaccountid": ids.salesforce_id("Account", "001", key) if in_crm else None,
        }  # fmt: skip
        times = {
            "firstvisit": milliseconds(row["signed_up_at"]),
            "lastvisit": milliseconds(row["updated_at"]),
        }
        return {"accountId": key, "metadata": {"auto": {"id": key, **times}, "agent": _known(agent)}}

    def visitors(self) -> list[Row]:
        return self._view.each("pendo visitors", self._view.rows("users"), self._visitor)

    def _visitor(self, row: Row) -> Row:
        key = row["user_id"]
        self._identities.remember("pendo", "visitor", key, key)
        agent = {
            "email": self._identities.email("pendo", row["email"]), "full_name": row["name"],
            "role": row["role"],
        }  # fmt: skip
        auto = {
            "id": key, "accountid": row["account_id"], "accountids": [row["account_id"]],
            "firstvisit": milliseconds(row["created_at"]), "lastvisit": milliseconds(row["updated_at"]),
        }  # fmt: skip
        return {"visitorId": key, "metadata": {"auto": auto, "agent": _known(agent)}}

    def features(self) -> list[Row]:
        return [
            {**self._made("Feature", feature.name), "id": f"feature-{feature.name}", "name": feature.title,
             "pageId": HOME, "isCoreEvent": feature.is_key, "elementPathRules": []}
            for feature in catalogue.FEATURES
        ]  # fmt: skip

    def pages(self) -> list[Row]:
        return [{**self._made("Page", HOME), "id": HOME, "name": "Home", "isCoreEvent": False, "rules": []}]

    def track_types(self) -> list[Row]:
        return [
            {**self._made("TrackType", feature.name), "id": f"track-{feature.name}", "name": feature.name,
             "isCoreEvent": feature.is_key}
            for feature in catalogue.FEATURES
        ] + [{**self._made("TrackType", SESSION), "id": f"track-{SESSION}", "name": "session_started",
              "isCoreEvent": False}]  # fmt: skip

    def _made(self, kind: str, name: str) -> Row:
        at = milliseconds(datetime.combine(self._view.first_day, time(), UTC))
        return {"kind": kind, "appId": APP, "createdAt": at, "lastUpdatedAt": at}

    def guides(self) -> list[Row]:
        return [{**self._made("Guide", GUIDE["name"]), **GUIDE}]

    def feature_events(self, day: date) -> list[Row]:
        return self._by_visitor(day, PERSONAL, pl.col("feature").is_not_null(), "feature")

    def page_events(self, day: date) -> list[Row]:
        """Sessions and page monitors."""
        return self._by_visitor(day, PERSONAL, pl.col("feature").is_null(), "page")

    def track_events(self, day: date) -> list[Row]:
        """What came through the API or an integration, and sessions there."""
        return self._by_visitor(day, MACHINE, pl.lit(True), "track")

    def events(self, day: date) -> list[Row]:
        """Everything, whatever it was done with."""
        return self._by_visitor(day, (*PERSONAL, *MACHINE), pl.lit(True), "")

    def _by_visitor(self, day: date, channels: tuple[str, ...], wanted: pl.Expr, kind: str) -> list[Row]:
        events = self._view.usage(day)
        if not events.height:
            return []
        who = ("user_id", "email", "account_id", "domain", "channel", "properties")
        what = ["feature"] if kind in ("feature", "track") else []
        counted = (
            events.filter(pl.col("channel").is_in(channels), wanted)
            .group_by(*who, *what, maintain_order=True)
            .agg(pl.col("quantity").sum(), pl.len())
        )
        begin = milliseconds(datetime.combine(day, time(), UTC))
        return [self._row(row, begin, kind) for row in counted.iter_rows(named=True)]

    def _row(self, row: Row, begin: int, kind: str) -> Row:
        visitor, account = self._who(row)
        minutes = 0 if row["channel"] in MACHINE else max(1, round(row["len"] * MINUTES_AN_EVENT))
        told: Row = {
            "visitorId": visitor, "accountId": account, "day": begin, "appId": APP,
            "numEvents": row["quantity"], "numMinutes": minutes, "remoteIp": "203.0.113.7",
            "server": "app.product.example",
            "userAgent": "UptimeProbe/2.1 (bot)" if row["properties"] else "Mozilla/5.0", "country": "",
        }  # fmt: skip
        if kind == "page":
            return told | {"pageId": HOME}
        if kind in ("feature", "track"):
            named = {"feature": "featureId", "track": "trackTypeId"}[kind]
            return told | {named: f"{kind}-{row['feature'] or SESSION}"}
        return told

    def _who(self, row: Row) -> tuple[str, str | None]:
        """Visitor and account; somebody of an unknown address is a visitor of that address."""
        user = self._view.row("users", row["user_id"]) or self._view.by_email().get(
            (row["email"] or "").lower()
        )
        if user is not None:
            self._identities.remember("pendo", "visitor", user["user_id"], user["user_id"])
            return user["user_id"], user["account_id"]
        if row["user_id"] or row["email"]:
            return row["user_id"] or row["email"], None
        account = row["account_id"] or self._view.by_domain().get(row["domain"])
        visitor = f"service-{row['channel']}-{account or row['domain']}"
        if account:
            self._identities.remember("pendo", "visitor", visitor, account)
        return visitor, account

    def poll_events(self, day: date) -> list[Row]:
        """A row for the score, and one for the words if there were any."""
        rows: list[Row] = []
        for answer in self._answers().get(day, []):
            user = self._view.by_email().get((answer["email"] or "").lower())
            visitor = user["user_id"] if user else f"respondent-{answer['response_id']}"
            self._identities.remember("pendo", "visitor", visitor, user["user_id"] if user else visitor)
            said = {
                "visitorId": visitor, "accountId": judgement.account_of(self._view, answer), "appId": APP,
                "guideId": GUIDE["id"], "browserTime": milliseconds(answer["submitted_at"]),
                "type": "pollResponse",
            }  # fmt: skip
            rows.append({**said, "pollId": NPS_POLL, "pollResponse": int(answer["score"])})
            if answer["comment"]:
                rows.append({**said, "pollId": NPS_FOLLOW_UP, "pollResponse": answer["comment"]})
        return rows

    def _answers(self) -> dict[date, list[Row]]:
        def make() -> dict[date, list[Row]]:
            found: dict[date, list[Row]] = {}
            for row in self._view.rows("survey_responses"):
                if row["kind"] == "nps":
                    found.setdefault(row["submitted_at"].date(), []).append(row)
            return found

        made: dict[date, list[Row]] = self._view.derived("pendo answers", make)
        return made


def _known(values: dict[str, Any]) -> Row:
    return {name: value for name, value in values.items() if value is not None}
