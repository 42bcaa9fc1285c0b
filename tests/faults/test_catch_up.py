"""What was applied while the PBX was away or an apply was cut short, when the PBX is there again."""

import pytest

from accounts.models import User
from asterisk.apply.run import is_behind
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.node import apply, catch_up
from tests.pbx.office import Office, contacts
from tests.pbx.test_apply import planted, rows, waiting
from tests.people import make_extension

Outcome = ApplyRun.Outcome


def renamed(extension: SipExtension, first_name: str, by: User | None = None) -> None:
    before = changes.picture(extension)
    extension.user.first_name = first_name
    extension.user.save()
    changes.record(by, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


def name_on_the_pbx(number: str) -> str:
    login = rows(number).login
    return login.caller_name if login else ""


def outcomes() -> list[str]:
    return list(ApplyRun.objects.order_by("id").values_list("outcome", flat=True))


def test_a_later_save_that_nobody_applied_is_not_taken_along(office: Office, asterisk: Embedded) -> None:
    extension = office.extension(first_name="Ada")
    asterisk.stop()
    renamed(extension, "Grace")
    apply([extension.number], None)
    renamed(extension, "Joan")
    asterisk.start()
    catch_up()
    assert (name_on_the_pbx(extension.number), waiting()) == ("Grace", [extension.number])
    assert Change.objects.waiting().get().fields["first_name"] == ["Grace", "Joan"]
    assert outcomes() == [Outcome.PROVED] * 3


def test_one_that_is_refused_keeps_no_other_from_being_proved(office: Office, asterisk: Embedded) -> None:
    good, bad = office.extension(first_name="Good"), office.extension(first_name="Bad")
    asterisk.stop()
    for each in (good, bad):
        renamed(each, "Better")
        apply([each.number], None)
    asterisk.start()
    other = f"CASE id WHEN '{bad.number}' THEN 9 ELSE max_contacts END AS max_contacts"
    with planted("ps_aors", "max_contacts", other):
        catch_up()
    assert (name_on_the_pbx(good.number), name_on_the_pbx(bad.number)) == ("Better", "Bad")
    assert waiting() == [bad.number]
    assert outcomes() == [*[Outcome.PROVED] * 3, *[Outcome.REFUSED] * 2, Outcome.PROVED, Outcome.REFUSED]


def test_a_run_that_was_cut_short_is_ended_by_the_next_apply_of_anything(
    office: Office, asterisk: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension, other = office.extension(first_name="Ada"), make_extension()
    office.registered(extension)
    extension.registration_password = "Another7Horse9Staple"
    extension.save()
    renamed(extension, "Grace")
    with monkeypatch.context() as patch:
        patch.setattr(proof, "differences", cut_short)
        with pytest.raises(KeyboardInterrupt):
            apply([extension.number], None)
    assert ApplyRun.objects.latest("id").outcome == Outcome.RUNNING
    apply([other.number], None)
    assert outcomes() == [Outcome.PROVED, Outcome.WAITING, Outcome.PROVED]
    assert is_behind()
    apply([extension.number], None)
    assert outcomes() == [Outcome.PROVED] * 4
    assert contacts(extension.number) == []


def cut_short(*_: object) -> None:
    raise KeyboardInterrupt
