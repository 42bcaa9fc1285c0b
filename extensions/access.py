"""The one lookup of an extension for a page, and the lock: hides what one may not see, refuses what one may not do."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.models import Role, User
from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from extensions.models import SipExtension, SipExtensionQuerySet


def visible(request: SignedInRequest) -> SipExtensionQuerySet:
    return SipExtension.objects.visible_to(request.user).select_related("user__role", "handed_to")


def get_extension(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see."""
    try:
        return visible(request).get(number=number)
    except SipExtension.DoesNotExist:
        raise Http404("No such extension.") from None


def may_manage(request: SignedInRequest, extension: SipExtension) -> bool:
    user = request.user
    if not user.manages_extensions or not user.reaches_up_to(extension.user.role):
        return False
    return user.reaches_everybody or SipExtension.objects.reached_by(user).filter(pk=extension.pk).exists()


def managed_numbers(request: SignedInRequest, shown: list[SipExtension]) -> set[str]:
    """The numbers, of those shown together, that the user may manage."""
    user = request.user
    if not user.manages_extensions:
        return set()
    roles = {each.user.role for each in shown}
    within = {role for role in roles if user.reaches_up_to(role)}
    numbers = {each.number for each in shown if each.user.role in within}
    if user.reaches_everybody:
        return numbers
    return set(SipExtension.objects.reached_by(user).filter(number__in=numbers).values_list("number", flat=True))


def managed(request: SignedInRequest) -> SipExtensionQuerySet:
    """All that the user may manage."""
    return manageable(request.user)


def manageable(user: User) -> SipExtensionQuerySet:
    if not user.manages_extensions:
        return SipExtension.objects.none()
    within = [role.pk for role in Role.objects.all() if user.reaches_up_to(role)]
    return SipExtension.objects.reached_by(user).filter(Q(user__role=None) | Q(user__role__in=within))


def without_extension(by: User) -> QuerySet[User]:
    """The people to whom `by` may give the extension that they do not have yet, `by` among them."""
    if not by.adds_extensions:
        return User.objects.none()
    within = [role.pk for role in Role.objects.all() if by.reaches_up_to(role)]
    found = User.objects.filter(Q(role=None) | Q(role__in=within), sip_extension=None)
    if by.reaches_everybody:
        return found
    members = User.organizations.through.objects.filter(organization__in=by.reached_organizations)
    return found.filter(Q(pk=by.pk) | Q(pk__in=members.values("user")))


def ask_again_about(request: SignedInRequest, *roles: Role | None) -> None:
    """Before the sign-in of somebody who manages anything is given, taken or changed: who asks proves who they are.

    By the roles before and after alone: what else a person is, as blocked, another action may have made them.
    """
    if any(role.manages_anything for role in roles if role):
        require_reauthentication(request)


def may_use(request: SignedInRequest, extension: SipExtension) -> bool:
    """Its phones and their password: by its own person, and by who may manage it."""
    return extension.user == request.user or may_manage(request, extension)


def get_managed(request: SignedInRequest, number: str) -> SipExtension:
    """Hides what the user may not see; refuses what they may see but not change."""
    extension = get_extension(request, number)
    if not may_manage(request, extension):
        raise PermissionDenied
    return extension
