"""People and phones come from another PBX: the phones need the address of this one, and nothing else."""

from django.conf import settings
from django.test import Client

from accounts.models import User
from asterisk.models import ApplyRun
from extensions.models import SipExtension
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, begin, given, upload
from tests.extensions.spreadsheets.test_formats import ROWS, SECRET
from tests.pages import html_of
from tests.pbx.office import Office
from tests.people import make_extension
from tests.phones.phone import Phone

SERVER = ("127.0.0.1", settings.SIP_PORT)


def freepbx(*secrets: str) -> bytes:
    return as_csv(
        {**ROWS["freepbx"], "extension": str(2001 + n), "secret": secret, "voicemail_email": f"p{n}@example.com"}
        for n, secret in enumerate(secrets)
    )


def test_a_phone_of_freepbx_registers_with_its_old_secret(client: Client, ada: User, office: Office) -> None:
    client.force_login(ada)
    made = begin(client, given(upload(client, freepbx(SECRET, "weak1"))))
    assert (made.state, made.why_text) == (Import.State.DONE, "Applied and verified by the PBX.")
    run = ApplyRun.objects.get()
    assert (run.outcome, run.numbers) == (ApplyRun.Outcome.PROVED, ["2001", "2002"])
    for number, secret in (("2001", SECRET), ("2002", "weak1")):
        with Phone(number, number, secret, SERVER) as phone:
            assert phone.register() == 200
            assert phone.unregister() == 200


def test_an_undo_puts_phones_out_that_it_had_brought(client: Client, ada: User, office: Office) -> None:
    client.force_login(ada)
    made = begin(client, given(upload(client, freepbx(SECRET))))
    begin(client, made, "undo")
    assert (made.state, made.why_text) == (Import.State.UNDONE, "Applied and verified by the PBX.")
    assert ApplyRun.objects.count() == 2
    assert not SipExtension.objects.exists()
    with Phone("2001", "2001", SECRET, SERVER) as phone:
        assert phone.register() in (401, 403, 404)


def test_what_others_have_waiting_is_not_sent_along(client: Client, ada: User, office: Office) -> None:
    make_extension("2001").user.join_the_company()
    client.force_login(ada)
    row = {"Extension Number": "2001", "Location": "Room 1"}
    made = begin(client, given(upload(client, as_csv([row]))))
    assert (made.state, ApplyRun.objects.count()) == (Import.State.SAVED, 0)
    page = html_of(client, made.get_absolute_url())
    assert "Someone else has unapplied changes to some of these extensions" in page
    assert "Review and apply" in page
