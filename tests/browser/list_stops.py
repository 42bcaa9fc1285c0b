"""The list of extensions as it is narrowed down and laid out, for the tour."""

from playwright.sync_api import Page

from asterisk.live import store as live
from asterisk.nodes import from_settings
from extensions.listing import columns
from tests.browser import company
from tests.browser.tour import Tour, ada, list_with_phones, press, stop
from tests.people import make_user


def every_column(page_size: int = 25) -> None:
    columns.keep(ada(), [each.name for each in columns.COLUMNS], page_size)


@stop
def list_with_every_column(tour: Tour) -> Page:
    every_column()
    return list_with_phones(tour, 60)


@stop
def list_narrowed_by_several_filters(tour: Tour) -> Page:
    company.people(60)
    return tour.ada("/extensions/?enabled=yes&voicemail=yes&unapplied=yes&role=none&sort=-name&q=a")


@stop
def list_with_filters_open(tour: Tour) -> Page:
    company.people(30)
    page = tour.ada("/extensions/")
    page.locator("summary", has_text="Filter").click()
    return page


@stop
def list_with_columns_open(tour: Tour) -> Page:
    company.people(30)
    page = tour.ada("/extensions/")
    page.locator("summary", has_text="Columns").click()
    return page


@stop
def list_with_phones_that_fail(tour: Tour) -> Page:
    page = list_with_phones(tour, 12)
    with live.opened(from_settings().live_file) as db:
        live.add_attempts(
            db,
            [
                live.Attempt(number, "credentials", "192.0.2.7", "192.0.2.7:5060", "UDP", 3, 4e9, 4e9)
                for number in ("1001", "1003")
            ],
        )
    page.reload()
    page.locator(".fails").first.wait_for()
    return page


@stop
def list_with_all_that_match_chosen(tour: Tour) -> Page:
    company.people(60)
    page = tour.ada("/extensions/")
    page.get_by_role("checkbox", name="Select 1001").check()
    page.get_by_role("checkbox", name="Select all 60 that match").check()
    return page


@stop
def header_search_while_typing(tour: Tour) -> Page:
    company.people(30)
    page = tour.ada("/extensions/")
    page.get_by_role("searchbox").press_sequentially("on")
    page.locator("#found a").first.wait_for()
    return page


@stop
def header_search_without_a_match(tour: Tour) -> Page:
    page = tour.ada("/roles/")
    page.get_by_role("searchbox").press_sequentially("nothing is called so")
    page.locator(".found-none").wait_for()
    return page


@stop
def search_page(tour: Tour) -> Page:
    company.people(30)
    return tour.ada("/search/?q=on")


@stop
def search_page_without_words(tour: Tour) -> Page:
    return tour.ada("/search/")


@stop
def list_where_nothing_matches(tour: Tour) -> Page:
    company.people(3)
    return tour.ada("/extensions/?enabled=no&voicemail=no")


@stop
def people_without_an_extension(tour: Tour) -> Page:
    for name in ("Zora", "Émile", "Wolfeschlegelsteinhausenbergerdorff"):
        make_user(name, email=f"{name[:5].lower().replace('é', 'e')}@example.com")
    make_user("Hugo", role="human_resource")
    return tour.ada("/extensions/people/")


@stop
def people_without_an_extension_none(tour: Tour) -> Page:
    return tour.ada("/extensions/people/?name=nobody")


@stop
def person_without_an_extension(tour: Tour) -> Page:
    person = make_user("Zora")
    return tour.ada(f"/extensions/people/{person.pk}/")


@stop
def person_without_an_extension_with_errors(tour: Tour) -> Page:
    person = make_user("Zora")
    page = tour.ada(f"/extensions/people/{person.pk}/")
    page.get_by_label("First Name").fill("")
    page.get_by_label("Email Address").fill("x")
    return press(page, "Save")


@stop
def person_to_be_removed(tour: Tour) -> Page:
    person = make_user("Hugo", role="human_resource")
    return tour.ada(f"/extensions/people/{person.pk}/remove/")


@stop
def person_who_cannot_be_removed(tour: Tour) -> Page:
    return tour.ada(f"/extensions/people/{ada().pk}/remove/")
