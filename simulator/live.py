"""A company that answers back through files: its drop folder grows daily, its actions come from an outbox."""

from datetime import date
from pathlib import Path

from simulator.company import Company
from simulator.delivered import Outbox
from simulator.drop_folder import Writer
from simulator.scenario import Scenario, ScenarioError, to_date, to_day
from simulator.truth import Truth


class Live:
    """Alternate with whoever reads the folder and fills the outbox: `advance`, let them work, `advance`.

    The folder always holds the company as of the end of the last day. Until `history` ends, the company's own
    automation acts, if the scenario has one; from then on only what the outbox says.
    """

    def __init__(
        self,
        scenario: Scenario,
        out: Path,
        outbox: Path,
        *,
        truth: Path | None = None,
        file_format: str = "parquet",
    ) -> None:
        if out.exists() and any(out.iterdir()):
            raise ScenarioError(f"{out} is not empty: a live company needs a folder of its own")
        self.company = Company(scenario)
        self._writer = Writer(out, file_format)
        self._outbox = Outbox(outbox)
        self._truth = Truth(self.company, truth) if truth is not None else None

    @property
    def today(self) -> date:
        """The last day lived."""
        return to_date(self.company.today)

    def history(self, until: date) -> None:
        """Live through all days up to and with `until`, before anybody acts on what is seen."""
        while self.company.today < to_day(until):
            self._live(None)
        self._writer.tables(self.company)

    def advance(self) -> date:
        """One more day, with what was delivered since the last. Returns the day."""
        self._live(self._outbox.new())
        self._writer.tables(self.company)
        return self.today

    def _live(self, actions: list[dict[str, object]] | None) -> None:
        seen = self.company.step(self.company.today + 1, actions)
        if seen.usage is not None:
            self._writer.usage(seen.day, seen.usage)
        if self._truth is not None:
            self._truth.step(seen)

    def close(self) -> None:
        """Write the rest of the truth."""
        if self._truth is not None:
            self._truth.close()
