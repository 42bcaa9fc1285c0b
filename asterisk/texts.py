"""What is said of applies and of the PBX's faults, and stored with them."""

from django.utils.translation import gettext_lazy as _

from asterisk.models import ApplyRun
from core.audit.fields import RecordedField, one_of

TEXTS = {
    "apply.one": _("Apply %(run)s"),
    "apply.compared": _("Verified: Asterisk has all %(count)s values."),
    "apply.compared_and_reloaded": _("Verified: Asterisk has all %(count)s values. Asterisk reloaded its %(what)s."),
    "apply.reloaded": _("Asterisk reloaded its %(what)s."),
    "apply.tones": _("tones"),
    "apply.music": _("music on hold"),
    "apply.tones_and_music": _("tones and music on hold"),
    "apply.kept": _("Waiting for the PBX. The change takes effect and is verified as soon as the PBX responds."),
    "apply.kept_for_restart": _(
        "Waiting for the PBX: its table was replaced while it was running. Restart the PBX to apply the change."
    ),
    "apply.kept_for_sign_in": _(
        "Waiting for the PBX: it refuses the portal's sign-in. If this lasts, check AMI_SECRET and ARI_SECRET, and"
        " restart the portal and its PBX."
    ),
    "apply.nothing_to_compare": _("There was nothing to compare."),
    "apply.cut_short": _("Interrupted. Its changes are verified at the next apply or restart."),
    "apply.proved_by": _("Verified by apply %(run)s."),
    "apply.proved_later": _("Verified by apply %(run)s, once the PBX was running again."),
    "apply.refused_with": _("Refused together with apply %(run)s. %(why)s"),
    "apply.not_taken_back": _("%(why)s It could not be rolled back. %(more)s"),
    "apply.mailbox_not_moved": _("The mailbox of a deleted extension could not be put away: %(error)s."),
    "apply.unfit": _("This value is not valid for the PBX, so it was not sent."),
    "proof.differs": _("the PBX reported “%(said)s” instead of “%(wanted)s”."),
    "proof.secret": _("(secret)"),
    "proof.there": _("present"),
    "proof.gone": _("missing"),
    "pbx.not_in_time": _("The PBX did not respond in time."),
    "pbx.no_answer": _("The PBX did not respond: %(error)s."),
    "pbx.closed": _("The PBX closed the connection."),
    "pbx.endless": _("The PBX's response was too long."),
    "pbx.unreachable": _("The PBX cannot be reached: %(error)s."),
    "pbx.not_let_in_by_rest": _("The PBX's REST interface rejected the portal's sign-in. Check ARI_SECRET."),
    "pbx.not_now": _("The PBX temporarily rejected the portal's sign-in: %(why)s."),
    "pbx.registration_unwatched": _("The PBX could not monitor a registration (response %(status)s)."),
    "pbx.nothing_compared": _("The PBX responded, but there was nothing to compare."),
    "pbx.refused": _("The PBX refused the request."),
    "pbx.not_asterisk": _("The program on port %(port)s is not Asterisk. Check AMI_PORT."),
    "pbx.not_let_in": _("The PBX refused the portal's sign-in: %(why)s. Check AMI_SECRET."),
    "pbx.registration_stays": _("The PBX did not remove a registration (status %(status)s)."),
    "pbx.no_rest_answer": _("The PBX's REST interface did not respond: %(error)s."),
    "pbx.starting": _("The PBX is starting or stopping. It responds, but is not reading its table."),
    "pbx.restarting": _("The PBX must restart with its new addresses and ports first."),
    "network.not_found": _("The outside address cannot be found: %(why)s."),
    "pbx.another_table": _("The PBX's table was replaced while it was running. Restart the PBX to apply the change."),
    "pbx.not_heard": _("The portal is not receiving events from the PBX."),
    "pbx.phones_unknown": _("Phone status is not available: %(error)s."),
    "pbx.mailbox_unreadable": _("The mailbox cannot be read: %(error)s."),
    "pbx.message_not_moved": _("The PBX could not move the message. Its folder may be full."),
    "pbx.mailbox_open": _("Someone is listening to this mailbox by phone. Try again after the call."),
    "pbx.message_gone": _("This message is no longer in the mailbox."),
    "pbx.attempts_unknown": _("Failed registrations are not available: %(error)s."),
    "pbx.attempts_stay": _("Failed registrations could not be cleared: %(error)s."),
    "certificate.unusable": _("The certificate and its key cannot be used: %(error)s."),
    "file.unwritable": _("The PBX's file %(file)s cannot be written: %(why)s."),
    "table.unusable": _("The PBX's table %(table)s: %(said)s."),
    "table.to_be_mended": _("The PBX's table %(table)s: %(said)s. %(remedy)s"),
    "table.busy": _("Another apply is still running."),
    "table.free_space": _("Free space on the disk that holds %(directory)s, then press Apply."),
    "table.let_write": _("Give the portal's user write access to all of %(directory)s, then press Apply."),
    "table.made_anew": _("A new table is created. Press Apply, then restart the PBX."),
}
FIELDS = {
    "tries": RecordedField(_("Attempts")),
    "run": RecordedField(_("Apply"), str),
    "outcome": RecordedField(_("Outcome"), one_of(dict(ApplyRun.Outcome.choices))),
    "numbers": RecordedField(_("Numbers")),
    "registration": RecordedField(_("Registration")),
    "dial_plan": RecordedField(_("Dial plan")),
    "lamp": RecordedField(_("Lamp")),
}
