"""Pictures of the company for the docs: latent health, usage with its seasons, churn by cohort."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl

from simulator.company import Company
from simulator.health import probability
from simulator.people import NEVER
from simulator.scenario import Scenario, to_date

END = date(2026, 10, 31)
SEED = 7
ACCENT, BASELINE, WARNING, TEXT = "#2F5BEA", "#9AA4B5", "#B3261E", "#5B6577"
FAINT = "#E6E9EF"
WIDTH, HEIGHT = 720, 260
HEALTH_ACCOUNTS = 3  # of each kind
COHORT_DAYS = 182


def _look(chart: alt.LayerChart, title: str, subtitle: str) -> alt.LayerChart:
    """The same plain look for all pictures; the title says what is to be seen."""
    heading = alt.TitleParams(
        title,
        subtitle=subtitle,
        anchor="start",
        fontSize=16,
        subtitleColor=TEXT,
        subtitleFontSize=12,
        offset=14,
    )
    styled: alt.LayerChart = (
        chart.properties(width=WIDTH, height=HEIGHT, title=heading, background="white")
        .configure(font="Helvetica, Arial, sans-serif", padding=16)
        .configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=TEXT, titleColor=TEXT, gridColor=FAINT, domainColor=FAINT, titleFontWeight=500
        )
        .configure_legend(labelColor=TEXT, labelFontSize=12)
    )
    return styled


def _rows(frame: pl.DataFrame) -> alt.InlineData:
    return alt.InlineData(values=frame.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts())


def _live(scenario: Scenario) -> alt.LayerChart:
    """The line at which automation went live, with its name."""
    at = pl.DataFrame({"date": [to_date(scenario.live_day)], "label": ["automation live"]})
    base = alt.Chart(_rows(at)).encode(x="date:T")
    rule = base.mark_rule(color=TEXT, strokeDash=[4, 4])
    name = base.mark_text(align="left", dx=6, baseline="top", color=TEXT, fontSize=12).encode(
        y=alt.value(2), text="label:N"
    )
    joined: alt.LayerChart = rule + name
    return joined


class _Album:
    """What the pictures need, noted while the company lives."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.company = Company(scenario, watched=False)
        self.without = Company(replace(scenario, automation="none"), watched=False)
        self._health: list[np.ndarray] = []
        self._visits: list[int] = []
        self._machines: list[int] = []
        while self.company.today < scenario.last_day:
            seen = self.company.step(self.company.today + 1)
            self.without.step(self.without.today + 1, [])
            self._health.append(probability(self.company.health.value))
            self._visits.append(len(seen.activity.visits))
            self._machines.append(int(seen.activity.machine_rows.sum()))
        self.dates = [to_date(scenario.first_day + number) for number in range(len(self._visits))]

    def health(self) -> alt.LayerChart:
        contracts, portfolio = self.company.contracts, self.company.portfolio
        old = portfolio.start_day < self.scenario.first_day
        settled = contracts.churn_day > self.scenario.first_day + 200
        gone = np.flatnonzero(old & settled & (contracts.churn_day < NEVER))[:HEALTH_ACCOUNTS]
        stayed = np.flatnonzero(old & (contracts.decided_day == NEVER))[:HEALTH_ACCOUNTS]
        health, first = np.array(self._health), self.scenario.first_day
        paths = [
            pl.DataFrame(
                {
                    "date": self.dates,
                    "health": health[:, account].round(4),
                    "account": self.company.account_ids[account],
                    "fate": fate,
                    "day": np.arange(first, first + len(self.dates)),
                }
            ).filter(pl.col("day") < contracts.churn_day[account])
            for accounts, fate in ((stayed, "stayed"), (gone, "left (dot: the decision)"))
            for account in accounts
        ]
        rows = pl.concat(paths)
        decided = {self.company.account_ids[account]: contracts.decided_day[account] for account in gone}
        dots = rows.filter(pl.col("day") == pl.col("account").replace_strict(decided, default=-1))
        colour = alt.Color("fate:N", title=None, legend=alt.Legend(orient="bottom")).scale(
            domain=["stayed", "left (dot: the decision)"], range=[ACCENT, WARNING]
        )
        lines = alt.Chart(_rows(rows.drop("day"))).mark_line(strokeWidth=1.4, opacity=0.85)
        lines = lines.encode(
            x=alt.X("date:T", title=None).axis(format="%b %Y"),
            y=alt.Y("health:Q", title="latent health").scale(domain=[0, 1]),
            color=colour,
            detail="account:N",
        )
        marks = alt.Chart(_rows(dots.drop("day"))).mark_point(filled=True, size=70, color=WARNING, opacity=1)
        return _look(
            lines + marks.encode(x="date:T", y="health:Q"),
            "Latent health drifts, is hit by shocks, and decides who leaves",
            f"{2 * HEALTH_ACCOUNTS} accounts of {len(portfolio):,}; nobody in the company sees these lines",
        )

    def usage(self) -> alt.LayerChart:
        def relative(values: list[int]) -> np.ndarray:
            return np.round(np.array(values) / np.median(values), 3)

        rows = pl.concat(
            [
                pl.DataFrame({"date": self.dates, "use": relative(self._visits), "kind": "people at work"}),
                pl.DataFrame(
                    {"date": self.dates, "use": relative(self._machines), "kind": "machine traffic"}
                ),
            ]
        )
        chart = alt.Chart(_rows(rows)).mark_line(strokeWidth=1.2)
        chart = chart.encode(
            x=alt.X("date:T", title=None).axis(format="%b %Y"),
            y=alt.Y("use:Q", title="a day, against its median").scale(domain=[0, 1.6]),
            color=alt.Color("kind:N", title=None, legend=alt.Legend(orient="bottom")).scale(
                domain=["people at work", "machine traffic"], range=[ACCENT, BASELINE]
            ),
        )
        return _look(
            chart + _live(self.scenario),
            "People rest at weekends, on holidays and at the turn of the year; machines hardly do",
            "visits of people, and rows that APIs and integrations send, per day, all accounts",
        )

    def churn(self) -> alt.LayerChart:
        """Share of each sign-up cohort still there, by months since sign-up; earlier accounts together."""
        portfolio, scenario = self.company.portfolio, self.scenario
        begin = np.maximum(portfolio.start_day, scenario.first_day)
        cohort = np.where(
            portfolio.start_day < scenario.first_day, -1, (begin - scenario.first_day) // COHORT_DAYS
        )
        here = self.company.contracts.churn_day > scenario.first_day
        parts = []
        # the last half-year has only begun
        for number in range(-1, (scenario.last_day - scenario.first_day) // COHORT_DAYS - 1):
            members = np.flatnonzero(here & (cohort == number))
            opens = scenario.first_day + max(number, 0) * COHORT_DAYS
            closes = scenario.first_day + (number + 1) * COHORT_DAYS  # the youngest joined the day before
            name = "before the first day" if number < 0 else f"half-year from {to_date(opens):%b %Y}"
            for company, kind in ((self.company, "as it was"), (self.without, "without automation")):
                lived = company.contracts.churn_day[members] - begin[members]
                months = range((scenario.last_day - closes) // 30 + 1)
                kept = [round(float((lived > 30 * month).mean()), 4) for month in months]
                columns = {"month": list(months), "kept": kept, "kind": kind}
                parts.append(pl.DataFrame(columns).with_columns(cohort=pl.lit(f"{name} ({len(members)})")))
        rows = pl.concat(parts)
        names = rows["cohort"].unique(maintain_order=True).to_list()
        shades = ["#1B2A57", ACCENT, "#1B7F79", "#F0A04B"]
        chart = alt.Chart(_rows(rows)).mark_line(strokeWidth=2)
        chart = chart.encode(
            x=alt.X("month:Q", title="months since sign-up (or since the first day)").axis(tickMinStep=1),
            y=alt.Y("kept:Q", title="accounts still there").scale(domain=[0.6, 1]).axis(format="%"),
            color=alt.Color("cohort:N", title="signed up", legend=alt.Legend(orient="bottom")).scale(
                domain=names, range=shades[: len(names)]
            ),
            strokeDash=alt.StrokeDash("kind:N", title=None, legend=alt.Legend(orient="bottom")).scale(
                domain=["as it was", "without automation"], range=[[1, 0], [5, 4]]
            ),
        )
        return _look(
            alt.LayerChart(layer=[chart]),
            "Accounts leave; fewer do once automation is live",
            f"share still there; live after {scenario.months // 2} months; dashed: same dice, no automation",
        )


def draw(folder: Path, *, accounts: int = 1000, months: int = 18) -> list[Path]:
    """Write the pictures as SVG. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    album = _Album(Scenario(end=END, accounts=accounts, months=months, seed=SEED))
    charts = {"health": album.health(), "usage": album.usage(), "churn": album.churn()}
    paths = []
    for name, chart in charts.items():
        paths.append(folder / f"simulator-{name}.svg")
        chart.save(paths[-1], format="svg")
    return paths
