from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role, User
from accounts.organization_tree import Department
from accounts.organizations.picker import Picker, within
from accounts.passwords import rules as password_rules
from accounts.passwords.fields import UserPasswordField
from accounts.profile.fields import MobileField
from accounts.profile.models import EmailChange
from accounts.sessions import active as active_sessions
from accounts.throttling import failure_counts
from accounts.throttling import sign_in as sign_in_throttling
from core.access.permissions import Permission
from core.forms.fields import SeveralField
from core.forms.layout import finish
from core.preferences.models import Preferences


def choice_of(role: Role) -> str:
    return str(role) if role.permissions else gettext("%(role)s (no permissions yet)") % {"role": role}


def end_what_was(user: User, by: User, *, email: bool, password: bool, role: bool = False) -> None:
    """Of one who has another role, password or address now: sessions and links. One's own ends with its next page."""
    if email:
        EmailChange.objects.filter(user=user).delete()  # what the person asked for was about another address
    if password or email:
        User.objects.filter(pk=user.pk).update(link_version=models.F("link_version") + 1)
    if password:
        failure_counts.forgive(sign_in_throttling.of_account(user.email or ""))
    if user != by and (password or role):
        active_sessions.end(user)


class PersonForm(forms.ModelForm[User]):
    """Who somebody is, and the password that the person signs in with."""

    mobile = MobileField()
    password = UserPasswordField()
    organizations = SeveralField(
        label=_("Departments"),
        queryset=Organization.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one department.")},
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "mobile", "role", "organizations", "job_title"]
        labels = {
            "first_name": _("First Name"),
            "last_name": _("Last Name"),
            "email": _("Email Address"),
            "role": _("User Role"),
            "job_title": _("Job Title"),
        }
        help_texts = {"email": _("Used to sign in. Without an address, this person cannot sign in or receive e-mail.")}

    def __init__(
        self,
        data: Any = None,
        *,
        by: User,
        preferences: Preferences,
        instance: User | None = None,
        password_by_mail: bool = False,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """`password_by_mail`: a new person may be without one until they choose it by a link that is mailed to them.

        `initial`: of a new person, instead of what is suggested otherwise.
        """
        self.by, self.password_by_mail = by, password_by_mail
        self.in_organizations = preferences.organization_management
        self.role_before = instance.role if instance else None
        shown = self._shown(instance, typed=data is not None)
        super().__init__(data, instance=instance, initial={**shown, **(initial or {})})
        self.fields["organizations"].queryset = self._offered()  # type: ignore[attr-defined]
        self._offer_roles()
        if not preferences.organization_management:
            del self.fields["organizations"]
        self.fields["password"].follow(password_rules.Rules.current())  # type: ignore[attr-defined]
        if preferences.change_seen_password and instance != by:
            self.fields["password"].help_text += " " + _("The person must change it after signing in.")
        if instance:
            self.fields["password"].required = False
            self.fields["password"].help_text += " " + _("Leave empty to keep the current password.")
        elif password_by_mail:
            self.fields["password"].required = False
            self.fields["password"].help_text = _(
                "Leave empty to let the person choose one with the link in the welcome e-mail."
            )
        for name in ("first_name", "last_name", "email", "job_title"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        optional = ["last_name", "email", "mobile", "job_title", *(["password"] if password_by_mail else [])]
        self.helper = finish(self, *optional)

    @cached_property
    def departments(self) -> list[Department]:
        """Those that can be chosen, for the page: a form that is saved does not ask for them."""
        if not self.in_organizations:
            return []
        return within(Organization.tree(), None if self.by.reaches_everybody else self.by.reached_organizations)

    def _offered(self) -> models.QuerySet[Organization]:
        """To check by, unsorted: the page has them of the picker."""
        every: models.QuerySet[Organization] = Organization.objects.order_by()
        return every if self.by.reaches_everybody else every.filter(pk__in=self.by.reached_organizations)

    @property
    def picker(self) -> Picker:
        chosen = self["organizations"].value() if self.departments else ()
        return Picker(self.departments, chosen or (), self.data.get("find", ""))

    def _shown(self, instance: User | None, *, typed: bool) -> dict[str, Any]:
        shown: dict[str, Any] = {"mobile": instance.mobile_typed} if instance else {}
        if instance is None and not self.password_by_mail:
            shown["password"] = password_rules.new_user_password()
        if not typed and (instance is None or not instance.organizations.exists()):
            shown["organizations"] = [each.pk for each in self.departments[:1]]
        return shown

    def _offer_roles(self) -> None:
        """Only who may manage roles can give one, and nobody gives more than they have."""
        if not self.by.can(Permission.MANAGE_ROLES):
            del self.fields["role"]
            return
        field = self.fields["role"]
        given = [role.pk for role in Role.objects.all() if self.by.reaches_up_to(role)]
        field.queryset = Role.objects.filter(pk__in=given)  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = _(
            "Choose a role from the list. You cannot assign a role with more permissions than yours."
        )
        field.empty_label = _("None")  # type: ignore[attr-defined]
        field.label_from_instance = choice_of  # type: ignore[attr-defined]

    def clean_role(self) -> Role | None:
        role: Role | None = self.cleaned_data["role"]
        if (role is None or role.key != Role.SUPER_ADMINISTRATOR) and self.instance.is_last_super_administrator():
            raise ValidationError(
                _("This is the last Super Administrator. Assign that role to someone else first."),
                code="last_super_administrator",
            )
        return role

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("password")
        if not password:
            return
        try:
            validate_password(password, self.instance)
        except ValidationError as error:
            self.add_error("password", error)

    def refuse_known(self, words: Iterable[str]) -> None:
        password = self.cleaned_data.get("password")
        if password and "password" not in self.errors:
            try:
                password_rules.refuse_words(password, words)
            except ValidationError as error:
                self.add_error("password", error)

    @property
    def is_sensitive(self) -> bool:
        """Of a valid form: it makes somebody one who manages anything, or takes the sign-in of one who does or did.

        By the roles alone: somebody whose sign-in is blocked may have it again with the next action.
        """
        if {"role", "email", "password"}.isdisjoint(self.changed_data):
            return False
        return any(role.manages_anything for role in (self.role_before, self.instance.role) if role)

    def hash_password(self) -> None:
        """Costs 30 ms by design: call it before the transaction, not in it."""
        if password := self.cleaned_data["password"]:
            self.instance.set_password(password)
            self.instance.password_seen = self.instance != self.by
        elif self.instance.pk is None:
            self.instance.set_unusable_password()

    def save(self, commit: bool = True) -> User:
        """A new person. Inside a transaction."""
        user = super().save(commit)
        user.join_the_company()
        return user

    def change(self, user: User) -> None:
        """Set the fields of this form alone on the person, who is locked, and saved by whoever calls this.

        What others changed meanwhile (a password, a sign-in) stays.
        """
        self.set_columns(user)
        self.end_what_was(user, self.changed_data)
        self.instance = user
        self._save_m2m()  # type: ignore[attr-defined]

    def set_columns(self, user: User) -> None:
        """On the person alone, who is saved by whoever calls this."""
        columns = [name for name in self.fields if name not in ("organizations", "password")]
        for name in [*columns, *(["password", "password_seen"] if self.cleaned_data["password"] else [])]:
            setattr(user, name, getattr(self.instance, name))

    def end_what_was(self, user: User, changed: Collection[str]) -> None:
        password = bool(self.cleaned_data["password"])
        end_what_was(user, self.by, email="email" in changed, password=password, role="role" in changed)

    def clean_organizations(self) -> list[Organization]:
        """Those that this administrator does not reach stay as they are."""
        chosen = list(self.cleaned_data["organizations"])
        if self.by.reaches_everybody or not self.instance.pk:
            return chosen
        return [*chosen, *self.instance.organizations.exclude(pk__in=self.by.reached_organizations)]
