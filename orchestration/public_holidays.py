"""Writes `holidays.csv`: the public holidays of the countries that the policy's calendars name.

Run `python -m orchestration.public_holidays`. The seed is a file so that a past day keeps the holidays it was
planned with, and an office can add its own days off. Nothing is fetched: the dates come from the `holidays`
package. Holidays that only parts of a country keep are left out.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import holidays

SEEDS = Path(__file__).parents[1] / "dbt_project/seeds/policy"
VALID_FROM = "1900-01-01"
COLUMNS = ("valid_from", "country", "holiday_on", "name")


class UnknownCountryError(ValueError):
    """A calendar names a country whose holidays nobody knows."""


def countries_of(calendars: str) -> list[str]:
    """The countries in the text of `calendars.csv`."""
    return sorted({row["country"] for row in csv.DictReader(io.StringIO(calendars)) if row["country"]})


def holidays_csv(countries: Sequence[str], years: Sequence[int]) -> str:
    """The seed's text: a row per country and holiday, in order. Raises `UnknownCountryError`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for country in countries:
        try:
            days = holidays.country_holidays(country, years=years, language="en_US")
        except NotImplementedError as error:
            raise UnknownCountryError(
                f"nobody knows the holidays of {country!r}; name it in calendars.csv by its ISO 3166-1 code"
            ) from error
        for day, name in sorted(days.items()):
            writer.writerow((VALID_FROM, country, day.isoformat(), name))
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m orchestration.public_holidays", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=2023, metavar="YEAR")
    parser.add_argument("--to", dest="last", type=int, default=2028, metavar="YEAR")
    arguments = parser.parse_args()
    calendars = (SEEDS / "calendars.csv").read_text(encoding="utf-8")
    written = holidays_csv(countries_of(calendars), range(arguments.first, arguments.last + 1))
    (SEEDS / "holidays.csv").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
