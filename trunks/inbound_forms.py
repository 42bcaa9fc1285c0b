from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.profile.fields import can_be_dialled
from trunks.call_destination_fields import CallDestinationFormField
from trunks.call_destinations import Kind
from trunks.fields import BeginningField
from trunks.forms import LineForm
from trunks.models import InboundRoute

WITHOUT_DIGITS = [kind for kind in Kind if kind != Kind.LAST_DIGITS]


class InboundForm(LineForm[InboundRoute]):
    """Where calls to a number of ours go."""

    kind = "inbound"
    optional = ("number",)

    number = BeginningField(
        label=_("Called number"),
        required=False,
        help_text=_(
            "Leave empty for any other number. For a block of numbers, enter what they all begin with: the digits"
            " after it are the extension."
        ),
    )
    goes_to = CallDestinationFormField(label=_("Goes to"), kinds=Kind)
    closed_goes_to = CallDestinationFormField(
        label=_("Outside business hours"), kinds=WITHOUT_DIGITS, same=_("Same as in business hours")
    )
    holiday_goes_to = CallDestinationFormField(
        label=_("On holidays"), kinds=WITHOUT_DIGITS, same=_("Same as outside business hours")
    )

    class Meta:
        model = InboundRoute
        fields = ["name", "enabled", "number", "goes_to", "closed_goes_to", "holiday_goes_to"]

    def __init__(self, data: Any = None, *, by: User, instance: InboundRoute | None = None) -> None:
        super().__init__(data, by=by, instance=instance)
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        other = InboundRoute.objects.filter(number=number).exclude(pk=self.instance.pk).first()
        if other and number:
            words = _("The route %(name)s already takes calls to this number.")
            raise ValidationError(words, code="taken", params={"name": str(other)})
        if other:
            words = _("The route %(name)s already takes calls to any other number. Enter a number.")
            raise ValidationError(words, code="taken", params={"name": str(other)})
        return number

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number, to = cleaned.get("number"), cleaned.get("goes_to")
        if to == Kind.LAST_DIGITS and not number and "number" not in self.errors:
            self.add_error("number", ValidationError(_("Enter what the numbers begin with."), code="no_beginning"))
        if number and to and to != Kind.LAST_DIGITS and not can_be_dialled(phonenumbers.parse(number)):
            words = _("This is not a whole phone number. For a block of numbers, choose the last digits.")
            self.add_error("number", ValidationError(words, code="not_whole"))
        return cleaned
