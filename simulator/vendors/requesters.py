"""Who wrote a ticket, as a CRM sees it that is the desk, too: account and contact, or neither."""

from simulator.vendors.view import Row, View


def requester(view: View, ticket: Row) -> tuple[str | None, Row | None]:
    """The account and the user, where the vendor shows their account."""
    user = view.by_email().get((ticket["requester_email"] or "").lower())
    account = ticket["account_id"] or (user["account_id"] if user else None)
    if account not in _shown(view):
        return None, None
    return account, user if user and user["account_id"] == account else None


def _shown(view: View) -> set[str]:
    own: set[str] = view.derived(
        "accounts shown", lambda: {row["account_id"] for row in view.rows("accounts")}
    )
    return own
