"""The e-mails about a change of the e-mail address and about a new network, as the mail server gets them."""

import re

from django.test import Client

from accounts.models import User
from core.mail import outbox
from core.mail.models import Email
from extensions.my_account import email_change
from tests.core.mail.postbox import Postbox, Received
from tests.core.mail.test_composition import deliver
from tests.people import make_extension

NEW = "victoria@example.org"


def link_in(got: Received) -> str:
    [link] = set(re.findall(r"http://127\.0\.0\.1:8000(/account/email/\S+?/)(?=\s|\")", got.text("plain")))
    assert link in got.text("html")
    return str(link)


def test_a_change_of_the_address_by_the_links_in_the_mails(vic: User, postbox: Postbox) -> None:
    email_change.ask(vic, NEW)
    by_address = {got.to: got for got in deliver(postbox)}
    assert set(by_address) == {"vic@example.com", NEW}
    for kind in ("plain", "html"):
        assert "because this address was entered" in by_address[NEW].text(kind)
        assert "because you have an account" in by_address["vic@example.com"].text(kind)
    for got in by_address.values():
        assert got.mail["Subject"] == "Confirm your new e-mail address"
        stranger = Client()
        page = stranger.get(link_in(got))["Location"]
        assert stranger.post(page).status_code == 200
    assert User.objects.get(pk=vic.pk).email == NEW
    last = deliver(postbox)[-1]
    assert (last.to, last.mail["Subject"]) == ("vic@example.com", "Your e-mail address was changed")
    assert f"from vic@example.com to {NEW}" in last.text("plain")
    assert "/account/email/" not in last.text("plain")


def test_no_link_of_it_is_kept(vic: User, postbox: Postbox) -> None:
    change = email_change.ask(vic, NEW)
    delivered = deliver(postbox)
    assert len(delivered) == 2
    for got in delivered:
        token = link_in(got).split("/")[-2]
        assert token not in str(list(Email.objects.values()))
    assert change.pk


def test_what_was_cancelled_meanwhile_is_not_sent(vic: User, postbox: Postbox) -> None:
    email_change.cancel(email_change.ask(vic, NEW))
    assert deliver(postbox) == []
    assert {each.state for each in Email.objects.all()} == {"void"}


def test_a_new_network(vic: User, postbox: Postbox) -> None:
    make_extension("1000", user=vic)
    outbox.notify("new_network", vic, number="1000", address="198.51.100.7", model="Yealink <T54W>")
    [got] = deliver(postbox)
    assert got.mail["Subject"] == "Your phone registered from a new network"
    assert "Phone: Yealink <T54W>" in got.text("plain")
    assert "Yealink &lt;T54W&gt;" in got.text("html")
    assert "http://127.0.0.1:8000/extensions/1000/" in got.text("plain")


def test_wrong_voicemail_pins(vic: User, postbox: Postbox) -> None:
    make_extension("1000", user=vic)
    outbox.notify("voicemail_locked", vic, number="1000", caller="1001")
    [got] = deliver(postbox)
    assert got.mail["Subject"] == "Wrong PINs were entered for your voicemail"
    for kind in ("plain", "html"):
        assert "Last wrong PIN from: extension 1001" in got.text(kind)
        assert "http://127.0.0.1:8000/extensions/1000/" in got.text(kind)
