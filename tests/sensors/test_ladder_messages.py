"""What a reminder says of an alert that did not arrive: it never claims that somebody was asked."""

import pytest

from sensors.rendering import Renderer
from tests.sensors.conftest import FACTS
from tests.sensors.test_messages import row

ALERT = {"alert_play": "at_risk_review", "alert_routed_at": "2026-11-20 08:00", "alert_overdue": True}
REACHED = {
    "sla_reminder": "You were asked about",
    "sla_manager": "went out on",
    "sla_lead": "has been open since",
}
UNSENT = {
    "sla_reminder": "You were to be asked",
    "sla_manager": "was to go out on",
    "sla_lead": "has been open since",
}


@pytest.mark.parametrize("play", REACHED)
@pytest.mark.parametrize("state", [None, "delivered", "held", "dead"])
def test_a_step_of_the_ladder_says_whether_the_alert_arrived(play: str, state: str | None) -> None:
    content = Renderer().render(row(play, "email", FACTS | ALERT | {"alert_state": state})).content
    said = " ".join(content["text"].split())
    assert (UNSENT if state == "dead" else REACHED)[play] in said
    assert ("could not be delivered" in said) == (state == "dead")
    assert ("It is not certain that the message itself arrived." in said) == (state == "held")
