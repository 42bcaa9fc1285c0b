"""All that is sealed is sealed anew with a new key, wherever the command is cut short; the old key opens nothing."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from backup.models import CopySettings
from core import encryption
from core.mail.smtp.client import LABEL, ROW
from core.preferences.models import Preferences
from extensions import actions
from extensions.models import Change, SipExtension
from extensions.review import review
from pbxportal.management.commands import rotate_keys
from tests.people import make_extension, make_user
from tests.test_canaries import rows_of_the_database
from trunks import record
from trunks.models import Trunk

TOKEN = re.compile(r"gAAAA[A-Za-z0-9_=-]{60,}")
MAIL_PASSWORD = "the password of the mail server"
TRUNK_PASSWORD = "t7Rw9KqX2mZv5LpB"


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets" / "sealing_key"
    path.parent.mkdir()
    path.write_text(Fernet.generate_key().decode())
    settings.SEALING_KEYS, settings.SEALING_KEY_FILE = [], path
    monkeypatch.setattr(rotate_keys, "SETTLE_SECONDS", 0)
    monkeypatch.setattr(rotate_keys, "AT_ONCE", 2)
    return path


@pytest.fixture
def passwords(key_file: Path, client: Client, ada: User) -> dict[str, str]:
    """number -> registration password of each extension, of which the last is deleted and waits."""
    Preferences.objects.update(sealed_mail_password=encryption.seal(LABEL, ROW, MAIL_PASSWORD))
    CopySettings.objects.all().delete()
    CopySettings.seed("default")
    extensions = [make_extension(str(1000 + n), user=make_user(f"Person{n}")) for n in range(5)]
    for each in extensions:
        Authenticator.objects.create(user=each.user, type="totp", data={"secret": encryption.seal("factor", "", "s")})
    with record.edited(ada):
        trunk = Trunk.objects.create(name="Telco", host="sip.example.com")
        trunk.password = TRUNK_PASSWORD
        trunk.save()
    Change.objects.all().delete()
    actions.delete("1004", ada)
    client.force_login(ada)
    return {each.number: each.registration_password for each in extensions}


def tokens() -> list[str]:
    return [token for _table, text in rows_of_the_database() for token in TOKEN.findall(text)]


def opens(key: str, token: str) -> bool:
    try:
        Fernet(key).decrypt(token)
    except InvalidToken:
        return False
    return True


def everything_is_readable(client: Client, passwords: dict[str, str]) -> None:
    """By pages and phones: what is there, and what an undo would give back."""
    for each in SipExtension.objects.all():
        assert each.registration_password == passwords[each.number]
    assert encryption.unseal(LABEL, ROW, Preferences.load().sealed_mail_password) == MAIL_PASSWORD
    assert CopySettings.load().unseal("sftp_key").startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert client.get("/extensions/").status_code == 200
    with transaction.atomic():
        record.restore(Preferences.now("lines"))
        assert Trunk.objects.get().password == TRUNK_PASSWORD
        transaction.set_rollback(True)
    with transaction.atomic():
        review.discard("1004", User.objects.get(first_name="Ada"))
        assert SipExtension.objects.get(number="1004").registration_password == passwords["1004"]
        secrets = [each.data["secret"] for each in Authenticator.objects.all()]
        assert [encryption.unseal("factor", "", each) for each in secrets] == ["s"] * 5
        transaction.set_rollback(True)


def test_all_is_sealed_anew_and_the_old_key_opens_nothing(
    key_file: Path, client: Client, passwords: dict[str, str]
) -> None:
    old, before = key_file.read_text(), tokens()
    assert len(before) == 20
    assert all(opens(old, each) for each in before)
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert re.match(r"14 rows encrypted with the new key\. The old key is retired", out.getvalue())
    new, after = key_file.read_text(), tokens()
    assert new != old
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(after) == len(before)
    assert [each for each in after if opens(old, each)] == []
    assert all(opens(new, each) for each in after)
    everything_is_readable(client, passwords)


@pytest.mark.parametrize("keys", ["typed-by-hand {}", "{} typed-by-hand", "", "typed-by-hand"])
def test_nothing_is_retired_where_a_key_is_none(key_file: Path, passwords: dict[str, str], keys: str) -> None:
    good, before = key_file.read_text(), tokens()
    key_file.write_text(keys.format(good))
    with pytest.raises(CommandError, match=r"An encryption key is missing or not valid\. .* Nothing was changed\."):
        call_command("rotate_keys")
    assert (key_file.read_text(), tokens()) == (keys.format(good), before)
    key_file.write_text(good)
    assert SipExtension.objects.get(number="1000").registration_password == passwords["1000"]


def test_a_key_that_is_there_twice_is_one(key_file: Path, passwords: dict[str, str]) -> None:
    old = key_file.read_text()
    key_file.write_text(f"{old}\n{old}")
    call_command("rotate_keys", stdout=StringIO())
    (key,) = key_file.read_text().split()
    assert key != old
    assert {each.number: each.registration_password for each in SipExtension.objects.all()}.items() <= passwords.items()


def test_it_looks_again_until_nothing_is_sealed_with_the_old_key(
    key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have sealed something with it meanwhile."""
    rounds = [(1200, 2), (3, 2), (0, 2)]
    monkeypatch.setattr(rotate_keys, "seal_all", lambda: rounds.pop(0))
    old, out = key_file.read_text(), StringIO()
    call_command("rotate_keys", stdout=out)
    assert out.getvalue().startswith(
        "1,203 rows encrypted with the new key. 2 could not be decrypted with any key and were left unchanged."
        " The old key is retired."
    )
    assert rounds == []
    (new,) = key_file.read_text().split()
    assert new != old
    other = Fernet.generate_key().decode()
    key_file.write_text(f"{other}\n{new}")  # one that was cut short is ended
    rounds.append((0, 0))
    call_command("rotate_keys", stdout=StringIO())
    assert key_file.read_text() == other


class Killed(BaseException):
    """Nothing catches it, and nothing is tidied up but what a transaction undoes."""


class Killing:
    """Does what it stands for so many times."""

    def __init__(self, does: Callable[..., Any], times: int) -> None:
        self.does, self.times = does, times

    def __call__(self, *args: Any) -> Any:
        self.times -= 1
        if self.times < 0:
            raise Killed
        return self.does(*args)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["write", "seal_all", "chunks_of_keys", "Renewal"])
def test_cut_short_anywhere_all_is_readable_and_the_next_run_ends_it(
    key_file: Path, client: Client, passwords: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    did: Callable[..., Any] = getattr(rotate_keys, step)
    kills = 0
    while kills < 30:
        old = key_file.read_text().split()[-1]
        with monkeypatch.context() as patch:
            patch.setattr(rotate_keys, step, Killing(did, kills))
            try:
                call_command("rotate_keys", stdout=StringIO())
            except Killed:
                kills += 1
            else:
                break
        everything_is_readable(client, passwords)
        call_command("rotate_keys", stdout=StringIO())
        everything_is_readable(client, passwords)
        assert len(key_file.read_text().split()) == 1
        assert key_file.read_text() != old
        assert not any(opens(old, each) for each in tokens())
    assert kills >= 2


def test_keys_of_the_environment_are_taken_out_by_who_put_them_in(
    passwords: dict[str, str], key_file: Path, settings: Settings
) -> None:
    new, old = Fernet.generate_key().decode(), key_file.read_text()
    settings.SEALING_KEYS = [new, old]
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "Remove all but the first key from SEALING_KEYS." in out.getvalue()
    assert [opens(new, each) for each in tokens()] == [True] * 20
    assert key_file.read_text() == old


def test_what_no_key_opens_is_counted_and_kept(passwords: dict[str, str], key_file: Path) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    SipExtension.objects.filter(number="1000").update(sealed_password=lost)
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "1 could not be decrypted with any key" in out.getvalue()
    assert SipExtension.objects.get(number="1000").sealed_password == lost
    assert Change.objects.exists()
