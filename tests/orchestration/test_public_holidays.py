import csv
from zoneinfo import available_timezones

import pytest

from orchestration.public_holidays import SEEDS, UnknownCountryError, countries_of, holidays_csv

CALENDARS = (SEEDS / "calendars.csv").read_text(encoding="utf-8")


def test_the_seed_is_what_the_command_writes() -> None:
    written = (SEEDS / "holidays.csv").read_text(encoding="utf-8")
    assert written == holidays_csv(countries_of(CALENDARS), range(2023, 2029))
    assert "1900-01-01,DE,2026-10-03,German Unity Day\n" in written
    assert "1900-01-01,US,2026-11-26,Thanksgiving Day\n" in written


def test_every_time_zone_of_the_calendars_exists() -> None:
    zones = {row["time_zone"] for row in csv.DictReader(CALENDARS.splitlines())}
    assert zones <= available_timezones()


def test_a_country_nobody_knows_is_said_by_name() -> None:
    with pytest.raises(UnknownCountryError, match="'ZZ'"):
        holidays_csv(["ZZ"], [2026])
