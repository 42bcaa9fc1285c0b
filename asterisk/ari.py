"""The two things that only Asterisk's REST interface does: take a registration away, and have one watched."""

import http.client
import json
from base64 import b64encode
from urllib.parse import quote

from asterisk.ami.client import AmiRefused, AmiUnreachable
from asterisk.nodes import Node
from core.coded_text import CodedText

CONTACT = "/ari/asterisk/config/dynamic/res_pjsip/contact/"


def delete_contact(node: Node, contact: str) -> None:
    """`contact` is Asterisk's own id of it. One that is gone already is no error. Raises AmiError."""
    status, body = _ask(node, "DELETE", contact)
    if status != 204 and not _says_gone(status, body):
        raise AmiRefused(CodedText("pbx.registration_stays", status=str(status)))


def qualify_contact(node: Node, contact: str, seconds: str) -> bool:
    """Have Asterisk ask the phone that often whether it is there. False: it has gone. Raises AmiError."""
    status, body = _ask(node, "PUT", contact, {"fields": [{"attribute": "qualify_frequency", "value": seconds}]})
    if status == 200 and not any(field["attribute"] == "uri" and field["value"] for field in json.loads(body)):
        delete_contact(node, contact)  # it had just gone, and was made anew without an address
        return False
    return status == 200


def _says_gone(status: int, body: bytes) -> bool:
    """Of the contact itself: while its modules are not loaded, Asterisk answers 404 to everything."""
    return status == 404 and body.startswith(b'{"message":"Object with id ')


def _ask(node: Node, method: str, contact: str, body: object = None) -> tuple[int, bytes]:
    login = b64encode(f"{node.ari_user}:{node.ari_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(node.ari_host, node.ari_port, timeout=5)
    try:
        connection.request(method, CONTACT + quote(contact, safe=""), json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise AmiUnreachable(CodedText("pbx.no_rest_answer", error=error)) from error
    finally:
        connection.close()
