"""Lines to the world on the PBX: what is written, compared, and done anew. With the real one: tests/pbx."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from asterisk.apply import lines
from asterisk.apply.errors import ApplyError
from asterisk.engine import store as engine
from asterisk.engine.lines import COLUMNS
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings, kept_network
from asterisk.process import announcements, transports
from asterisk.process.embedded import IDENTIFIES
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from tests.asterisk.manager import Manager
from tests.node import apply_preferences, catch_up
from tests.trunks.typed import TRUNK, make_announcement, make_inbound, make_outbound, make_trunk, set_hours
from trunks import record
from trunks.models import Trunk

pytestmark = pytest.mark.django_db
Outcome = ApplyRun.Outcome
MODULES = ["res_pjsip.so", "res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so"]


def identifies_mode(manager: Manager) -> int:
    """Of a folder that is made for its owner alone."""
    return (manager.engine_file.parent / "etc").stat().st_mode & 0o777


def common(manager: Manager, name: str) -> str:
    with engine.opened(manager.engine_file) as db:
        return str(db.execute("SELECT value FROM common WHERE name = ?", (name,)).fetchone()[0])


def test_the_pbx_is_given_lines_reads_them_anew_and_is_compared(manager: Manager) -> None:
    trunk = make_trunk(number="+493012345678")
    make_outbound(trunk)
    make_inbound(goes_to="hangup")
    make_announcement()
    set_hours(monday="09:00-17:00")
    run = apply_preferences(None)
    assert (run.outcome, run.rows_written) == (Outcome.PROVED, 0)
    assert run.explanation_text == f"Verified: Asterisk has all {run.values_compared} values."
    with engine.opened(manager.engine_file) as db:
        rows = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in lines.FAMILIES}
    assert rows[lines.HOURS] > 300
    rows[lines.HOURS] = 3  # of which the first, that of now and the last are compared
    columns = sum(many * len(COLUMNS[table]) for table, many in rows.items())
    assert run.values_compared == columns + 6  # what the PBX makes of the trunk
    assert identifies_mode(manager) == 0o700
    assert [headers["Module"] for _, headers in manager.named("Reload")] == MODULES
    assert manager.named("PJSIPRegister") == []  # it registers by itself, as it is new
    identifies = from_settings().directory / "etc" / IDENTIFIES
    its = f"type=identify\nendpoint=trunk-{trunk.pk}\nmatch=sip.example.com\n\n"
    assert identifies.read_text() == f"[trunk-{trunk.pk}]\n{its}"
    assert common(manager, "emergency_trunks") == f"trunk-{trunk.pk}"
    assert lines.differing(from_settings()) == {}
    assert not SystemChange.objects.unproved().exists()
    assert AuditRecord.objects.filter(action="apply.proved").latest("pk").on == {"code": "module.lines"}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (("outbound_pattern", "regex"), "outbound_pattern 1 regex: the PBX reported “x” instead of “0[0-9][0-9*#+]+”."),
        (("trunk", "password"), "password: the PBX reported “(secret)” instead of “(secret)”."),
        (("EndpointDetail", "Context"), "Context: the PBX reported “x” instead of “from-trunk”."),
        (("EndpointDetail", "IdentifyBy"), "IdentifyBy: the PBX reported “x” instead of “ip”."),
        (("EndpointDetail", "FromUser"), "FromUser: the PBX reported “x” instead of “49301234”."),
        (("AuthDetail", "Username"), "Username: the PBX reported “x” instead of “49301234”."),
        (("AorDetail", "Contacts"), "Contacts: the PBX reported “x” instead of “sip:sip.example.com;transport=udp”."),
    ],
)
def test_lines_that_the_pbx_reads_differently_are_taken_back(
    manager: Manager, where: tuple[str, str], said: str
) -> None:
    trunk = make_trunk()
    make_outbound(trunk)
    manager.says[where] = "x"
    with pytest.raises(ApplyError) as told:
        apply_preferences(None)
    assert said in str(told.value)
    run = ApplyRun.objects.first()
    assert run
    assert run.outcome == Outcome.REFUSED
    assert SystemChange.objects.waiting().count() == 1
    with engine.opened(manager.engine_file) as db:
        assert db.execute("SELECT count(*) FROM trunk").fetchone() == (0,)
    assert [headers["Module"] for _, headers in manager.named("Reload")] == MODULES * 2


def test_a_trunk_registers_again_with_another_account_and_only_then(manager: Manager) -> None:
    trunk, other = make_trunk(), make_trunk(name="Other", registers=False)
    off = make_trunk(name="Off", enabled=False)
    apply_preferences(None)
    with record.edited(None):
        Trunk.objects.update(max_calls=5)
    apply_preferences(None)
    assert manager.named("PJSIPRegister") == []
    with record.edited(None):
        for each in (trunk, other, off):
            each.refresh_from_db()
            each.password = f"{TRUNK['password']}-2"
            each.save()
    apply_preferences(None)
    assert manager.named("PJSIPRegister") == [("PJSIPRegister", {"Registration": f"trunk-{trunk.pk}"})]


def test_a_trunk_that_does_not_register_is_no_registration_and_has_no_user(manager: Manager) -> None:
    make_trunk(registers=False, username="")
    manager.refuses["PJSIPShowRegistrationsOutbound"] = "No registrations found"
    assert apply_preferences(None).outcome == Outcome.PROVED


def test_a_registration_at_another_server_is_a_difference(manager: Manager) -> None:
    trunk = make_trunk()
    manager.registrations[trunk.asterisk_name] = {"ServerUri": "sip:elsewhere.example.com"}
    with pytest.raises(ApplyError, match=f"{trunk.asterisk_name} ServerUri: the PBX reported “sip:elsewhere"):
        apply_preferences(None)


def test_rows_that_somebody_changed_are_counted_by_table(manager: Manager) -> None:
    make_outbound(make_trunk())
    sound = make_announcement().sound
    apply_preferences(None)
    node = from_settings()
    with engine.opened(manager.engine_file) as db:
        db.execute("UPDATE trunk SET uri = 'sip:thief.example.com'")
        db.execute("INSERT INTO emergency_number VALUES ('777'), ('778')")
        db.execute("DELETE FROM outbound_pattern")
        db.execute("INSERT INTO outbound_member VALUES ('1-1000')")
        db.execute("UPDATE common SET value = '' WHERE name = 'emergency_trunks'")
    sounds = [each for each in node.directory.rglob("*.wav") if each.stem == sound]
    sounds[0].unlink()
    (sounds[0].parent / "other.wav").touch()
    assert lines.differing(node) == {
        "outbound_member": (0, 1),
        "trunk": (1, 1),
        "outbound_pattern": (1, 0),
        "emergency_number": (0, 2),
        "common": (1, 1),
        "spool/announcements": (1, 1),
    }
    lines.put(node)
    assert lines.differing(node) == {}
    sounds[0].unlink()
    assert lines.differing(node) == {"spool/announcements": (1, 0)}


def test_hours_of_another_year_are_put_anew_and_not_compared(manager: Manager) -> None:
    set_hours(monday="09:00-17:00")
    apply_preferences(None)
    node = from_settings()
    with engine.opened(manager.engine_file) as db:
        assert lines.are_current(db)
        db.execute("UPDATE common SET value = '2020 0.1' WHERE name = 'hours_of'")
        db.execute("DELETE FROM hours_first WHERE \"first\" > '0'")
        assert (lines.are_there(db), lines.are_current(db), lines.hours_are_current(db)) == (True, False, False)
    assert lines.differing(node) == {}
    lines.put(node)
    with engine.opened(manager.engine_file) as db:
        assert lines.are_current(db)
        assert db.execute("SELECT count(*) FROM hours_first").fetchone()[0] > 300


def test_of_thousands_of_hours_the_first_that_of_now_and_the_last_are_compared() -> None:
    now = timezone.now().timestamp()
    rows = [(f"{first:010.0f}", "open", "") for first in (0, now - 9000, now - 100, now + 100, now + 9000)]
    assert lines.sample(rows) == [rows[0], rows[2], rows[4]]
    assert lines.sample(rows[:1]) == rows[:1]
    assert lines.sample(rows[3:]) == [rows[3], rows[4]]


def test_lines_wait_for_a_pbx_that_is_away_and_are_proved_when_it_is_there(manager: Manager) -> None:
    manager.refuses["Login"] = "Permission denied"
    trunk = make_trunk()
    run = apply_preferences(None)
    assert run.outcome == Outcome.WAITING
    assert SystemChange.objects.taken().count() == 1
    with engine.opened(manager.engine_file) as db:
        assert db.execute("SELECT id FROM trunk").fetchall() == [(trunk.asterisk_name,)]
    manager.refuses.clear()
    catch_up()
    run.refresh_from_db()
    assert run.outcome == Outcome.PROVED
    assert not SystemChange.objects.unproved().exists()


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("voicemail_minutes", "voicemail_seconds", "420"),
        ("voicemail_messages", "voicemail_messages", "7"),
        ("outbound_a_minute", "outbound_a_minute", "7"),
    ],
)
def test_limits_are_on_the_pbx_after_the_apply_or_as_they_were(
    manager: Manager, field: str, name: str, value: str
) -> None:
    before = str(Preferences.now(field))
    Preferences.objects.update(**{field: 7})
    SystemChange.note(None, SystemChange.Field(field), before, "7")
    manager.says[f"REALTIME_FIELD(pbx_table,name,{name},value)"] = "1"
    with pytest.raises(ApplyError, match=f"the PBX reported “1” instead of “{value}”"):
        apply_preferences(None)
    assert common(manager, name) != value
    manager.says.clear()
    run = apply_preferences(None)
    assert (run.outcome, run.values_compared) == (Outcome.PROVED, 3)
    assert common(manager, name) == value


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (["country"], "tones"),
        (["hold_music"], "music on hold"),
        (["country", "hold_music"], "tones and music on hold"),
    ],
)
def test_sounds_that_the_pbx_read_anew_are_named(manager: Manager, fields: list[str], words: str) -> None:
    for field in fields:
        SystemChange.objects.create(field=field, old="", new="another")
    run = apply_preferences(None)
    assert run.outcome == Outcome.PROVED
    assert run.explanation_text.endswith(f"Asterisk reloaded its {words}.")
    modules = {"country": "indications", "hold_music": "res_musiconhold.so"}
    assert [headers["Module"] for _, headers in manager.named("Reload")] == [modules[field] for field in fields]
    files = {"country": "indications.conf", "hold_music": "musiconhold.conf"}
    etc = from_settings().directory / "etc"
    assert [(etc / files[field]).exists() for field in fields] == [True] * len(fields)


def test_what_is_refused_with_another_preference_is_as_it_was(manager: Manager) -> None:
    transports.note_start(from_settings())
    local = Preferences.now("network_local")
    for name, new in {"country": "DE", "network_local": "10.0.0.0/8", "voicemail_messages": "7"}.items():
        SystemChange.note(None, SystemChange.Field(name), str(Preferences.now(name)), new)
        Preferences.objects.update(**{name: new})
    manager.says["REALTIME_FIELD(pbx_table,name,voicemail_messages,value)"] = "1"
    with pytest.raises(ApplyError):
        apply_preferences(None)
    etc = from_settings().directory / "etc"
    assert "country=de" not in (etc / "indications.conf").read_text().replace(" ", "")
    assert kept_network(from_settings().directory).local == local
    modules = [headers["Module"] for _, headers in manager.named("Reload")]
    assert modules == ["res_pjsip.so", "indications", "res_pjsip.so"]
    assert common(manager, "voicemail_messages") == "100"
    assert SystemChange.objects.waiting().count() == 3


def test_two_changes_of_a_preference_that_are_refused_together_wait_as_one(manager: Manager) -> None:
    field = SystemChange.Field.VOICEMAIL_MESSAGES
    manager.refuses["Login"] = "Permission denied"
    SystemChange.note(None, field, "100", "7")
    Preferences.objects.update(voicemail_messages=7)
    assert apply_preferences(None).outcome == Outcome.WAITING
    SystemChange.note(None, field, "7", "9")
    Preferences.objects.update(voicemail_messages=9)
    manager.refuses.clear()
    manager.says["REALTIME_FIELD(pbx_table,name,voicemail_messages,value)"] = "1"
    with pytest.raises(ApplyError):
        apply_preferences(None)
    waits = SystemChange.objects.waiting().get()
    assert (waits.old, waits.new, waits.taken) == ("100", "9", False)
    assert SystemChange.objects.exclude(discarded_at=None).count() == 1


def test_sounds_of_announcements_that_were_lost_are_put_again(manager: Manager, settings: Settings) -> None:
    used, off = make_announcement(), make_announcement(b"RIFF2", name="Off", enabled=False)
    apply_preferences(None)
    node = from_settings()
    found = {each.stem: each for each in node.directory.rglob("*.wav")}
    assert (used.sound in found, off.sound in found) == (True, False)
    found[used.sound].unlink()
    lines.put_sounds(node)
    assert found[used.sound].read_bytes() == b"RIFF"
    assert found[used.sound].parent.stat().st_mode & 0o777 == 0o700
    announcements.put(node.directory, {"forgotten", off.sound})
    assert {each.stem for each in node.directory.rglob("*.wav")} == {used.sound, off.sound}
    announcements.forget_others(node.directory, {off.sound})
    assert {each.stem for each in node.directory.rglob("*.wav")} == {off.sound}
