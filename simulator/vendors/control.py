"""The server's own door, for tests and people: what day it is, live on, what was asked, faults."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from simulator.vendors.faults import Fault, FaultError
from simulator.vendors.message import Answer, Request
from simulator.vendors.slack import Slack
from simulator.vendors.vendor import Vendor, route

if TYPE_CHECKING:
    from simulator.vendors.server import VendorServer

# With one request; nobody else is answered meanwhile.
DAYS_MOST = 366


class Control(Vendor):
    """Paths under `/_simulator`; open to whoever reaches the port, which is local. The truth is not here."""

    name = "_simulator"

    def __init__(self, server: "VendorServer") -> None:
        super().__init__(server.view, server.identities, server.settings)
        self._server = server

    def authorise(self, request: Request) -> None:
        """Nobody is refused."""

    @route("GET", "/")
    def state(self, request: Request) -> Answer:
        vendors = {name: self._server.url_of(name) for name in self._server.vendors}
        relay = "{}:{}".format(*self._server.smtp_address)
        return Answer.json({"today": self.view.today.isoformat(), "vendors": vendors, "smtp_relay": relay})

    @route("POST", "/advance")
    def advance(self, request: Request) -> Answer:
        """Body: `{"days": 1}`."""
        days = request.json().get("days", 1)
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= DAYS_MOST:
            return Answer.json({"error": f"days must be a whole number from 1 to {DAYS_MOST}"}, 400)
        self._server.advance(days)
        return self.state(request)

    @route("GET", "/requests")
    def requests(self, request: Request) -> Answer:
        """Everything recorded, or one vendor's with `?vendor=`."""
        return Answer.json([asdict(entry) for entry in self._server.journal.requests(request.one("vendor"))])

    @route("POST", "/slack_replies")
    def slack_reply(self, request: Request) -> Answer:
        """Body: `channel`, `thread_ts`, `user` and `text`; a `subtype` makes it a notice of Slack's own."""
        slack = self._server.vendors.get("slack")
        given = request.json()
        names = ("channel", "thread_ts", "user", "text")
        if not isinstance(slack, Slack) or not all(isinstance(given.get(name), str) for name in names):
            return Answer.json({"error": f"{', '.join(names)} are needed"}, 400)
        channel, thread, user, text = (given[name] for name in names)
        said = slack.say(channel, thread, user, text, given.get("subtype"))
        return Answer.json({"ts": said}) if said else Answer.json({"error": "no such thread"}, 404)

    @route("PUT", "/decisions")
    def decisions(self, request: Request) -> Answer:
        """Body: a list of `{"action_id": …, "account_id": …, "play_id": …}`, for messages of a mark alone."""
        rows = request.value()
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and "action_id" in row for row in rows
        ):
            return Answer.json({"error": "a list of objects with action_id is needed"}, 400)
        self._server.hearing.know(rows)
        return Answer.json({"decisions": len(rows)})

    @route("PUT", "/faults")
    def faults(self, request: Request) -> Answer:
        """Body: a list of faults that replaces the configured ones."""
        try:
            faults = [Fault(**fault) for fault in request.value()]
        except (FaultError, TypeError) as error:
            return Answer.json({"error": str(error)}, 400)
        self._server.set_faults(faults)
        return Answer.json({"faults": len(faults)})
