"""What is said of applies and of the PBX's faults, and stored with them."""

from django.utils.translation import gettext_lazy as _

from asterisk.models import ApplyRun
from core.audit.fields import RecordedField, one_of

TEXTS = {
    "apply.one": _("Apply %(run)s"),
    "apply.compared": _("Asterisk was asked, and has exactly what was saved: %(count)s values compared."),
    "apply.compared_and_reloaded": _(
        "Asterisk was asked, and has exactly what was saved: %(count)s values compared. Asterisk reloaded its tones."
    ),
    "apply.reloaded": _("Asterisk reloaded its tones."),
    "apply.kept": _("Kept for the PBX: it takes effect, and is proved, as soon as the PBX answers."),
    "apply.kept_for_restart": _(
        "Kept for the PBX: its table was replaced while it ran. Restart the PBX: it then takes effect."
    ),
    "apply.cut_short": _("It was cut short. What it had begun waits, and is proved with the next apply or start."),
    "apply.proved_by": _("Proved by apply %(run)s."),
    "apply.proved_later": _("Proved by apply %(run)s, when the PBX was up again."),
    "apply.refused_with": _("Refused with apply %(run)s. %(why)s"),
    "apply.not_taken_back": _("%(why)s It could not be taken back. %(more)s"),
    "apply.unfit": _("It holds what a PBX cannot take, and was not sent."),
    "proof.differs": _("the PBX said “%(said)s” instead of “%(wanted)s”."),
    "proof.secret": _("(secret)"),
    "proof.there": _("there"),
    "proof.gone": _("gone"),
    "pbx.not_in_time": _("The PBX did not answer in time."),
    "pbx.no_answer": _("The PBX did not answer: %(error)s."),
    "pbx.closed": _("The PBX closed the connection."),
    "pbx.endless": _("The PBX's answer has no end."),
    "pbx.unreachable": _("The PBX cannot be reached: %(error)s."),
    "pbx.refused": _("The PBX refused."),
    "pbx.not_asterisk": _("It is not Asterisk that answers at port %(port)s. Check AMI_PORT."),
    "pbx.not_let_in": _("The PBX does not let the portal in: %(why)s. Check AMI_SECRET."),
    "pbx.registration_stays": _("The PBX would not remove a registration (answer %(status)s)."),
    "pbx.no_rest_answer": _("The PBX's REST interface did not answer: %(error)s."),
    "pbx.starting": _("The PBX starts or ends: it answers, and reads no table."),
    "pbx.another_table": _("The PBX's table was replaced while it ran. Restart the PBX: it then takes effect."),
    "pbx.not_heard": _("The PBX is not being listened to now."),
    "pbx.phones_unknown": _("What phones do is not known: %(error)s."),
    "pbx.attempts_unknown": _("What phones tried is not known: %(error)s."),
    "pbx.attempts_stay": _("They could not be forgotten: %(error)s."),
    "file.unwritable": _("The PBX's file %(file)s cannot be written: %(why)s."),
    "table.unusable": _("The PBX's table %(table)s: %(said)s."),
    "table.to_be_mended": _("The PBX's table %(table)s: %(said)s. %(remedy)s"),
    "table.busy": _("Another apply is still running."),
    "table.free_space": _("Free space on the disk that holds %(directory)s, then press Apply."),
    "table.let_write": _("Let the portal's user write all of %(directory)s, then press Apply."),
    "table.made_anew": _("It is made anew: press Apply, then restart the PBX."),
}
FIELDS = {
    "run": RecordedField(_("Run"), str),
    "outcome": RecordedField(_("Outcome"), one_of(dict(ApplyRun.Outcome.choices))),
    "numbers": RecordedField(_("Numbers")),
    "registration": RecordedField(_("Registration")),
    "dial_plan": RecordedField(_("Dial plan")),
    "lamp": RecordedField(_("Lamp")),
}
