from django.utils.translation import gettext_lazy as _

from asterisk.ami.client import AmiUnreachable
from core.coded_text import CodedText
from extensions.pbx import Refused


def text_of(error: Exception) -> CodedText | str:
    """As it was raised: to be stored, and shown in any language."""
    text: CodedText | str = error.args[0]
    return text


class ApplyError(Refused):
    """The PBX is as it was before this apply; the wish waits."""


class NotTakenBack(ApplyError):
    """What was refused could not be taken back either."""

    true_now = _("The change is in the PBX's table but not verified. It is saved and still counts as not applied.")


class AnotherApplyError(ApplyError):
    """Another apply went on for too long; this one has not begun."""

    true_now = _("Nothing was applied. Your change is saved. Apply it when the other apply has finished.")


class Elsewhere(AmiUnreachable):
    """Asterisk reads a file that is not there any more."""
