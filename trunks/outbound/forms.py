import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role, User
from accounts.organizations.picker import Picker
from core import localization
from core.forms.fields import CountField, SeveralField, SingleLineFormField
from core.preferences.models import Preferences
from extensions.models import SipExtension
from trunks.forms import LineForm
from trunks.models import OutboundRoute, Trunk
from trunks.numbers import numbering, patterns
from trunks.outbound import extension_ranges

PREPEND = re.compile(r"\+?[0-9*#]{0,15}")
PIN = re.compile(r"[0-9]{3,15}", re.ASCII)
MOST_STRIPPED = 10
PATTERNS_HELP = _(
    "One per line. X is any digit, Z is 1 to 9, N is 2 to 9, [2-5] is one of these, and a period at the end is anything"
    " more. Leave empty for every outside number."
)
TRIED = ("trunk_1", "trunk_2", "trunk_3")


def examples_of(country: str) -> str:
    """Patterns for the numbers of the country and for all others; "" where it has no prefixes for them."""
    plan = numbering.plan_of(country)
    if not plan.national or not plan.international:
        return ""
    words = _("For %(country)s: %(within)s and %(plus)s match numbers within the country, %(abroad)s and +. others.")
    dialed = {"within": f"{plan.national}Z.", "plus": f"+{plan.code}.", "abroad": f"{plan.international[0]}."}
    return words % {"country": localization.country(country), **dialed}


class OutboundForm(LineForm[OutboundRoute]):
    """Which dialed numbers go out over which trunks, in the order in which those are tried."""

    kind = "outbound"
    optional = ("patterns", "strip", "prepend", "trunk_2", "trunk_3", "pin", "extensions")

    strip = CountField(
        most=MOST_STRIPPED,
        words=_("Enter a number from 1 to 10, or leave it empty."),
        label=_("Remove digits"),
        help_text=_("How many at the front of the dialed number, such as 1 for a leading 0."),
    )
    trunk_1 = forms.ChoiceField(label=_("First trunk"), error_messages={"required": _("Choose a trunk.")})
    trunk_2 = forms.ChoiceField(
        label=_("Second trunk"), required=False, help_text=_("Used when the first is down, full, or refuses the call.")
    )
    trunk_3 = forms.ChoiceField(label=_("Third trunk"), required=False)
    pin = forms.CharField(
        label=_("PIN"),
        required=False,
        max_length=15,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("3 to 15 digits that a caller has to enter. Leave empty for none."),
    )
    removes_pin = forms.BooleanField(label=_("Remove the PIN"), required=False)
    restricted = forms.TypedChoiceField(
        label=_("Who may use it"),
        choices=[("no", _("Everyone")), ("yes", _("Only some"))],
        coerce=lambda value: value == "yes",
        required=False,
        widget=forms.RadioSelect,
        help_text=_("For anyone else the route does not exist. Emergency numbers can always be dialed."),
        error_messages={"invalid_choice": _("Choose one of the options.")},
    )
    roles = SeveralField(
        Role.objects.all(),
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("invalid_choice", "invalid_pk_value"), _("This role no longer exists.")),
    )
    organizations = SeveralField(
        Organization.objects.all(),
        label=_("Departments, with those below"),
        required=False,
        error_messages=dict.fromkeys(("invalid_choice", "invalid_pk_value"), _("This department no longer exists.")),
    )
    extensions = SingleLineFormField(
        label=_("Extensions"),
        required=False,
        max_length=511,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Numbers and ranges, such as 1000, 1100-1199."),
    )

    class Meta:
        model = OutboundRoute
        fields = ["name", "enabled", "patterns", "strip", "prepend", "hours", "picks", "restricted", "extensions"]
        widgets = {
            "patterns": forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
            "picks": forms.RadioSelect,
        }
        help_texts = {
            "patterns": PATTERNS_HELP,
            "prepend": _("What the provider expects in front, such as 0 or +49."),
            "hours": _("At other hours the next route that matches is used."),
        }
        error_messages = {
            "picks": {"invalid_choice": _("Choose one of the options.")},
            "prepend": {"invalid": _("Enter digits, * or #, with + only at the front.")},
            "hours": {"invalid_choice": _("Choose one of the options.")},
        }

    def __init__(self, data: Any = None, *, by: User, instance: OutboundRoute | None = None) -> None:
        tried = dict(zip(TRIED, instance.trunks if instance else (), strict=False))
        its = {"roles": instance.roles, "organizations": instance.organizations} if instance else {}
        restricted = {"restricted": "yes" if instance and instance.restricted else "no"}
        super().__init__(data, by=by, instance=instance, initial={**tried, **its, **restricted})
        choices = [(str(trunk.pk), str(trunk)) for trunk in Trunk.objects.all()]
        for number, name in enumerate(TRIED):
            nothing = _("Choose a trunk") if number == 0 else _("None")
            self.fields[name].choices = [("", nothing), *choices]  # type: ignore[attr-defined]
            self.fields[name].error_messages["invalid_choice"] = _("This trunk no longer exists. Choose another one.")
        for name in ("name", "prepend"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

        if examples := examples_of(Preferences.current().country):
            self.fields["patterns"].help_text = f"{PATTERNS_HELP} {examples}"
        self.fields["picks"].required = False  # not sent: as it is
        if instance and instance.sealed_pin:
            self.fields["pin"].help_text = _("Leave empty to keep the current PIN.")
        else:
            del self.fields["removes_pin"]

        self.initial["extensions"] = self.initial.get("extensions", "").replace(",", ", ")

    @property
    def picker(self) -> Picker:
        return Picker(list(Organization.tree()), self["organizations"].value() or (), self.data.get("find", ""))

    def clean_picks(self) -> str:
        return self.cleaned_data["picks"] or self.instance.picks

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if pin and not PIN.fullmatch(pin):
            raise ValidationError(_("Enter 3 to 15 digits."), code="pin")
        return pin

    def clean_extensions(self) -> str:
        return extension_ranges.normalized(self.cleaned_data["extensions"])

    def clean_patterns(self) -> str:
        return "\n".join(patterns.parse(self.cleaned_data["patterns"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._refuse_twice(cleaned)
        self._refuse_nobody(cleaned)
        if not {"patterns", "strip", "prepend"} & self.errors.keys():
            self._refuse_nothing_left(cleaned)
        return cleaned

    def _refuse_twice(self, cleaned: dict[str, Any]) -> None:
        seen: set[str] = set()
        for name in TRIED:
            trunk = cleaned.get(name)
            if trunk and trunk in seen:
                self.add_error(name, ValidationError(_("Choose each trunk once."), code="twice"))
            seen.add(trunk or "")

    def _refuse_nobody(self, cleaned: dict[str, Any]) -> None:
        chosen = any(cleaned.get(name) or name in self.errors for name in ("roles", "organizations", "extensions"))
        if cleaned.get("restricted") and not chosen:
            words = _("Choose at least one role or department, or enter an extension.")
            self.add_error("restricted", ValidationError(words, code="nobody"))

    def _refuse_nothing_left(self, cleaned: dict[str, Any]) -> None:
        for pattern in cleaned["patterns"].split("\n"):
            if pattern and patterns.shortest(pattern) <= cleaned["strip"] and not cleaned["prepend"]:
                words = _("Nothing would be left of a number that matches %(pattern)s. Remove fewer digits.")
                self.add_error("strip", ValidationError(words, code="nothing_left", params={"pattern": pattern}))
                return

    def first_extension(self) -> str:
        """One that the patterns match: what is dialed so goes on ringing it. "" where there is none."""
        chosen = self.cleaned_data["patterns"]
        if not chosen:
            return ""
        one = re.compile("|".join(map(patterns.to_regex, chosen.split("\n"))))
        numbers = SipExtension.objects.order_by("position").values_list("number", flat=True)
        return next((number for number in numbers.iterator() if one.fullmatch(number)), "")

    def save(self, commit: bool = True) -> OutboundRoute:
        self.instance.trunks = [int(self.cleaned_data[name]) for name in TRIED if self.cleaned_data[name]]
        for name in ("roles", "organizations"):
            setattr(self.instance, name, sorted(each.pk for each in self.cleaned_data[name]))
        route = super().save(commit)  # the row first: the PIN is sealed to it
        if self.cleaned_data["pin"]:
            route.pin = self.cleaned_data["pin"]
        elif self.cleaned_data.get("removes_pin"):
            route.pin = ""
        route.save(update_fields=["sealed_pin"])
        return route
