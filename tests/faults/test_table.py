"""The engine's file deleted, cut, overwritten or locked away while Asterisk runs: told, and made whole."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from asterisk.apply.errors import ApplyError
from asterisk.engine import file_health
from asterisk.engine import store as engine
from asterisk.engine.file_health import Guard
from asterisk.engine.render import Rows
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.node import apply, catch_up, make_whole
from tests.pbx.office import Office, talking
from tests.pbx.test_apply import planted, rename, rows, waiting
from tests.people import make_extension

Outcome = ApplyRun.Outcome
Loss = Callable[[Path], object]


def delete(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def cut_in_half(path: Path) -> None:
    empty_the_log(path)
    os.truncate(path, path.stat().st_size // 2)


def spoil_the_logins(path: Path) -> None:
    """The page that their table begins on; all others are as they were."""
    empty_the_log(path)
    with engine.opened(path) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sip_login'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xde\xad" * (size // 2))


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xde\xad" * 20_000)


def empty_the_log(path: Path) -> None:
    with engine.opened(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def lose_the_directory(path: Path) -> None:
    gone = path.parent.rename(path.parent.with_name("gone"))  # at once: those who write in it would hold it back
    shutil.rmtree(gone, ignore_errors=True)


LOSSES = pytest.mark.parametrize("lose", [delete, cut_to_nothing, cut_in_half, overwrite, lose_the_directory])


@LOSSES
def test_what_was_applied_comes_back_and_what_waits_goes_on_waiting(
    office: Office, asterisk: Embedded, ada: User, client: Client, lose: Loss
) -> None:
    live, renamed, disabled, deleted = (office.extension(first_name=name) for name in ("Ada", "Bo", "Cy", "Di"))
    before = [rows(each.number) for each in (live, renamed, disabled, deleted)]
    rename_saved(renamed)
    actions.disable(disabled.number, ada)
    number = deleted.number
    actions.delete(deleted.number, ada)
    saved = make_extension()
    asterisk.stop()
    lose(Path(settings.ENGINE_FILE))
    client.force_login(ada)
    for page in ("/extensions/", f"/extensions/{live.number}/", "/review/", "/history/"):
        assert client.get(page).status_code == 200
    file_health.mend(Path(settings.ENGINE_FILE))
    make_whole()
    assert [rows(each) for each in (live.number, renamed.number, disabled.number, number)] == before
    asterisk.start()
    talking(office.registered(live), office.registered(renamed))
    catch_up()
    assert waiting() == sorted([renamed.number, disabled.number, number, saved.number])
    assert rows(saved.number) == Rows()
    assert [rows(each) for each in (live.number, renamed.number, disabled.number, number)] == before
    assert not ApplyRun.objects.exclude(outcome=Outcome.PROVED).exists()


def rename_saved(extension: SipExtension) -> None:
    before = changes.picture(extension)
    extension.user.last_name = "Newname"
    extension.user.save()
    changes.record(None, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


@pytest.mark.parametrize("lose", [delete, cut_to_nothing, overwrite, lose_the_directory])
def test_lost_while_asterisk_runs_it_is_said_with_what_to_do(
    office: Office, asterisk: Embedded, ada: User, client: Client, lose: Loss
) -> None:
    extension, other = office.extension(first_name="Ada"), office.extension()
    rename(extension, "Grace")
    lose(Path(settings.ENGINE_FILE))
    run = apply([extension.number], ada)
    assert run.outcome == Outcome.WAITING
    assert "Restart the PBX" in run.explanation_text
    client.force_login(ada)
    page = client.get("/extensions/")
    assert page.status_code == 200
    assert "PBX needs a restart" in page.content.decode()
    assert "Restart the PBX" in page.content.decode()
    asterisk.restart()
    catch_up()
    assert waiting() == []
    assert office.phone(extension).register() == 200
    assert office.phone(other).register() == 200
    assert "PBX running" in client.get("/extensions/").content.decode()


def test_damage_that_no_first_look_shows_is_found_by_the_apply_that_meets_it(
    office: Office, asterisk: Embedded, ada: User, client: Client
) -> None:
    extension = office.extension(first_name="Ada")
    rename(extension, "Grace")
    spoil_the_logins(Path(settings.ENGINE_FILE))
    client.force_login(ada)
    with suppress(ApplyError):
        apply([extension.number], ada)
    assert apply([extension.number], ada).outcome == Outcome.WAITING
    assert "Restart the PBX" in client.get("/extensions/").content.decode()
    asterisk.restart()
    catch_up()
    assert waiting() == []
    assert office.phone(extension).register() == 200


def test_a_damaged_file_is_set_aside_not_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite3"
    engine.prepare(path)
    overwrite(path)
    assert file_health.mend(path).startswith("is damaged")
    (kept,) = tmp_path.glob("engine.sqlite3.broken-*")
    assert kept.read_bytes() == b"\xde\xad" * 20_000
    assert file_health.damage(path) == ""


def test_a_sound_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite3"
    engine.prepare(path)
    before = path.stat().st_ino
    with engine.opened(path) as db:
        token = engine.token(db)
    assert file_health.mend(path) == ""
    with engine.opened(path) as db:
        assert engine.token(db) == token != ""
    assert path.stat().st_ino == before


@LOSSES
def test_the_guard_sees_a_loss_at_its_next_look(tmp_path: Path, lose: Loss) -> None:
    path, clock = tmp_path / "db" / "engine.sqlite3", iter(range(100))
    engine.prepare(path)
    with engine.opened(path) as db:
        guard = Guard(path, lambda: float(next(clock)))
        guard.begin()
        assert guard.trouble() == ""
        db.execute("INSERT INTO pbx_number VALUES ('1001', 30, '')")
        assert guard.trouble() == ""
    lose(path)
    assert guard.trouble()
    file_health.mend(path)
    guard.begin()
    assert guard.trouble() == ""
    assert guard.trouble() == ""


def test_a_refused_apply_takes_back_what_was_kept_for_a_pbx_that_was_away_too(
    office: Office, asterisk: Embedded
) -> None:
    extension = office.extension(first_name="Ada")
    before = rows(extension.number)
    rename(extension, "Grace")
    asterisk.stop()
    kept = apply([extension.number], None)
    assert rows(extension.number) != before
    asterisk.start()
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), pytest.raises(ApplyError):
        apply([extension.number], None)
    kept.refresh_from_db()
    assert (kept.outcome, rows(extension.number)) == (Outcome.REFUSED, before)
    assert waiting() == [extension.number]
