"""What is said of a dialed number, whatever becomes of it. That it is so: tests/pbx/test_dialed_words.py."""

from datetime import UTC, datetime

import pytest

from asterisk.outside import ABROAD, COSTLY, ORDINARY, Dialed, Hours, Leg, Limits, Outcome, in_words
from trunks.hours.intervals import State

AT = datetime(2026, 6, 11, 8, 30, tzinfo=UTC)
LINE = Leg("Telco", "+491711234567", "+4930123")


@pytest.mark.parametrize(
    ("dialed", "said"),
    [
        (Dialed("*43", Outcome.FEATURE), ["*43 is a service of the PBX."]),
        (
            Dialed("0900", Outcome.FORBIDDEN, cost=COSTLY),
            ["0900 is a premium, shared-cost, satellite, or unknown number, which 1000 may not dial (403)."],
        ),
        (Dialed("0044", Outcome.FORBIDDEN, cost=ABROAD), ["0044 is abroad, which 1000 may not dial (403)."]),
        (Dialed("030", Outcome.FORBIDDEN, cost=ORDINARY), ["1000 may not dial outside numbers (403)."]),
        (Dialed("030", Outcome.FORBIDDEN), ["1000 may not dial outside numbers (403)."]),
        (Dialed("030", Outcome.NOT_A_MEMBER, "World"), ["Route World matches, but 1000 may not use it (403)."]),
        (
            Dialed("0044", Outcome.WRONG_COUNTRY, "World", region="GB"),
            ["0044 is in United Kingdom, which is not one of the countries that 1000 may call (403)."],
        ),
        (
            Dialed("0099", Outcome.WRONG_COUNTRY, "World"),
            ["It is unknown which country 0099 is in. 1000 may call some countries only (403)."],
        ),
        (
            Dialed("0088216", Outcome.WRONG_COUNTRY, "World", region="001"),
            ["0088216 is in no country, such as by satellite. 1000 may call some countries only (403)."],
        ),
        (Dialed("1001", Outcome.EXTENSION), ["1001 is an extension. Its phones ring."]),
        (Dialed("6200", Outcome.GROUP, "Sales"), ["6200 is the ring group Sales. Its members ring."]),
        (
            Dialed("6200", Outcome.DISABLED_GROUP, "Sales"),
            ["6200 is the ring group Sales. It is disabled: the call goes on at once."],
        ),
        (
            Dialed("112", Outcome.EMERGENCY, legs=(LINE, Leg("Spare", "112", ""))),
            [
                "112 is an emergency number. It is called whatever the extension may dial.",
                "+491711234567 is called over Telco, with caller ID +4930123.",
                "If that fails, 112 is called over Spare.",
            ],
        ),
        (
            Dialed("030", Outcome.LOCKED),
            ["Outbound calls of 1000 are locked, because it called outside too often (403)."],
        ),
        (
            Dialed("112", Outcome.EMERGENCY),
            [
                "112 is an emergency number. It is called whatever the extension may dial.",
                "No trunk carries emergency calls. The caller hears an announcement.",
            ],
        ),
        (Dialed("030", Outcome.OUTSIDE, "World"), ["Route World takes it.", "It has no trunk in use."]),
        (
            Dialed("0171", Outcome.OUTSIDE, "World", (LINE,), limits=Limits(1, 600, 7200), asks_pin=True),
            [
                "Route World takes it.",
                "The caller has to enter the PIN of the route.",
                "+491711234567 is called over Telco, with caller ID +4930123.",
                "At most 1 call at once.",
                "The call ends after 10 minutes.",
                "All outbound calls together may last 120 minutes in 24 hours.",
            ],
        ),
        (
            Dialed("0171", Outcome.OUTSIDE, "World", (LINE,), limits=Limits(2, 0, 0)),
            [
                "Route World takes it.",
                "+491711234567 is called over Telco, with caller ID +4930123.",
                "At most 2 calls at once.",
            ],
        ),
        (
            Dialed("030", Outcome.NOT_NOW, hours=Hours(AT, State.CLOSED, ""), passed=("Day", "Desk")),
            [
                "06/11/2026 8:30 AM is outside of business hours.",
                "Route Day would take it at another hour.",
                "Route Desk would take it at another hour.",
                "1000 may dial outside numbers in business hours only (403).",
            ],
        ),
        (
            Dialed("030", Outcome.UNKNOWN, hours=Hours(AT, State.OPEN, ""), passed=("Night",)),
            [
                "06/11/2026 8:30 AM is within business hours.",
                "Route Night would take it at another hour.",
                "No route is for 030. The caller hears that the number does not exist (404).",
            ],
        ),
        (
            Dialed("030", Outcome.NOT_NOW, hours=Hours(AT, State.HOLIDAY, "Corpus Christi")),
            [
                "06/11/2026 8:30 AM is on a holiday: Corpus Christi.",
                "1000 may dial outside numbers in business hours only (403).",
            ],
        ),
    ],
)
@pytest.mark.django_db
def test_each_end_of_a_dialed_number_is_said(dialed: Dialed, said: list[str]) -> None:
    assert in_words("1000", dialed) == said
