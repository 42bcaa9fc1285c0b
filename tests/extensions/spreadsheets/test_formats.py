"""Files as other systems export them, made for these tests: each is recognized, and brings its people's secrets."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from extensions.models import SipExtension
from extensions.spreadsheets import formats, reading
from tests.extensions.spreadsheets.files import as_csv, begin, given, upload
from tests.pages import html_of

SECRET = "9f86d081884c7d659a2feaa0c55ad015"
ROWS: dict[str, dict[str, str]] = {
    "freepbx": {
        "extension": "2001", "password": "", "name": "Ada Lovelace", "voicemail": "default", "ringtimer": "0",
        "outboundcid": '"Ada Lovelace" <+49301234567>', "id": "2001", "tech": "pjsip", "dial": "PJSIP/2001",
        "devicetype": "fixed", "user": "2001", "description": "Ada Lovelace", "emergency_cid": "", "secret": SECRET,
        "max_contacts": "10", "transport": "0.0.0.0-udp", "voicemail_enable": "yes", "voicemail_vmpwd": "739164",
        "voicemail_email": "lovelace@example.com", "voicemail_options": "attach=yes|saycid=no",
    },
    "fusionpbx": {
        "extension": "2001", "number_alias": "", "password": SECRET, "accountcode": "example.com",
        "effective_caller_id_name": "A. Lovelace", "effective_caller_id_number": "2001",
        "outbound_caller_id_name": "Company", "outbound_caller_id_number": "+49301234567",
        "directory_first_name": "Ada", "directory_last_name": "Lovelace", "limit_max": "5", "toll_allow": "",
        "voicemail_password": "739164", "voicemail_enabled": "true", "voicemail_mail_to": "lovelace@example.com",
        "enabled": "true", "description": "",
    },
    "wazo": {
        "uuid": "", "firstname": "Ada", "lastname": "Lovelace", "email": "lovelace@example.com",
        "mobile_phone_number": "", "ring_seconds": "30", "exten": "2001", "context": "default", "line_protocol": "sip",
        "sip_username": "2001", "sip_secret": SECRET, "voicemail_name": "Ada Lovelace", "voicemail_number": "2001",
        "voicemail_password": "739164", "outgoing_caller_id": '"Company" <+49301234567>', "username": "",
    },
    "mikopbx": {
        "number": "2001", "user_username": "Ada Lovelace", "user_email": "lovelace@example.com", "sip_secret": SECRET,
        "mobile_number": "", "mobile_dialstring": "", "sip_dtmfmode": "auto_info",
    },
    "3cx": {
        "Number": "2001", "FirstName": "Ada", "LastName": "Lovelace", "EmailAddress": "lovelace@example.com",
        "MobileNumber": "", "AuthID": "2001", "AuthPassword": SECRET, "WebMeetingFriendlyName": "ada",
        "EnableVoicemail": "1", "VMPIN": "739164", "VMNoPin": "0", "OutboundCallerID": "+49301234567", "MAC": "",
    },
    "yeastar": {
        "First Name": "Ada", "Last Name": "Lovelace", "Email Address": "lovelace@example.com", "Mobile Number": "",
        "User Password": "", "System Prompt Language": "follow_system", "Organization": "Company", "User Role": "0",
        "Extension Number": "2001", "Caller ID": "2001", "Registration Name": "2001", "Registration Password": SECRET,
        "IP Phone Concurrent Registrations": "3", "Emergency Outbound Caller ID": "", "Enable Voicemail": "1",
        "Voicemail PIN Authentication": "1", "Voicemail Access PIN": "739164", "New Voicemail Notification": "no",
    },
}  # fmt: skip


@pytest.mark.parametrize("code", ROWS)
def test_an_export_of_another_system_is_recognized(signed_in: Client, code: str) -> None:
    made = given(upload(signed_in, as_csv([ROWS[code]])))
    assert (made.format, made.wrong) == (code, 0)
    begin(signed_in, made)
    extension = SipExtension.objects.get()
    assert (extension.number, extension.registration_name) == ("2001", "2001")
    assert extension.registration_password == SECRET
    assert (str(extension.user), extension.user.email) == ("Ada Lovelace", "lovelace@example.com")
    has = extension.outbound_number, extension.voicemail_pin, extension.max_phones
    outside = "+49301234567" if code not in ("mikopbx", "yeastar") else ""
    pin = "739164" if code != "mikopbx" else has[1]
    assert has == (outside, pin, 3 if code in ("freepbx", "yeastar") else 1)


@pytest.mark.parametrize("code", ROWS)
def test_every_column_has_a_field_of_the_table(code: str) -> None:
    of = formats.BY_CODE[code]
    assert set(of.columns.values()) <= {*formats.TARGETS, ""}


def test_without_a_mailbox(signed_in: Client) -> None:
    row = {**ROWS["freepbx"], "voicemail": "novm", "voicemail_enable": "no", "voicemail_vmpwd": ""}
    begin(signed_in, given(upload(signed_in, as_csv([row]))))
    extension = SipExtension.objects.get()
    assert not extension.voicemail
    assert extension.voicemail_pin.isdecimal()  # for when it is switched on


WAYS: list[tuple[str, Callable[[Any], bytes]]] = [
    ("utf-8", lambda rows: b"\xef\xbb\xbf" + as_csv(rows)),
    ("utf-8", lambda rows: as_csv(rows, delimiter=";")),
    ("utf-8", lambda rows: b"sep=|\n" + as_csv(rows, delimiter="|")),
    ("utf-8", lambda rows: b"Our people\n\n" + as_csv(rows, delimiter="\t")),
    ("cp1252", lambda rows: as_csv(rows, encoding="cp1252")),
    ("utf-16", lambda rows: as_csv(rows, encoding="utf-16")),
    ("utf-16", lambda rows: as_csv(rows, encoding="utf-16-le")),
]


@pytest.mark.parametrize(("encoding", "write"), WAYS)
def test_encoding_separator_and_head_are_found(encoding: str, write: Callable[[Any], bytes]) -> None:
    rows = [{"Ext": "2001", "Name": "Zoë; Ångström, Dr.", "E-Mail": "zoe@example.com", "Shoe size": "38"}]
    table, of, found = reading.read(write(rows))
    assert found == encoding
    assert formats.targets_of(table.heads, of) == ["number", "full_name", "email", ""]
    assert table.rows == [["2001", "Zoë; Ångström, Dr.", "zoe@example.com", "38"]]


@pytest.mark.parametrize(("said", "is_on"), [("novm", False), ("default", True)])
def test_freepbx_says_of_each_extension_whether_it_has_a_mailbox(signed_in: Client, said: str, is_on: bool) -> None:
    row = {**ROWS["freepbx"], "voicemail": said, "voicemail_enable": ""}
    begin(signed_in, given(upload(signed_in, as_csv([row]))))
    assert SipExtension.objects.get(number="2001").voicemail is is_on


def test_an_older_export_of_freepbx_is_recognized_too(signed_in: Client) -> None:
    row = {
        "extension": "2001", "name": "Ada Lovelace", "devicetype": "fixed", "devinfo_secret": SECRET, "vm": "enabled",
        "vmpwd": "739164", "email": "lovelace@example.com", "cid_masquerade": "2001",
    }  # fmt: skip
    made = given(upload(signed_in, as_csv([row])))
    assert "Recognized as an export of FreePBX." in html_of(signed_in, made.get_absolute_url())
    begin(signed_in, made)
    extension = SipExtension.objects.get(number="2001")
    has = extension.registration_name, extension.registration_password, extension.voicemail, extension.voicemail_pin
    assert has == ("2001", SECRET, True, "739164")


def test_a_file_without_registration_passwords_says_what_that_means(signed_in: Client) -> None:
    words = "This file has no column of registration passwords."
    row = {"Extension Number": "2001", "First Name": "Ada"}
    assert words in html_of(signed_in, given(upload(signed_in, as_csv([row]))).get_absolute_url())
    with_one = {**row, "Registration Password": SECRET}
    assert words not in html_of(signed_in, given(upload(signed_in, as_csv([with_one]))).get_absolute_url())
