"""The home folder: every path Tierline keeps state under, and nothing outside it."""

from dataclasses import dataclass
from pathlib import Path

from warehouse.writing import writing_to


@dataclass(frozen=True)
class Home:
    """Paths under one `TIERLINE_HOME`. Making the object touches nothing; `create` makes the folders."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root).absolute())

    @property
    def warehouse(self) -> Path:
        """The working database. Only the pipeline opens it."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def pointer(self) -> Path:
        """Symbolic link to the last audited snapshot."""
        return self.published / "current.duckdb"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def churn_models(self) -> Path:
        """A folder per version of the churn model: its parameters and its card."""
        return self.root / "models" / "churn"

    @property
    def dagster(self) -> Path:
        """Dagster's instance: runs, events, schedules, `dagster.yaml`."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's target folder and logs of the pipeline's own runs."""
        return self.root / "dbt"

    def create(self) -> "Home":
        """Raises `NotWritableError`."""
        with writing_to(f"TIERLINE_HOME={self.root}"):
            for folder in (self.root, self.published, self.outbox, self.quarantine, self.dagster, self.dbt):
                folder.mkdir(parents=True, exist_ok=True)
        return self
