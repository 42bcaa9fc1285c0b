"""Roles, for the tour."""

from playwright.sync_api import Page

from accounts.models import Organization, Role, User
from tests.browser import company
from tests.browser.tour import Tour, press, stop
from tests.people import make_user


def sales_help() -> Role:
    """By organization, and given to three people."""
    people = company.people(9)
    role = Role.objects.create(name="Sales helpdesk", granted=["extension.manage"], reach="organizations")
    role.organizations.set(Organization.objects.filter(name__in=["Engineering", "Signing"]))
    User.objects.filter(sip_extension__in=people[:3]).update(role=role)
    Role.objects.create(
        name="Regional Enablement and Customer Success, EMEA", granted=["role.view", "extension.view", "log.view"]
    )
    return role


@stop
def roles(tour: Tour) -> Page:
    sales_help()
    page = tour.ada("/roles/")
    page.locator("summary", has_text="Actions for Sales helpdesk").click()
    return page


@stop
def roles_for_looking(tour: Tour) -> Page:
    sales_help()
    return tour.opened(make_user("Rita", custom=Role.objects.get(name__startswith="Regional")), "/roles/")


@stop
def role(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/")


@stop
def role_default(tour: Tour) -> Page:
    return tour.ada(f"/roles/{Role.objects.get(key='human_resource').pk}/")


@stop
def role_copy(tour: Tour) -> Page:
    return tour.ada(f"/roles/{Role.objects.get(key='operator').pk}/copy/")


@stop
def role_by_organization(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/edit/")


@stop
def role_with_errors(tour: Tour) -> Page:
    company.departments()
    page = tour.ada("/roles/add/")
    page.get_by_label("Extensions in selected departments").check()
    page.evaluate(
        "document.querySelectorAll('[data-manage]').forEach((box) => { box.disabled = false; box.checked = true })"
    )
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def role_that_somebody_has(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/delete/")


@stop
def role_delete(tour: Tour) -> Page:
    role = sales_help()
    role.users.update(role=None)
    return tour.ada(f"/roles/{role.pk}/delete/")
