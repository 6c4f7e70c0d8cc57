"""The steps of a renewal as they ship: nobody gets a brief and a negotiation of one renewal on one day."""

import csv
from itertools import pairwise

from decision_models import PROJECT


def test_a_renewal_is_at_one_step_at_a_time() -> None:
    with (PROJECT / "seeds/policy/renewal_steps.csv").open() as file:
        rows = list(csv.DictReader(file))
    for version, segment in {(row["valid_from"], row["segment"]) for row in rows}:
        steps = sorted(
            (int(row["opens_days_before"]), int(row["closes_days_before"]))
            for row in rows
            if (row["valid_from"], row["segment"]) == (version, segment)
        )
        assert len(steps) > 1
        assert all(later[0] < earlier[1] for later, earlier in pairwise(steps)), (version, segment, steps)
