"""For each fact a guard asks for: an account that meets it, and its neighbour that differs in this alone."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from decision_world import DAYS, Account, Case, Day, Episode, Override

SATURDAY, SUNDAY, MONDAY, TUESDAY = DAYS
# Of these ids none is in the holdout of the shipped experiment but the held out one.
BASE_ID, HELD_OUT_ID = "calm", "held-out-{}"
ALERTED, MESSAGED = "onboarding_first_login_csm", "onboarding_welcome"
Change = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class GuardCase:
    """`play_id`: whose last action the guard holds back at the account that `meets` its fact, and not at its
    `neighbour`. `clones`: plays made of shipped ones, as (shipped play, what differs); they take its place.
    """

    play_id: str
    meets: list[Account]
    neighbour: list[Account]
    clones: list[Change] = field(default_factory=list)
    neighbour_clones: list[Change] | None = None
    blocks: tuple[Override, ...] = ()
    shelf_life_days: int | None = None


def episode(kind: str, key: str | None = None, *, first: date = MONDAY, last: date = MONDAY) -> Episode:
    return Episode(kind, key, None, first, last)


def account(*episodes: Episode, **given: object) -> Account:
    """A small company in New Zealand, where Monday's decisions meet a working day; nothing is wrong with it."""
    calm = Account(
        account_id=BASE_ID,
        segment="smb",
        csm_id="ada",
        country="NZ",
        wants_human=False,
        email="kim@customer.example",
        is_unsubscribed=False,
        is_bounced=False,
        churned_on=None,
        days={day: Day(score=85, is_stale=False, days_since_activity=30) for day in DAYS},
        episodes=list(episodes),
    )
    return replace(calm, **given)  # type: ignore[arg-type]


def on_each_day(**given: object) -> dict[date, Day]:
    usual = Day(score=85, is_stale=False, days_since_activity=30)
    return {day: replace(usual, **given) for day in DAYS}  # type: ignore[arg-type]


def _pair(play_id: str, of: Account, **differs: object) -> GuardCase:
    return GuardCase(play_id, [replace(of, **differs)], [of])  # type: ignore[arg-type]


def _welcome() -> Account:
    return account(episode("onboarding_step", "welcome"))


def _quiet() -> Account:
    return account(episode("usage_quiet", "people"))


def _marketing_case(**given: bool) -> GuardCase:
    case = Case(opened_on=SUNDAY, closed_on=None, **{"is_critical": False, "is_escalated": False, **given})
    solved = replace(case, closed_on=SUNDAY)
    quiet = _quiet()
    return GuardCase("usage_nudge", [replace(quiet, cases=[case])], [replace(quiet, cases=[solved])])


def _person_on_account() -> GuardCase:
    """A person is asked to act on who may leave; where the risk is lower nobody is."""
    raised, lower = (
        episode("churn_risk_raised", band, first=SUNDAY, last=SUNDAY) for band in ("high", "elevated")
    )
    quiet = episode("usage_quiet", "people")
    return GuardCase("usage_nudge", [account(raised, quiet)], [account(lower, quiet)])


def _always(guard_id: str) -> GuardCase:
    """No shipped play breaks these; one is made that would."""
    if guard_id == "never_automated":
        broken: dict[str, object] = {"activity": "renewal_negotiation"}
    else:
        broken = {"topic": guard_id}
    return GuardCase(
        MESSAGED,
        [_welcome()],
        [_welcome()],
        clones=[(MESSAGED, broken)],
        neighbour_clones=[],
    )


def _enterprise() -> GuardCase:
    clones: list[Change] = [(MESSAGED, {"segments": "*"})]
    return replace(_pair(MESSAGED, _welcome(), segment="enterprise"), clones=clones)


def _twice(first: tuple[date, date], second: tuple[date, date]) -> Account:
    days = (first, second)
    return account(
        *(episode("onboarding_step", "first_login", first=begin, last=end) for begin, end in days),
        segment="enterprise",
    )


def _cooling_down() -> GuardCase:
    return GuardCase(
        ALERTED,
        [_twice((SATURDAY, SATURDAY), (SUNDAY, SUNDAY))],
        [_twice((SATURDAY, SATURDAY), (MONDAY, MONDAY))],
        clones=[(ALERTED, {"cool_down_days": 2})],
    )


def _messages_this_week(limit: int) -> GuardCase:
    """The step with the lowest priority comes last, behind as many others as the cap allows, or one fewer."""
    steps = ("welcome", "get_started", "first_login", "usage_review", "success_check_in")
    others = [episode("onboarding_step", step) for step in steps]
    others.append(episode("usage_quiet", "people"))
    last = episode("feature_unused", "never_used")
    assert limit <= len(others)
    return GuardCase(
        "adoption_alert",
        [account(*others[:limit], last)],
        [account(*others[: limit - 1], last)],
    )


def _alerts_this_week(limit: int) -> GuardCase:
    """As many alerts on Monday as the cap allows, or one fewer, and one more on Tuesday."""
    first = episode("onboarding_step", "first_login")
    others = [account(first, account_id=f"other-{number}", segment="enterprise") for number in range(limit)]
    late = episode("onboarding_step", "first_login", first=TUESDAY, last=TUESDAY)
    last = account(late, segment="enterprise")
    return GuardCase(ALERTED, [*others, last], [*others[1:], last])


def _told_of_tier() -> GuardCase:
    below, entered = episode("score_below"), episode("tier_entered", "critical")
    low = on_each_day(score=35)
    return GuardCase("immediate_routing", [account(below, entered, days=low)], [account(below, days=low)])


def _too_old() -> GuardCase:
    old = episode("onboarding_step", "welcome", first=SATURDAY, last=SATURDAY)
    fresh = episode("onboarding_step", "welcome", first=SUNDAY, last=SUNDAY)
    return GuardCase(MESSAGED, [account(old)], [account(fresh)], shelf_life_days=2)


def _blocked() -> GuardCase:
    block = Override(BASE_ID, MESSAGED, None, MONDAY, MONDAY)
    return GuardCase(MESSAGED, [_welcome()], [_welcome()], blocks=(block,))


def _churned() -> GuardCase:
    lasting = account(episode("onboarding_step", "welcome", first=SUNDAY))
    # it waits over Sunday for the usage it rests on, and is gone when that is known
    clones: list[Change] = [(MESSAGED, {"rests_on_usage": True})]
    silent = lasting.days | {SUNDAY: replace(lasting.days[SUNDAY], is_stale=True)}
    waiting = replace(lasting, days=silent)
    return replace(_pair(MESSAGED, waiting, churned_on=MONDAY), clones=clones)


def _held_out(held_out_id: str) -> GuardCase:
    return _pair(MESSAGED, _welcome(), account_id=held_out_id)


def guard_case(guard_id: str, fact: str, limit: float | None, held_out_id: str) -> GuardCase:
    """Raises KeyError for a fact that nothing is known of: a new fact comes with its case."""
    expansion = account(episode("expansion_ready"))
    cap = int(limit or 0)
    cases: dict[str, Callable[[], GuardCase]] = {
        "always": lambda: _always(guard_id),
        "too_old": _too_old,
        "churned": _churned,
        "blocked": _blocked,
        "wants_human": lambda: _pair(MESSAGED, _welcome(), wants_human=True),
        "enterprise": _enterprise,
        "held_out": lambda: _held_out(held_out_id),
        "contact_bounced": lambda: _pair(MESSAGED, _welcome(), is_bounced=True),
        "contact_unsubscribed": lambda: _pair("usage_nudge", _quiet(), is_unsubscribed=True),
        "recently_active": lambda: GuardCase(
            "usage_nudge",
            [replace(_quiet(), days=on_each_day(days_since_activity=cap))],
            [replace(_quiet(), days=on_each_day(days_since_activity=cap + 1))],
        ),
        "stale_usage": lambda: _pair("usage_nudge", _quiet(), days=on_each_day(is_stale=True)),
        "unknown_score": lambda: _pair("expansion_prompt", expansion, days=on_each_day(score=None)),
        "open_critical_ticket": lambda: _marketing_case(is_critical=True),
        "open_escalation": lambda: _marketing_case(is_escalated=True),
        "person_on_account": _person_on_account,
        "no_recipient": lambda: _pair(MESSAGED, _welcome(), email=None),
        "told_of_tier": _told_of_tier,
        "cooling_down": _cooling_down,
        "alert_open": lambda: GuardCase(
            ALERTED,
            [_twice((SATURDAY, TUESDAY), (MONDAY, MONDAY))],
            [_twice((SATURDAY, SUNDAY), (MONDAY, MONDAY))],
        ),
        "messages_this_week": lambda: _messages_this_week(cap),
        "alerts_this_week": lambda: _alerts_this_week(cap),
        "outside_working_hours": lambda: _pair(MESSAGED, _welcome(), country="DE"),
    }
    return cases[fact]()


def lifts(guard_id: str) -> Override:
    return Override(BASE_ID, "*", guard_id, SATURDAY, SATURDAY + timedelta(days=30))
