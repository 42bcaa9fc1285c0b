"""Many numbers compared with what the PBX reads of them."""

from dataclasses import replace

import pytest

from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, EmergencyLogin, Login, Mailbox
from asterisk.engine.render import Rows
from asterisk.readback import bulk, proof
from tests.asterisk.manager import Manager
from tests.node import connected

LOGIN = Login("1000", "1000", "reg1000", "MD5:00", "Grace", '"Grace" <1000>', 1)
HERS = Rows(LOGIN, Dial("1000", 30), Mailbox("1000", "4711", 1, 1, 1, 1))
HIS = Rows(replace(LOGIN, id="1001", number="1001", registration_name="reg1001"), Dial("1001", 30))
ALONE = Rows(emergency_login=EmergencyLogin("1002", "reg1002", "MD5:00", "Joan"))
NUMBERS = ["1000", "1001", "1002"]


@pytest.fixture
def written(manager: Manager) -> Manager:
    with engine.opened(manager.engine_file) as db:
        engine.write(db, engine.plan(db, {"1000": HERS, "1001": HIS, "1002": ALONE}), 1)
    return manager


def unlike(manager: Manager) -> tuple[list[str], int]:
    with connected() as ami:
        return bulk.unlike(ami, manager.engine_file, NUMBERS)


def asked(manager: Manager) -> list[str]:
    """The families that were asked for a row of each number, in their order."""
    variables = [headers["Variable"] for _, headers in manager.named("Getvar")]
    return [each.partition("(")[2].partition(",")[0] for each in variables]


def test_each_is_asked_for_once_and_one_that_cannot_be_called_by_its_rows(written: Manager) -> None:
    different, compared = unlike(written)
    assert different == []
    assert compared > 60
    assert asked(written) == ["written", "written", *proof.FAMILIES]
    written.says["written", "text"] = "another"
    assert unlike(written)[0] == ["1000", "1001"]
    written.says.clear()
    written.says["ps_auths", "username"] = "another"
    assert unlike(written)[0] == ["1002"]


def test_where_somebody_changed_a_view_each_is_asked_by_its_rows(written: Manager) -> None:
    with engine.opened(written.engine_file) as db:
        (view,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'ps_aors'").fetchone()
        db.execute("DROP VIEW ps_aors")
        db.execute(view.replace("max_contacts", "7 AS max_contacts", 1))
    different, compared = unlike(written)
    assert different == ["1000", "1001"]
    assert compared > 100
    assert asked(written) == [*proof.FAMILIES] * 3


@pytest.mark.parametrize(
    ("changed", "is_alike"),
    [
        ({"id": "2000", "number": "2000", "registration_name": "other", "password_digest": "MD5:11"}, True),
        ({"caller_name": "Joan", "caller_id": '"Joan" <2000>', "outbound_number": ""}, True),
        ({"outbound_number": "4930123"}, False),  # that there is one
        ({"caller_name": 'O"Neil; [x]'}, False),  # as it may be read otherwise
        ({"caller_name": "x" * 61}, False),
        ({"caller_name": "x" * 60}, True),
        ({"max_contacts": 2}, False),
        ({"transport": "tls"}, False),
    ],
)
def test_of_those_that_are_alike_but_for_the_person_one_is_asked(changed: dict[str, object], is_alike: bool) -> None:
    other = replace(HIS, login=replace(LOGIN, **changed))  # type: ignore[arg-type]
    found = bulk.one_of_each_kind([("1001", HIS), ("2000", other)])
    assert found == ({"2000"} if is_alike else {"1001", "2000"})
