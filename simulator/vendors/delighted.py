"""Delighted: survey responses, people, metrics.

Follows the shapes in the vendor's own SDK tests: lists are bare arrays, `expand[]=person` puts the person in
place of its id, people page by a `Link` header, the key is the name of basic authentication.
"""

from bisect import bisect_left
from typing import Any

from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import Lists, Vendor, basic, route, unix
from simulator.vendors.view import Row

PAGE, PAGE_MOST = 20, 100
PROMOTERS_FROM, DETRACTORS_TO = 9, 6


class Delighted(Vendor):
    name = "delighted"

    def authorise(self, request: Request) -> None:
        if basic(request) != (self.secret, ""):
            error = {"status": 401, "message": "You must provide a valid API key."}
            raise RefusedError(Answer.json(error, 401))

    def _responses(self) -> list[Row]:
        """The longest unchanged first."""

        def make() -> list[Row]:
            rows = [row for row in self.view.rows("survey_responses") if row["kind"] == "nps"]
            return sorted(rows, key=lambda row: (row["updated_at"], row["response_id"]))

        rows: list[Row] = self.view.derived("delighted responses", make)
        return rows

    def _people(self) -> list[Row]:
        """Who answered, once each, as of when they first did."""

        def make() -> list[Row]:
            found: dict[str, Row] = {}
            for row in self._responses():
                found.setdefault(self._person_id(row), self._person(row))
            return list(found.values())

        people: list[Row] = self.view.derived("delighted people", make)
        return people

    def _person_id(self, row: Row) -> str:
        return str(self.identities.number("delighted", "person", self._person_key(row), digits=9))

    def _person_key(self, row: Row) -> str:
        """The user behind an answer, or the answer itself when nobody is known."""
        user = self.view.by_email().get((row["email"] or "").lower())
        return user["user_id"] if user else f"respondent:{row['response_id']}"

    def _person(self, row: Row) -> Row:
        user = self.view.by_email().get((row["email"] or "").lower())
        at = unix(row["submitted_at"])
        name = user["name"] if user else None
        times = {"created_at": at, "last_sent_at": at, "last_responded_at": at}
        who = {"id": self._person_id(row), "name": name, "email": row["email"], "phone_number": None}
        return {**who, **times, "next_survey_scheduled_at": None}

    def lists(self, base_url: str) -> Lists:
        return (self._people,)

    @route("GET", "/v1/survey_responses.json")
    def survey_responses(self, request: Request) -> Answer:
        """Oldest change first by default, as an incremental import needs it; `order=desc` turns it round."""
        rows = self._responses()
        if request.one("updated_since"):
            since = request.number("updated_since", 0)
            rows = rows[bisect_left(rows, since, key=lambda row: unix(row["updated_at"]) or 0) :]
        bounds = (
            ("since", "submitted_at", 1),
            ("until", "submitted_at", -1),
            ("updated_until", "updated_at", -1),
        )
        for name, field, sign in bounds:
            if request.one(name):
                bound = request.number(name, 0)
                rows = [row for row in rows if sign * ((unix(row[field]) or 0) - bound) >= 0]
        if request.one("order") == "desc":
            rows = rows[::-1]
        size, page = request.number("per_page", PAGE, most=PAGE_MOST), max(request.number("page", 1), 1)
        inlined = "person" in request.query.get("expand[]", [])
        shown = rows[(page - 1) * size : page * size]
        return Answer.json([self._response(row, inlined=inlined) for row in shown])

    def _response(self, row: Row, *, inlined: bool) -> Row:
        number = str(self.identities.number("delighted", "response", row["response_id"], digits=9))
        user = self.view.by_email().get((row["email"] or "").lower())
        account = row["account_id"] or (user and user["account_id"])
        known = self.identities.external_id("delighted", "account", account) if account else None
        properties = {"customer_id": known} if known else {}
        return {
            "id": number, "person": self._person(row) if inlined else self._person_id(row),
            "survey_type": "nps", "score": int(row["score"]), "comment": row["comment"],
            "permalink": f"https://delighted.example/r/{number}", "created_at": unix(row["submitted_at"]),
            "updated_at": unix(row["updated_at"]), "person_properties": properties, "notes": [], "tags": [],
            "additional_answers": [],
        }  # fmt: skip

    @route("GET", "/v1/people.json")
    def people(self, request: Request) -> Answer:
        """The next page stands in the `Link` header."""
        since = request.number("since", 0)
        rows = [row for row in self._people() if (row["created_at"] or 0) >= since]
        size, start = request.number("per_page", PAGE, most=PAGE_MOST), request.number("page_info", 0)
        following = request.next_start(start, size)
        asked = f"since={since}&per_page={size}&page_info={following}"
        link = f'<{request.base_url}/v1/people.json?{asked}>; rel="next"'
        return Answer.json(
            rows[start : start + size], headers={"Link": link} if following < len(rows) else {}
        )

    @route("GET", "/v1/metrics.json")
    def metrics(self, request: Request) -> Answer:
        scores = [row["score"] for row in self._responses()]
        promoters = sum(score >= PROMOTERS_FROM for score in scores)
        detractors = sum(score <= DETRACTORS_TO for score in scores)
        nps = round(100 * (promoters - detractors) / len(scores)) if scores else None
        counts: dict[str, Any] = {"promoter_count": promoters, "detractor_count": detractors}
        passives = len(scores) - promoters - detractors
        return Answer.json({"nps": nps, **counts, "passive_count": passives, "response_count": len(scores)})
