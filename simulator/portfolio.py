"""Who the customers and the CSMs are: what does not change from day to day, as one array per attribute."""

from dataclasses import dataclass

import numpy as np

from simulator import catalogue, directory, seasons
from simulator.draws import Bools, Draws, Floats, Ints, Keys, entity_keys
from simulator.scenario import Scenario, add_months

STANDING_SHARE = 0.72  # accounts that are customers before the first day
TYPICAL_EMPLOYEES = (24.0, 260.0, 2400.0)  # medians by segment
TYPICAL_SEATS = (5.0, 15.0, 48.0)
SEAT_SPREAD = (0.65, 0.70, 0.80)  # sigma of the log: a heavy tail
MOST_SEATS = 2500
MONTHLY_BILLED = (0.45, 0.05, 0.0)
MACHINE_SEATS = 0.35  # accounts that work through API or integration need fewer people
MACHINE_PRICE = 2.6
SHORT_TRIALS, TRIAL_DAYS = 0.7, (14, 30)
DOMAIN_UNKNOWN, IN_A_GROUP, WANTS_HUMAN, HAS_BOT = 0.04, 0.03, 0.02, 0.02


@dataclass(frozen=True)
class Portfolio:
    """Arrays over all accounts of the scenario, whether they have joined yet or not. Days since 1970."""

    keys: Keys
    names: list[str]
    domains: list[str | None]
    segment: Ints
    industry: Ints
    zone: Ints
    region: list[str]
    currency: list[str]
    employees: Ints
    plan: Ints
    usage_type: Ints
    seats: Ints  # the size the account grows to
    price: Floats  # a month for one seat
    start_day: Ints  # signed up
    contract_day: Ints  # contract starts (the trial is over)
    is_monthly: Bools
    csm: Ints
    wants_human: Bools
    has_sponsor: Bools
    parent: Ints  # -1: none
    has_bot: Bools
    single_sign_on: Bools
    responsiveness: Floats  # how willingly its people answer surveys (1 is typical)
    volume: Floats  # heavy-tailed scale of machine traffic

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def is_machine(self) -> Bools:
        """Works through the API or an integration only: no person is ever seen in the product."""
        names = np.array(catalogue.USAGE_TYPES)[self.usage_type]
        return np.isin(names, ("api", "integration"))

    def account_ids(self) -> list[str]:
        return [f"acc_{number + 1:05d}" for number in range(len(self))]


def _by_segment(
    draws: Draws, stream: str, keys: Keys, segment: Ints, shares: tuple[tuple[float, ...], ...]
) -> Ints:
    chosen = np.zeros(len(keys), dtype=np.int64)
    for number, weights in enumerate(shares):
        here = segment == number
        chosen[here] = draws.pick(stream, 0, keys[here], np.array(weights))
    return chosen


def _names(count: int, draws: Draws) -> tuple[list[str], list[str | None]]:
    """Unique names; the domain is in a reserved top-level domain, so no message can reach anybody."""
    first, second, form = directory.COMPANY_FIRST, directory.COMPANY_SECOND, directory.COMPANY_FORM
    pairs = len(first) * len(second)
    offset = int(draws.bits("names", 0, entity_keys(1))[0] % np.uint64(pairs))
    step = 1009  # prime to the number of pairs: every pair comes once before one returns
    forms = draws.pick("name forms", 0, entity_keys(count), np.ones(len(form)))
    has_domain = draws.uniform("domains", 0, entity_keys(count)) > DOMAIN_UNKNOWN
    names: list[str] = []
    domains: list[str | None] = []
    for number in range(count):
        round_, place = divmod(number, pairs)
        at = (offset + place * step) % pairs
        stem = first[at // len(second)] + second[at % len(second)] + (f" {round_ + 1}" if round_ else "")
        names.append(f"{stem} {form[forms[number]]}")
        domains.append(stem.lower().replace(" ", "-") + ".example" if has_domain[number] else None)
    return names, domains


def _parents(segment: Ints, draws: Draws, keys: Keys) -> Ints:
    """Some accounts belong to a group whose head is an enterprise account."""
    heads = np.flatnonzero(segment == len(catalogue.SEGMENTS) - 1)
    parent = np.full(len(keys), -1, dtype=np.int64)
    if len(heads):
        child = (draws.uniform("groups", 0, keys) < IN_A_GROUP) & (segment < len(catalogue.SEGMENTS) - 1)
        parent[child] = heads[draws.bits("group heads", 0, keys[child]) % np.uint64(len(heads))]
    return parent


def found(scenario: Scenario, draws: Draws) -> Portfolio:
    """Draw the customers of a scenario."""
    count = scenario.accounts
    keys = entity_keys(count)
    segment = draws.pick("segment", 0, keys, np.array(catalogue.SEGMENT_SHARES))
    names, domains = _names(count, draws)
    zone = draws.pick("zone", 0, keys, np.array([share for *_, share in seasons.ZONES]))
    region = [seasons.ZONES[each][1] for each in zone]
    calendars = [seasons.ZONES[each][2] for each in zone]
    usage_type = _by_segment(draws, "usage type", keys, segment, catalogue.USAGE_SHARES)
    plan = _by_segment(draws, "plan", keys, segment, catalogue.PLAN_SHARES)
    is_machine = np.isin(np.array(catalogue.USAGE_TYPES)[usage_type], ("api", "integration"))

    spread = np.array(SEAT_SPREAD)[segment]
    seats = np.array(TYPICAL_SEATS)[segment] * np.exp(spread * draws.normal("seats", 0, keys))
    seats = np.clip(np.where(is_machine, seats * MACHINE_SEATS, seats), 2, MOST_SEATS)
    employees = np.array(TYPICAL_EMPLOYEES)[segment] * np.exp(0.8 * draws.normal("employees", 0, keys))
    price = np.array(catalogue.SEAT_PRICE)[plan] * np.exp(0.15 * draws.normal("discount", 0, keys) - 0.05)

    window = scenario.last_day - scenario.first_day
    tenure = 20 + 480 * draws.exponential("tenure", 0, keys)
    later = 1 + draws.uniform("joining", 0, keys) * (window - 1)
    stands = draws.uniform("standing", 0, keys) < STANDING_SHARE
    start = np.where(stands, scenario.first_day - tenure, scenario.first_day + later).astype(np.int64)
    trial = np.where(draws.uniform("trial", 0, keys) < SHORT_TRIALS, *TRIAL_DAYS)
    return Portfolio(
        keys=keys,
        names=names,
        domains=domains,
        segment=segment,
        industry=draws.pick("industry", 0, keys, np.array(catalogue.INDUSTRY_SHARES)),
        zone=zone,
        region=region,
        currency=[
            "GBP" if name == "uk" else catalogue.CURRENCIES[area]
            for name, area in zip(calendars, region, strict=True)
        ],
        employees=np.maximum(np.rint(employees), np.rint(seats)).astype(np.int64),
        plan=plan,
        usage_type=usage_type,
        seats=np.rint(seats).astype(np.int64),
        price=np.where(is_machine, price * MACHINE_PRICE, price),
        start_day=start,
        contract_day=start + trial,
        is_monthly=draws.uniform("billing", 0, keys) < np.array(MONTHLY_BILLED)[segment],
        csm=(draws.bits("csm", 0, keys) % np.uint64(scenario.csm_count)).astype(np.int64),
        wants_human=(draws.uniform("wants human", 0, keys) < WANTS_HUMAN)
        | (keys % np.uint64(50) == np.uint64(17)),
        has_sponsor=draws.uniform("sponsor", 0, keys) < np.array((0.05, 0.25, 0.65))[segment],
        parent=_parents(segment, draws, keys),
        has_bot=(draws.uniform("bot", 0, keys) < HAS_BOT) & ~is_machine,
        single_sign_on=draws.uniform("sso", 0, keys) < np.array((0.1, 0.45, 0.9))[segment],
        responsiveness=np.exp(0.5 * draws.normal("responsiveness", 0, keys)),
        volume=np.exp(1.0 * draws.normal("volume", 0, keys)) * np.array((0.8, 1.5, 3.0))[segment],
    )


def next_renewal(contract_day: Ints, day: int) -> Ints:
    """The first yearly anniversary of the contract after `day`."""
    years = np.maximum((day - contract_day) // 366, 0) + 1
    renewal = add_months(contract_day, 12 * years)
    return np.where(renewal <= day, add_months(contract_day, 12 * (years + 1)), renewal)
