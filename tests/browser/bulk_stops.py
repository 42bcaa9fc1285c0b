"""Many extensions added, edited, and acted on at once, for the tour."""

from playwright.sync_api import Page

from extensions.models import ExtensionTemplate, SipExtension
from tests.browser import company
from tests.browser.tour import Tour, press, stop
from tests.people import make_extension

SIX = "&".join(f"n={number}" for number in range(1000, 1006))


@stop
def list_with_the_add_menu_open(tour: Tour) -> Page:
    company.people(6)
    page = tour.ada("/extensions/")
    page.locator("summary", has_text="More ways to add").click()
    return page


@stop
def list_with_the_menu_of_the_chosen_open(tour: Tour) -> Page:
    company.people(20)
    page = tour.ada("/extensions/")
    page.get_by_role("checkbox", name="Select 1000").check()
    page.locator("summary", has_text="Other actions for the selected").click()
    return page


@stop
def bulk_add(tour: Tour) -> Page:
    ExtensionTemplate.objects.create(name="Reception desks")
    return tour.ada("/extensions/bulk/add/")


@stop
def bulk_add_with_errors(tour: Tour) -> Page:
    for number in ("1003", "1004", "1007", "1010", "1011", "1012", "1013"):
        make_extension(number)
    page = tour.ada("/extensions/bulk/add/")
    page.locator("#id_first").fill("1000")
    page.locator("#id_count").fill("20")
    page.locator("#id_email").fill("desk@example.com")
    page.get_by_label("Generate randomly").check()
    press(page, "Preview")
    page.locator(".error-summary").wait_for()
    return page


def previewed(tour: Tour) -> Page:
    for number in ("1003", "1004", "1007"):
        make_extension(number)
    page = tour.ada("/extensions/bulk/add/")
    page.locator("#id_first").fill("1000")
    page.locator("#id_count").fill("40")
    page.locator("#id_email").fill("desk{number}@analytical-engines.example.com")
    page.get_by_label("Skip them").check()
    press(page, "Preview")
    page.get_by_role("heading", name="Add 40 extensions").wait_for()
    return page


@stop
def bulk_add_preview(tour: Tour) -> Page:
    return previewed(tour)


@stop
def bulk_add_done(tour: Tour) -> Page:
    page = previewed(tour)
    press(page, "Add, apply later")
    page.get_by_role("heading", name="New credentials").wait_for()
    return page


@stop
def bulk_edit(tour: Tour) -> Page:
    company.people(12)
    page = tour.ada(f"/extensions/bulk/edit/?{SIX}")
    for name, mode in (("job_title", "set"), ("organizations", "set"), ("max_phones", "set"), ("role", "clear")):
        page.locator(f"#id_do_{name}").select_option(mode)
    return page


@stop
def bulk_edit_with_an_error(tour: Tour) -> Page:
    company.people(12)
    page = tour.ada(f"/extensions/bulk/edit/?{SIX}#security")
    page.locator("#id_do_allowed_networks").select_option("set")
    page.locator("#id_allowed_networks").fill("10.0.0.1/8")
    press(page, "Preview")
    page.locator(".error-summary").wait_for()
    return page


@stop
def bulk_edit_preview(tour: Tour) -> Page:
    company.people(40)
    page = tour.ada("/extensions/bulk/edit/?all=yes&filter=&count=40")
    for name, mode in (("job_title", "set"), ("organizations", "clear"), ("max_phones", "set"), ("role", "clear")):
        page.locator(f"#id_do_{name}").select_option(mode)
    page.locator("#id_job_title").fill("Senior Vice President of Customer Success")
    page.locator("#id_max_phones").select_option("2")
    press(page, "Preview")
    page.locator(".effects").wait_for()
    return page


@stop
def bulk_edit_of_nobody(tour: Tour) -> Page:
    return tour.ada("/extensions/bulk/edit/")


@stop
def bulk_delete(tour: Tour) -> Page:
    company.people(40)
    return tour.ada("/extensions/bulk/delete/?all=yes&filter=&count=40")


@stop
def bulk_disable_with_some_left_out(tour: Tour) -> Page:
    company.people(12)
    return tour.ada(f"/extensions/bulk/disable/?{SIX}")


@stop
def bulk_actions(tour: Tour) -> Page:
    company.people(8)
    page = tour.ada(f"/extensions/bulk/disable/?{SIX}")
    press(page, "Apply later")
    page.get_by_role("heading", name="Disabled").wait_for()
    press(page, "Undo")
    page.locator(".alert-success").wait_for()
    assert SipExtension.objects.get(number="1000").enabled
    page.goto("/extensions/bulk/")
    return page


@stop
def bulk_actions_empty(tour: Tour) -> Page:
    return tour.ada("/extensions/bulk/")


@stop
def bulk_action_undone(tour: Tour) -> Page:
    page = bulk_actions(tour)
    page.locator(".left-out a").first.click()
    page.get_by_text("Undone on").wait_for()
    return page


@stop
def templates_of_extensions(tour: Tour) -> Page:
    for name in ("Reception desks", "Lobby phones of the buildings at the river, without calls outside"):
        ExtensionTemplate.objects.create(name=name)
    return tour.ada("/extensions/templates/")


@stop
def templates_of_extensions_empty(tour: Tour) -> Page:
    return tour.ada("/extensions/templates/")


@stop
def template_form(tour: Tour) -> Page:
    return tour.ada("/extensions/templates/add/")


@stop
def template_deletion(tour: Tour) -> Page:
    template = ExtensionTemplate.objects.create(name="Reception desks")
    return tour.ada(f"/extensions/templates/{template.pk}/delete/")


@stop
def add_as_a_copy(tour: Tour) -> Page:
    company.people(3)
    return tour.ada("/extensions/add/?copy=1001")
