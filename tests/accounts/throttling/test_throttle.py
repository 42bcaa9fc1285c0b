"""The one throttle and its uses: how often each may fail, and what is said then."""

from collections.abc import Callable

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.throttling.codes import CodeThrottle
from accounts.throttling.sign_in import OwnPasswordThrottle, SignInThrottle
from accounts.throttling.throttle import Throttle, TooManyError
from core.audit.models import AuditRecord
from tests.accounts.throttling.test_throttling import later

REQUEST = RequestFactory().get("/")
UNPROVED, WRONG = "sign_in.not_confirmed", "second_factor.failed"
USES: list[tuple[Callable[[User], Throttle], str, list[str]]] = [
    (lambda user: SignInThrottle(REQUEST, f" {user.email} ".upper()), "Too many failed sign-ins", ["sign_in.blocked"]),
    (OwnPasswordThrottle, "Too many failed sign-ins", []),
    (lambda user: CodeThrottle.again(user, UNPROVED), "Too many wrong codes", [UNPROVED] * 5),
    (lambda user: CodeThrottle.at_the_sign_in(REQUEST, user, WRONG), "Too many wrong codes", [WRONG] * 5),
]


def fail_five_times(throttle: Throttle) -> None:
    """The fifth raises TooManyError, where it does, as the next try would."""
    for _ in range(4):
        throttle.begin()
        throttle.fail()
    throttle.begin()
    try:
        throttle.fail()
    except TooManyError:
        assert isinstance(throttle, CodeThrottle)
    else:
        assert not isinstance(throttle, CodeThrottle)


@pytest.mark.parametrize(("use", "words", "recorded"), USES)
def test_five_failures_stop_the_sixth_try(
    vic: User, use: Callable[[User], Throttle], words: str, recorded: list[str]
) -> None:
    throttle = use(vic)
    fail_five_times(throttle)
    assert list(AuditRecord.objects.values_list("action", flat=True)) == recorded
    for step in (throttle.begin, throttle.fail, throttle.succeed):
        with pytest.raises(TooManyError, match=f"{words}.* Try again in 5 minutes") as refused:
            step()
        assert 290 < refused.value.seconds <= 300
    later(301)
    throttle.begin()


@pytest.mark.parametrize(("use", "words", "recorded"), USES)
def test_a_right_code_forgives_and_a_right_password_does_not(
    vic: User, use: Callable[[User], Throttle], words: str, recorded: list[str]
) -> None:
    throttle = use(vic)
    for _ in range(4):
        throttle.fail()
    throttle.succeed()
    if isinstance(throttle, CodeThrottle):
        fail_five_times(throttle)
    else:
        throttle.fail()
    with pytest.raises(TooManyError):
        throttle.begin()
