"""What a person reads at the end of a run: tables on a terminal, plain columns elsewhere."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dagster import AssetCheckEvaluation
from rich import box
from rich.console import Console
from rich.table import Table

from assets.freshness import Feed
from orchestration.input_numbers import Identity, TableRows
from orchestration.numbers import Automation, Published
from orchestration.pipeline import RunReport
from warehouse.home import Home

# Wide enough for the longest row; a file or a pipe has no width of its own.
_PLAIN_WIDTH = 120
_LONGEST_EXAMPLE = 60
_WAITING = ("pending", "failed")


def write_summary(
    stream: TextIO,
    report: RunReport,
    *,
    tables: list[TableRows],
    published: Published | None,
    home: Home,
    seconds: float,
) -> None:
    """Everything known about the run, details first: the last lines are the ones that stay on screen."""
    is_terminal = stream.isatty()
    console = Console(
        file=stream, highlight=False, soft_wrap=not is_terminal, width=None if is_terminal else _PLAIN_WIDTH
    )
    for table in _tables(report, tables, published):
        console.print()
        console.print(table)
    console.print()
    for line in _lines(report, published, home, seconds):
        console.print(line, markup=False)


def _tables(report: RunReport, tables: list[TableRows], published: Published | None) -> list[Table]:
    made = []
    if tables:
        made.append(
            _table(
                "Rows read",
                ["table", "in", "loaded", "duplicate", "quarantined"],
                [(row.name, row.rows_in, row.loaded, row.duplicate, row.quarantined) for row in tables],
            )
        )
    if published is not None and report.failure is None:
        made += _identity(published.identity)
    if report.steps:
        made.append(
            _table("Steps", ["step", "seconds"], [(name, f"{seconds:.1f}") for name, seconds in report.steps])
        )
    if report.raw_checks:
        made.append(
            _table("Checks", ["checks of", "passed", "warned", "failed", "not given"], _checks(report))
        )
    if published is not None and report.failure is None:
        total = max(sum(published.tiers.values()), 1)
        made += [
            _table(
                f"Accounts per tier on {published.as_of}",
                ["tier", "accounts", "share"],
                [
                    (tier.replace("_", " "), count, f"{count / total:.1%}")
                    for tier, count in published.tiers.items()
                ],
            ),
            _table(
                "Tier crossings",
                ["direction", "last day", "last 7 days"],
                [(row.direction, row.last_day, row.last_week) for row in published.crossings],
            ),
            _table(
                "Decisions by mode",
                [
                    "mode",
                    "new, to deliver",
                    "new, suppressed by rule",
                    "in all, to deliver",
                    "in all, suppressed",
                ],
                [
                    (row.mode, row.new_to_deliver, row.new_suppressed, row.to_deliver, row.suppressed)
                    for row in published.decisions
                ],
            ),
        ]
    if report.delivery is not None:
        now = Counter(report.delivery.settled_now)
        made.append(
            _table(
                "Deliveries by state",
                ["state", "now", "in all"],
                [(state, now[state], count) for state, count in sorted(report.delivery.by_state.items())],
            )
        )
    return made


def _identity(found: Identity) -> list[Table]:
    made = []
    if found.conflicts:
        made.append(
            _table(
                "Identity conflicts: what leads to several accounts, or to another than it says",
                ["by", "conflicts", "for example"],
                [(row.kind, row.count, _short(row.example)) for row in found.conflicts],
            )
        )
    if found.unmatched:
        made.append(
            _table(
                "Rows that belong to no account",
                ["of", "rows", "unmatched", "for example"],
                [
                    (f"{row.system} {row.entity}", row.rows, row.unmatched, _short(row.example))
                    for row in found.unmatched
                ],
            )
        )
    return made


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1]}…"


def _checks(report: RunReport) -> list[tuple[object, ...]]:
    raw: Counter[str] = Counter()
    for check in report.raw_checks:
        raw[str(check.metadata["outcome"].value)] += 1
    rows: list[tuple[object, ...]] = [
        ("raw tables", raw["passed"], raw["warned"], raw["failed"], raw["not given"])
    ]
    if report.build is not None:
        rows.append(("models", report.build.passed, report.build.warned, report.build.failed, 0))
    return rows


def _lines(report: RunReport, published: Published | None, home: Home, seconds: float) -> list[str]:
    lines = [
        f"warning: {'.'.join(check.asset_key.path)}: {check.description}"
        for check in report.raw_checks
        if _warned(check)
    ]
    if report.build is not None:
        lines += [f"warning: dbt test {node.name}: {node.message}" for node in report.build.warnings]
    if report.delivery is not None:
        lines += [f"warning: {channel} rests: {why}" for channel, why in report.delivery.resting.items()]
    lines += [f"warning: stale: {check.description}" for check in report.stale]
    lines += [f"warning: not read: {words}" for words in report.outages]
    if published is not None and report.failure is None:
        lines.append(_feeds(published.feeds))
        if published.automation is not None:
            lines.append(_automation(published.automation))
    if report.recorded is not None:
        lines.append(report.recorded.in_words())
        if (
            waiting := sum(report.delivery.by_state.get(state, 0) for state in _WAITING)
            if report.delivery
            else 0
        ):
            lines.append(f"Not sent yet: {waiting:,}; customers are written to in their working hours")
    places: list[tuple[str, Path | str]] = [
        ("snapshot", home.pointer if published is not None else "none yet"),
        ("outbox", home.outbox),
        ("quarantine", home.quarantine),
        ("Dagster", "make up"),
    ]
    lines.append("Where to look")
    lines += [f"  {name:<11} {place}" for name, place in places]
    if report.failure is None and published is not None:
        lines.append(
            f"Done: scored through {published.as_of}, published {published.version}, in {seconds:.0f} s."
        )
    return lines


def _feeds(feeds: Sequence[Feed]) -> str:
    late = sum(feed.is_stale for feed in feeds)
    free = sum(feed.expected_within_hours is None for feed in feeds)
    told = f"Feeds: {len(feeds) - late - free} as fresh as expected, {late} stale"
    return f"{told}; of {free} more nothing is expected" if free else told


def _automation(found: Automation) -> str:
    words = f"Workflows of {found.month:%B %Y} done by machines: {found.share:.0%} of {found.workflows:,}"
    if found.benchmark_low is None or found.benchmark_high is None:
        return words
    return f"{words} (benchmark {found.benchmark_low:.0%} to {found.benchmark_high:.0%})"


def _warned(check: AssetCheckEvaluation) -> bool:
    return check.metadata["outcome"].value == "warned"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    return table
