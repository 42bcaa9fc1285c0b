"""What only Asterisk's REST interface does: take a registration away, and have one watched."""

import http.client
import json
from base64 import b64encode
from urllib.parse import quote

from asterisk.ami.client import TIMEOUT_SECONDS, AmiRefused, AmiUnreachable, SignInRefused
from asterisk.nodes import Node
from core.coded_text import CodedText

ASTERISK = "/ari/asterisk/"
TRANSPORT = ASTERISK + "config/dynamic/res_pjsip/transport/"
CONTACT = ASTERISK + "config/dynamic/res_pjsip/contact/"


def check(node: Node, timeout: float) -> None:
    """Whether it answers, and lets the portal in. Raises AmiError."""
    status, _ = _ask(node, "GET", ASTERISK + "ping", timeout=timeout)
    if status != 200:
        raise AmiUnreachable(CodedText("pbx.no_rest_answer", error=str(status)))


def delete_contact(node: Node, contact: str) -> None:
    """`contact` is Asterisk's own id of it. One that is gone already is no error. Raises AmiError."""
    status, body = _ask(node, "DELETE", _path(contact))
    if status != 204 and not _says_gone(status, body):
        raise AmiRefused(CodedText("pbx.registration_stays", status=str(status)))


def qualify_contact(node: Node, contact: str, seconds: str) -> bool:
    """Have Asterisk ask the phone that often whether it is there. False: it has gone. Raises AmiError."""
    return write_contact(node, contact, qualify_frequency=seconds)


def write_contact(node: Node, contact: str, **wish: str) -> bool:
    """Once more, with what is wished otherwise of it. False: it has gone. Raises AmiError."""
    fields = [{"attribute": name, "value": value} for name, value in wish.items()]
    status, body = _ask(node, "PUT", _path(contact), {"fields": fields})
    if _says_gone(status, body) or (status == 400 and body.startswith(b'{"message":')):  # 400: it cannot be made anew
        return False
    if status != 200:
        raise AmiRefused(CodedText("pbx.registration_unwatched", status=str(status)))
    if not _has_address(body):
        delete_contact(node, contact)  # it had just gone, and was made anew without an address
        return False
    return True


def _has_address(body: bytes) -> bool:
    try:
        return any(field["attribute"] == "uri" and field["value"] for field in json.loads(body))
    except (ValueError, TypeError, KeyError) as error:
        raise AmiUnreachable(CodedText("pbx.no_rest_answer", error=error)) from error


def transport(node: Node, name: str) -> dict[str, str]:
    """What Asterisk holds of a transport; {} where it has none. Raises AmiError."""
    status, body = _ask(node, "GET", TRANSPORT + quote(name, safe=""))
    if _says_gone(status, body):
        return {}
    try:
        return {field["attribute"]: field["value"] for field in json.loads(body)}
    except (ValueError, TypeError, KeyError) as error:
        raise AmiUnreachable(CodedText("pbx.no_rest_answer", error=error)) from error


def _path(contact: str) -> str:
    return CONTACT + quote(contact, safe="")


def _says_gone(status: int, body: bytes) -> bool:
    """Of the contact itself: while its modules are not loaded, Asterisk answers 404 to everything."""
    return status == 404 and body.startswith(b'{"message":"Object with id ')


def _ask(
    node: Node, method: str, path: str, body: object = None, timeout: float = TIMEOUT_SECONDS
) -> tuple[int, bytes]:
    login = b64encode(f"{node.ari_user}:{node.ari_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(node.ari_host, node.ari_port, timeout=timeout)
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise AmiUnreachable(CodedText("pbx.no_rest_answer", error=error)) from error
    finally:
        connection.close()
    if status == 401:
        raise SignInRefused(CodedText("pbx.not_let_in_by_rest"))
    return status, text
