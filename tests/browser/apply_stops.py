"""Review, apply, Apply History and Engine Check, for the tour."""

from contextlib import suppress

from playwright.sync_api import Page

from asterisk import check
from asterisk.apply.errors import ApplyError
from asterisk.models import ApplyRun, CheckRun
from asterisk.nodes import from_settings
from extensions import actions
from extensions.models import Change, SipExtension
from tests.browser import company
from tests.browser.tour import Tour, ada, belongs_to, edited, one, press, stop
from tests.node import apply
from tests.pbx.office import engine_tables
from tests.people import make_extension, make_user

# --- review ---


@stop
def review_empty(tour: Tour) -> Page:
    return tour.ada("/review/")


@stop
def review_of_ones_own(tour: Tour) -> Page:
    grace = one()
    apply(["1000"], None)
    edited(grace, ada(), first_name="Amazing", registration_password="t7Rw9KqX2mZv5LpB8nYc")
    return tour.ada("/review/")


@stop
def review_of_all_kinds_and_long_names(tour: Tour) -> Page:
    people = company.people(5)
    apply([each.number for each in people[:4]], None)
    belongs_to(ada())
    hugo = make_user("Hugo", role="human_resource", last_name="Wolfeschlegelsteinhausenbergerdorff")
    edited(people[1], ada(), last_name="Featherstonehaugh-Cholmondeley-Marjoribanks", caller_id="+441614960000")
    edited(people[2], hugo, registration_name="another-name", max_phones="2")
    edited(people[0], ada(), caller_id="7000")
    edited(people[0], hugo, caller_id="1000")
    actions.delete(people[3].number, ada())
    page = tour.ada("/review/#n1002")
    page.locator("#n1003 summary").click()
    return page


@stop
def review_of_hundreds(tour: Tour) -> Page:
    for place in range(150):
        make_extension(str(2000 + place))
    return tour.ada("/review/?from=2100")


# --- history ---


@stop
def history_empty(tour: Tour) -> Page:
    return tour.ada("/history/")


@stop
def history_full(tour: Tour) -> Page:
    company.people(20)
    apply(Change.objects.waiting().numbers(), ada())
    hugo = make_user("Hugo", role="human_resource", last_name=company.NAMES[1][1])
    outcomes = list(ApplyRun.Outcome)
    for n in range(40):
        run = ApplyRun.objects.create(
            by=(ada(), hugo, None)[n % 3], numbers=[str(1000 + each) for each in range((1, 3, 1500)[n % 3])]
        )
        if outcomes[n % 4] != ApplyRun.Outcome.RUNNING:
            run.close(outcomes[n % 4], "What came of it.")
    return tour.ada("/history/")


def run_page(tour: Tour) -> Page:
    return tour.ada(f"/history/{ApplyRun.objects.latest('pk').pk}/")


@stop
def run_proved(tour: Tour) -> Page:
    people = company.people(3)
    apply(["1000", "1001"], ada())
    edited(people[0], ada(), first_name="Amazing")
    actions.disable(people[1].number, ada())
    apply(["1000", "1001", "1002"], ada())
    return run_page(tour)


@stop
def run_refused(tour: Tour) -> Page:
    grace = one()
    apply(["1000"], None)
    edited(grace, ada(), caller_id="not a number")
    with suppress(ApplyError):
        apply(["1000"], ada())
    return run_page(tour)


@stop
def run_that_waits(tour: Tour) -> Page:
    one()
    port, tour.settings.AMI_PORT = tour.settings.AMI_PORT, 9
    apply(["1000"], ada())
    tour.settings.AMI_PORT = port
    return run_page(tour)


@stop
def run_that_compared_only(tour: Tour) -> Page:
    one()
    apply(["1000"], ada())
    apply(["1000"], None)
    return run_page(tour)


# --- the engine check ---


@stop
def check_never(tour: Tour) -> Page:
    return tour.ada("/history/check/")


@stop
def check_equal(tour: Tour) -> Page:
    tour.office.extension(number="1000")
    check.check(from_settings())
    return tour.ada("/history/check/")


@stop
def check_without_asterisk(tour: Tour) -> Page:
    CheckRun.objects.create(total=12, compared=12).close(False, [])
    return tour.ada("/history/check/")


@stop
def check_differing(tour: Tour) -> Page:
    people = company.people(4)
    apply([each.number for each in people], None)
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET max_contacts = 9, caller_name = 'Eve' WHERE number = '1001'")
        tables.execute("DELETE FROM sip_login WHERE number = '1002'")
    edited(people[3], ada(), first_name="Amazing")
    check.check(from_settings())
    return tour.ada("/history/check/")


@stop
def check_running(tour: Tour) -> Page:
    CheckRun.objects.create(total=20_000, compared=7_500)
    tour.stack.enter_context(check.only_one(from_settings().engine_file))
    return tour.ada("/history/check/")


@stop
def apply_failed(tour: Tour) -> Page:
    one()
    belongs_to(ada())
    SipExtension.objects.update(caller_id="not a number")
    page = press(tour.ada("/extensions/"), "Apply")
    page.get_by_role("heading", name="was not applied").wait_for()
    return page
