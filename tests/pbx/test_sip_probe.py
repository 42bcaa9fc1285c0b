"""Whether the PBX answers, as `manage.py health` finds out."""

from django.conf import settings

from asterisk.process.embedded import Embedded
from pbxportal.sip_probe import answers_register
from tests.settings import free_port


def test_a_pbx_that_answers_phones_is_told_from_none(asterisk: Embedded) -> None:
    assert answers_register("127.0.0.1", settings.SIP_PORT, 20)
    assert answers_register("0.0.0.0", settings.SIP_PORT, 20)  # noqa: S104 (as it is bound)
    assert not answers_register("127.0.0.1", int(free_port()), 0.5)
