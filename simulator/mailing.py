"""Whom mail does not reach: people who opted out of it, and addresses that stopped working."""

from simulator.draws import Bools, Draws, Ints
from simulator.people import People

OPT_OUT_SHARE, OPT_OUT_DAYS = 0.06, 300.0  # who will ever opt out, and how long that takes on average
DEAD_SHARE, DEAD_DAYS = 0.02, 400.0  # likewise addresses that die while their owner still works there
LEFT_DAYS = 3  # an address of somebody who left is closed so soon


def opted_out(people: People, draws: Draws, today: int, rows: Ints) -> Bools:
    """By the end of the day; it is never taken back."""
    keys = people.keys[rows]
    will = draws.uniform("opts out", 0, keys) < OPT_OUT_SHARE
    days = OPT_OUT_DAYS * draws.exponential("opts out after", 0, keys)
    return will & (people.joined[rows] // 86400 + days <= today)


def bounced(people: People, draws: Draws, today: int, rows: Ints) -> Bools:
    """By the end of the day; never the first user of an account, whose address billing writes to."""
    keys = people.keys[rows]
    dies = (draws.uniform("address dies", 0, keys) < DEAD_SHARE) & (people.ordinal[rows] > 0)
    days = DEAD_DAYS * draws.exponential("address dies after", 0, keys)
    dead = dies & (people.joined[rows] // 86400 + days <= today)
    return dead | (people.left_day[rows] + LEFT_DAYS <= today)
