"""The page of the policy in plain language says what the seeds say."""

import csv
from pathlib import Path

from orchestration.policy_page import PAGE, SEEDS, policy_page


def _names(seed: str, column: str) -> set[str]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8") as file:
        return {row[column] for row in csv.DictReader(file)}


def test_the_page_is_up_to_date_with_the_seeds() -> None:
    assert PAGE.read_text(encoding="utf-8") == policy_page(), "run `python -m orchestration.policy_page`"


def test_the_page_names_every_activity_play_and_guard() -> None:
    page = policy_page()
    named = _names("activities", "activity") | _names("plays", "play_id") | _names("guards", "guard_id")
    assert not {name for name in named if f"`{name}`" not in page}


def test_the_page_shows_the_newest_version_and_what_people_overrode(tmp_path: Path) -> None:
    for seed in ("activities", "plays", "guards", "experiments", "overrides"):
        (tmp_path / f"{seed}.csv").write_text((SEEDS / f"{seed}.csv").read_text(encoding="utf-8"))
    with (tmp_path / "experiments.csv").open("a") as file:
        file.write("2030-01-01,nudges,usage_nudge,0.1,salt,,2030-06-30\n")
    with (tmp_path / "overrides.csv").open("a") as file:
        file.write("o1,acc-1,*,,block,Ada,they are on strike,2030-01-01,2030-01-31\n")
        file.write("o2,*,usage_nudge,cool_down,allow,Ada,a new release,2030-01-01,2030-01-31\n")
    page = policy_page(tmp_path)
    assert "`nudges`: 10.0% of accounts get none of `usage_nudge` until 2030-06-30." in page
    assert "`automation`:" not in page
    blocked = (
        "every play for account `acc-1` is blocked from 2030-01-01 until 2030-01-31 (Ada: they are on strike)"
    )
    lifted = "`usage_nudge` for every account passes the guard `cool_down` from 2030-01-01 until 2030-01-31"
    assert blocked in page and lifted in page
