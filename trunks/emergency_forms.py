import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.events import recipients
from extensions.models import SipExtension
from trunks.forms import LineForm
from trunks.models import Emergency, RingGroup

NUMBER = re.compile(r"[0-9]{2,15}", re.ASCII)
MOST_NUMBERS, MOST_PHONES = 20, 10


class EmergencyForm(LineForm[Emergency]):
    """What is an emergency number besides the country's own, and who is told of a call to one."""

    kind = "emergency"
    optional = ("more_numbers", "people", "phones")

    people = forms.MultipleChoiceField(
        label=_("People to tell"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They get an e-mail at once. If nobody is selected, everyone who can manage routes gets it."),
    )

    class Meta:
        model = Emergency
        fields = ["more_numbers", "people", "phones"]
        widgets = {
            "more_numbers": forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
            "phones": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        }
        help_texts = {
            "more_numbers": _("One per line, such as a poison help line. They are dialed like emergency numbers."),
            "phones": _("Extension numbers, separated by commas. They ring, and show who called from where."),
        }

    def __init__(self, data: Any = None, *, by: User, instance: Emergency) -> None:
        super().__init__(data, by=by, instance=instance, initial={"people": [str(key) for key in instance.people]})
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (str(person.pk), f"{person.full_name} ({person.email})") for person in recipients.possible()
        ]

    def clean_people(self) -> list[int]:
        return sorted(map(int, self.cleaned_data["people"]))

    def clean_more_numbers(self) -> str:
        lines = (re.sub(r"[ -]", "", line) for line in self.cleaned_data["more_numbers"].splitlines())
        found = list(dict.fromkeys(filter(None, lines)))
        if len(found) > MOST_NUMBERS:
            raise ValidationError(_("Enter at most %(most)s numbers."), code="too_many", params={"most": MOST_NUMBERS})
        for number in found:
            if not NUMBER.fullmatch(number):
                words = _("“%(text)s” is not a number. Enter 2 to 15 digits on each line.")
                raise ValidationError(words, code="number", params={"text": number[:20]})
            if SipExtension.objects.filter(number=number).exists():
                words = _("%(number)s is an extension, and could no longer be called. Enter another number.")
                raise ValidationError(words, code="extension", params={"number": number})
            if RingGroup.objects.filter(number=number).exists():
                words = _("%(number)s is a ring group, and could no longer be called. Enter another number.")
                raise ValidationError(words, code="ring_group", params={"number": number})
        return "\n".join(found)

    def clean_phones(self) -> str:
        found = list(dict.fromkeys(self.cleaned_data["phones"].replace(",", " ").split()))
        if len(found) > MOST_PHONES:
            raise ValidationError(
                _("Enter at most %(most)s extensions."), code="too_many", params={"most": MOST_PHONES}
            )
        there = set(SipExtension.objects.filter(number__in=found).values_list("number", flat=True))
        if missing := [number for number in found if number not in there]:
            words = _("There is no extension %(number)s. Enter another number.")
            raise ValidationError(words, code="gone", params={"number": missing[0][:20]})
        return ",".join(found)
