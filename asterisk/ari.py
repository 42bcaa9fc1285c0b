"""The one thing that only Asterisk's REST interface does: take a registration away."""

import http.client
from base64 import b64encode
from urllib.parse import quote

from django.conf import settings

from asterisk.ami import AmiRefused, AmiUnreachable

CONTACT = "/ari/asterisk/config/dynamic/res_pjsip/contact/"


def delete_contact(contact: str) -> None:
    """`contact` is Asterisk's own id of it. One that is gone already is no error. Raises AmiError."""
    login = b64encode(f"{settings.ARI_USER}:{settings.ARI_SECRET}".encode()).decode()
    connection = http.client.HTTPConnection(settings.ARI_HOST, settings.ARI_PORT, timeout=5)
    try:
        connection.request("DELETE", CONTACT + quote(contact, safe=""), headers={"Authorization": f"Basic {login}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise AmiUnreachable(f"The PBX's REST interface did not answer: {error}.") from error
    finally:
        connection.close()
    if status not in (204, 404):
        raise AmiRefused(f"The PBX would not remove a registration (answer {status}).")
