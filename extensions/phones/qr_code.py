"""The QR code that Grandstream Wave takes for a whole account. It holds the registration password."""

from collections.abc import Mapping
from xml.etree import ElementTree

import segno
from django.utils.safestring import SafeString, mark_safe

from extensions.phones.guides import server_and_port

DIALPLAN = "{x+|*x+|*++}"  # any number, and any code


def account(values: Mapping[str, object], password: str) -> str:
    """`values`: as a phone's settings are told; `name` among them."""
    root = ElementTree.Element("AccountConfig", version="1")
    wave = ElementTree.SubElement(root, "Account")
    fields = {
        "RegisterServer": server_and_port(str(values["server"]), str(values["port"])),
        "OutboundServer": "",
        "UserID": values["user_name"],
        "AuthID": values["authentication_name"],
        "AuthPass": password,
        "AccountName": values["user_name"],
        "DisplayName": values["name"],
        "Dialplan": DIALPLAN,
        "RandomPort": "0",
        "SecOutboundServer": "",
        "Voicemail": "",
    }
    for name, value in fields.items():
        ElementTree.SubElement(wave, name).text = str(value)
    body = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    return f'<?xml version="1.0" encoding="utf-8"?>{body}'


def drawn(text: str) -> SafeString:
    """Black on white in either theme: cameras want it so."""
    code = segno.make(text, error="m", micro=False, encoding="utf-8", boost_error=False)
    return mark_safe(code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr"))  # noqa: S308
