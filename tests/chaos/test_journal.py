import math

from tests.chaos.journal import Attempt, Journal, may_be_last


def attempt(value: str, started: float, ended: float, *, acknowledged: bool = True, proved: bool = False) -> Attempt:
    return Attempt("1000", "name", value, "Ada", started, ended, acknowledged, proved)


def values(*attempts: Attempt, proved: bool = False) -> set[str | None]:
    return {each.value for each in may_be_last(attempts, proved=proved)}


def test_what_ended_before_another_began_cannot_be_the_last() -> None:
    assert values(attempt("old", 1, 2), attempt("new", 3, 4)) == {"new"}


def test_of_two_at_once_either_may_be_the_last() -> None:
    assert values(attempt("one", 1, 3), attempt("other", 2, 4)) == {"one", "other"}


def test_what_got_no_answer_may_have_been_done_at_any_time() -> None:
    assert values(attempt("unknown", 1, math.inf, acknowledged=False), attempt("new", 3, 4)) == {"unknown", "new"}


def test_what_is_not_certain_puts_nothing_out() -> None:
    assert values(attempt("old", 1, 2), attempt("unknown", 3, 4, acknowledged=False)) == {"old", "unknown"}


def test_only_a_proved_apply_counts_for_the_pbx() -> None:
    saved = [attempt("applied", 1, 2, proved=True), attempt("saved", 3, 4)]
    assert values(*saved, proved=True) == {"applied", "saved"}
    assert values(*saved) == {"saved"}


def test_a_lasting_fault_excuses_until_it_has_ended() -> None:
    journal = Journal()
    assert journal.since_fault() == math.inf
    fault = journal.fault("disk full, 8 s", 8)
    assert journal.since_fault("disk", at=fault.at + 5) == 0
    assert round(journal.since_fault("disk", at=fault.at + 10)) == 2
    assert journal.since_fault("engine", at=fault.at + 10) == math.inf
