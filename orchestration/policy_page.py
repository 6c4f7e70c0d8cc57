"""Writes `docs/policy.md`: every activity, play and guard of the policy in plain language.

Run `python -m orchestration.policy_page` after an edit of `dbt_project/seeds/policy/`; a test holds the page
against the seeds. It shows the newest version of each.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "dbt_project/seeds/policy"
PAGE = ROOT / "docs/policy.md"

Row = Mapping[str, str]
_INTRODUCTION = """\
Written by `python -m orchestration.policy_page` from `dbt_project/seeds/policy/`; edit those, not this page.
A play says what sets something off and who acts; a guard says what keeps it from going out.
How both are looked up for one account and day: [explain.md](explain.md)."""
_ORDER_OF_GUARDS = """\
The first that applies, by its number, is what a suppressed decision names. Those that count what was decided
before come last, because only what every other guard lets pass counts. A person may lift a liftable one for a
while (`overrides.csv`)."""
_RECIPIENTS = {
    "account": "the customer",
    "csm": "the CSM",
    "csm_manager": "the CSM's manager",
    "cs_lead": "the CS lead",
    "data_owner": "the data's owner",
}
_DONE_BY = {
    "automated": "a machine tells {recipient} by {channel}",
    "assisted": "a machine prepares and a person sends it to {recipient} by {channel}",
    "human": "a person acts: {recipient} is asked to by {channel}",
}
_CHANNELS = {"crm": "a task in the CRM (or a call to action in Gainsight), or else by email"}
_EFFECTS = {
    "suppress": "never goes out",
    "wait": "waits until it is over",
    "delay": "goes out at the next working hour",
}
_SCOPES: dict[str, Callable[[str], str]] = {
    "recipient_role": lambda value: "to " + _either(_RECIPIENTS[each] for each in value.split()),
    "mode": lambda value: f"that are {_either(value.split())}",
    "channel": lambda value: f"by {_either(value.split())}",
    "message_kind": lambda value: f"that are {_either(value.split())}",
    "topic": lambda value: "about " + _either(_plain(each) for each in value.split()),
    "automation": lambda value: f"of activities whose automation is {_either(value.split())}",
    "trigger_kind": lambda value: "set off by " + _either(_plain(each) for each in value.split()),
    "rests_on_usage": lambda value: "that rest on fresh usage",
}


def newest(seed: Path) -> list[Row]:
    """The rows of a seed's newest version, or all where it has no versions."""
    with seed.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "valid_from" not in rows[0]:
        return list(rows)
    latest = max(row["valid_from"] for row in rows)
    return [row for row in rows if row["valid_from"] == latest]


def policy_page(seeds: Path = SEEDS) -> str:
    """The page's text."""
    activities, plays = newest(seeds / "activities.csv"), newest(seeds / "plays.csv")
    guards = sorted(newest(seeds / "guards.csv"), key=lambda row: int(row["priority"]))
    parts = [
        "# The policy in plain language",
        _INTRODUCTION,
        "## What a machine may do",
        _table(
            ("activity", "automated?", "why"),
            [(f"`{row['activity']}`", row["automation"], row["why"]) for row in activities],
        ),
        "## Plays",
        "When a week's cap is near, what has the lower priority number goes first.",
        *(_activity(row, plays) for row in activities),
        "## Guards",
        _ORDER_OF_GUARDS,
        _table(
            ("", "guard", "holds back", "then it", "limit", "says", "why", "liftable"),
            [_guard(row) for row in guards],
        ),
        "## Who is left out to measure what automation is worth",
        *(_experiment(row) for row in newest(seeds / "experiments.csv")),
        "## What people overrode",
        *([_override(row) for row in newest(seeds / "overrides.csv")] or ["Nothing at present."]),
    ]
    return "\n\n".join(parts) + "\n"


def _activity(activity: Row, plays: Sequence[Row]) -> str:
    mine = sorted(
        (play for play in plays if play["activity"] == activity["activity"]),
        key=lambda play: (int(play["priority"]), play["play_id"]),
    )
    lines = [f"- {_play(play)}" for play in mine] or [
        "No play: people do it, and Tierline only keeps away from it."
    ]
    return f"### {_plain(activity['activity']).capitalize()}\n\n" + "\n".join(lines)


def _play(play: Row) -> str:
    trigger = _plain(play["trigger_kind"]) + (
        f" ({_plain(play['trigger_key'])})" if play["trigger_key"] else ""
    )
    done = _DONE_BY[play["mode"]].format(
        recipient=_RECIPIENTS[play["recipient_role"]], channel=_CHANNELS.get(play["channel"], play["channel"])
    )
    segments = (
        "every segment" if play["segments"] == "*" else _either(_plain(s) for s in play["segments"].split())
    )
    details = [f"For {segments}"]
    if play["message_kind"]:
        details.append(f"a {play['message_kind']} message")
    if play["sla_hours"]:
        details.append(f"to be answered within {play['sla_hours']} hours")
    if play["approval_hours"]:
        details.append(f"waits {play['approval_hours']} hours for approval")
    if play["cool_down_days"] != "0":
        details.append(f"not again within {play['cool_down_days']} days")
    if play["rests_on_usage"] == "true":
        details.append("rests on fresh usage")
    details.append(f"priority {play['priority']}")
    details.append(f"owned by {_plain(play['owner'])}")
    name = f"**{_plain(play['play_id'])}** (`{play['play_id']}`)"
    return f"{name}. On {trigger}, {done}. {', '.join(details)}. {play['reason']}."


def _guard(guard: Row) -> tuple[str, ...]:
    scope = [words(guard[column]) for column, words in _SCOPES.items() if guard[column] != "*"]
    watched = "actions " + ", ".join(scope) if scope else "all actions"
    if guard["spares_segment"]:
        watched += f"; not plays that name {_plain(guard['spares_segment'])}"
    if guard["spares_immediate"] == "true":
        watched += "; not what is routed at once"
    return (
        guard["priority"],
        f"`{guard['guard_id']}`",
        watched,
        _EFFECTS[guard["effect"]],
        guard["limit_value"],
        guard["words"],
        guard["why"],
        "yes" if guard["is_liftable"] == "true" else "no",
    )


def _experiment(row: Row) -> str:
    whose = "all automated messages" if row["play_id"] == "*" else f"`{row['play_id']}`"
    since = f" from {row['starts_on']}" if row["starts_on"] else ""
    until = f" until {row['ends_on']}" if row["ends_on"] else ""
    share = f"{float(row['share']):.1%} of accounts"
    return f"- `{row['experiment_id']}`: {share} get none of {whose}{since}{until}."


def _override(row: Row) -> str:
    account = "every account" if row["account_id"] == "*" else f"account `{row['account_id']}`"
    play = "every play" if row["play_id"] == "*" else f"`{row['play_id']}`"
    what = "is blocked" if row["effect"] == "block" else f"passes the guard `{row['guard_id']}`"
    when = f"from {row['from_on']} until {row['until_on']}"
    return f"- {play} for {account} {what} {when} ({row['made_by']}: {row['why']})."


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def main() -> None:
    PAGE.write_text(policy_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
