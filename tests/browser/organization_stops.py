"""The pages of the departments, for the tour."""

from playwright.sync_api import Page

from accounts.models import Organization, Role
from core.access.permissions import Permission
from tests.browser import company
from tests.browser.tour import Tour, press, stop
from tests.people import make_user
from tests.trees import department, fill


def several() -> Organization:
    """Departments of all depths and names, and people in them."""
    company.people(20)
    sales = department("Sales")
    for name in ("Europe", "アジア", "أفريقيا"):
        department(name, sales)
    office = department("Office")
    department("Accounting", office)
    office.users.set(sales.users.model.objects.order_by("pk")[:3])
    return sales


def deepest() -> Organization:
    at = Organization.company()
    for level in range(2, 21):
        at = department(f"Level {level} of an organization that likes long names", at)
    return at


@stop
def organizations(tour: Tour) -> Page:
    several()
    return tour.ada("/organizations/")


@stop
def organizations_none_yet(tour: Tour) -> Page:
    return tour.ada("/organizations/")


@stop
def organizations_twenty_levels(tour: Tour) -> Page:
    deepest()
    return tour.ada("/organizations/")


@stop
def organizations_a_thousand(tour: Tour) -> Page:
    sales = several()
    Organization.objects.bulk_create(Organization(name=f"Shop {n}", parent=sales) for n in range(150))
    return tour.ada("/organizations/")


@stop
def organizations_found(tour: Tour) -> Page:
    several()
    return tour.ada("/organizations/?q=boot")


@stop
def organizations_not_found(tour: Tour) -> Page:
    several()
    return tour.ada("/organizations/?q=nothing-of-this-name")


@stop
def organizations_to_look_at(tour: Tour) -> Page:
    several()
    ida = make_user("Ida")
    ida.role = Role.objects.create(name="Looks", granted=[Permission.VIEW_ORGANIZATIONS])
    ida.save()
    return tour.opened(ida, "/organizations/")


@stop
def organization(tour: Tour) -> Page:
    return tour.ada(f"/organizations/{several().pk}/")


@stop
def organization_of_all(tour: Tour) -> Page:
    several()
    return tour.ada(f"/organizations/{Organization.company().pk}/")


@stop
def organization_added(tour: Tour) -> Page:
    page = tour.ada(f"/organizations/add/?parent={several().pk}")
    page.get_by_label("Department Name*").fill("America")
    press(page, "Save")
    page.locator(".alert-success").wait_for()
    return page


@stop
def organization_add_with_errors(tour: Tour) -> Page:
    page = tour.ada(f"/organizations/add/?parent={several().pk}")
    page.get_by_label("Department Name*").fill("europe")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def organization_rename(tour: Tour) -> Page:
    return tour.ada(f"/organizations/{several().pk}/rename/")


@stop
def organization_move(tour: Tour) -> Page:
    return tour.ada(f"/organizations/{several().pk}/move/")


@stop
def organization_move_among_many(tour: Tour) -> Page:
    sales = several()
    fill(60)
    page = tour.ada(f"/organizations/{sales.pk}/move/")
    page.get_by_role("searchbox", name="Search departments").fill("keys")
    page.get_by_role("radio", name="Keys and ceremonies").wait_for()
    return page


@stop
def organization_delete(tour: Tour) -> Page:
    sales = several()
    role = Role.objects.create(
        name="Sales managers", granted=[Permission.VIEW_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS
    )
    role.organizations.add(sales)
    sales.users.set(sales.users.model.objects.order_by("pk")[:3])
    return tour.ada(f"/organizations/{sales.pk}/delete/")


@stop
def organization_delete_refused(tour: Tour) -> Page:
    sales = several()
    department("Europe")
    return tour.ada(f"/organizations/{sales.pk}/delete/")


@stop
def list_of_an_organization(tour: Tour) -> Page:
    several()
    pk = Organization.objects.get(name="Firmware and Embedded Systems").pk
    return tour.ada(f"/extensions/?organization={pk}&below=yes&q=person")


@stop
def list_of_an_organization_without_any(tour: Tour) -> Page:
    several()
    return tour.ada(f"/extensions/?organization={Organization.objects.get(name='Accounting').pk}")


@stop
def add_with_many_organizations(tour: Tour) -> Page:
    several()
    fill(60)
    page = tour.ada("/extensions/add/")
    page.get_by_role("searchbox", name="Search departments").fill("e")
    page.get_by_role("checkbox", name="Europe").wait_for()
    page.get_by_role("checkbox", name="Europe").check()
    page.get_by_role("searchbox", name="Search departments").fill("keys")
    page.get_by_role("checkbox", name="Keys and ceremonies").wait_for()
    page.locator(".strength").wait_for()
    return page
