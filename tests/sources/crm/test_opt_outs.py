"""Who opted out of mail, and whose mail bounces, as the CRMs say it."""

from pathlib import Path

import pytest
from crm_world import Crm

from simulator.company import Company

HUBSPOT = {"hs_email_optout": "true", "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER"}
SALESFORCE = {"HasOptedOutOfEmail": True, "EmailBouncedDate": "2026-10-19T08:00:00.000Z"}
COLUMNS = {
    "hubspot": ("hs_email_optout", "hs_email_hard_bounce_reason_enum is not null"),
    "salesforce": ("has_opted_out_of_email", "email_bounced_date is not null"),
}


@pytest.mark.parametrize("system", ["hubspot", "salesforce"])
def test_opt_outs_and_bounces_written_at_the_crm_are_loaded(
    system: str, lived: tuple[Company, Path], tmp_path: Path
) -> None:
    crm = Crm.open(system, lived, tmp_path)
    unsubscribed, bounced = COLUMNS[system]
    with crm.server:
        if system == "hubspot":
            standing = [number for number, row in crm.held("contacts").items() if not row["archived"]]
            path = f"/crm/v3/objects/contacts/{standing[0]}"
            crm.write("PATCH", path, json={"properties": HUBSPOT})
        else:
            standing = [number for number, row in crm.held("Contact").items() if not row["IsDeleted"]]
            crm.write("PATCH", f"/services/data/v66.0/sobjects/Contact/{standing[0]}", json=SALESFORCE)
        crm.load()
    found = {
        number: (is_out, is_dead)
        for number, is_out, is_dead in crm.rows(
            f"select id, coalesce({unsubscribed}, false), {bounced} from raw_{system}.contacts"
        )
    }
    assert found[standing[0]] == (True, True)
    assert (False, False) in found.values()
