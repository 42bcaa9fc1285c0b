"""The operation log, for the tour."""

from playwright.sync_api import Page

from core.audit import context, log
from core.audit.models import AuditRecord
from tests.browser import company
from tests.browser.tour import Tour, ada, edited, stop
from tests.people import make_user


def log_of_many(tour: Tour) -> None:
    """All that is recorded, by some who have long names, over more than one page."""
    people = company.people(8)
    by = [ada(), make_user("Hugo", role="human_resource"), *(each.user for each in people[1:4])]
    with context.override_origin("2001:db8:85a3::8a2e:370:7334"):
        for place in range(52):
            number = people[place % 8].number
            log.record(by[place % 5], "extension.changed", number, fields={"Last Name": ["Hopper", f"Murray {place}"]})
    with context.override_origin("192.0.2.7"):
        log.record(by[1], "page.refused", "POST /extensions/1003/toggle/", number="1003", result=log.Result.REFUSED)
        log.record(ada(), "sign_in.failed", ada(), result=log.Result.FAILED)
    with context.override_origin(context.COMMAND):
        log.record(None, "engine.repaired", "3 extensions", numbers=["1001", "1002", "1003"])
    edited(people[0], ada(), first_name="Peggy", job_title="", allowed_networks="192.168.1.0/24, 2001:db8::/32")


@stop
def log_list(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/log/")


@stop
def log_last_page(tour: Tour) -> Page:
    page = log_list(tour)
    page.get_by_role("link", name="Oldest").click()
    page.get_by_role("link", name="Newest").wait_for()
    return page


@stop
def log_filtered(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/log/?person=ada&number=1000&module=extension&result=done&since=2026-01-31T18%3A00")


@stop
def log_no_match(tour: Tour) -> Page:
    return tour.ada("/log/?person=nobody+of+this+name&until=2020-01-31")


@stop
def log_with_errors(tour: Tour) -> Page:
    return tour.ada("/log/?number=10x&since=yesterday")


@stop
def log_row(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada(f"/log/{AuditRecord.objects.order_by('-id').filter(action='extension.changed')[0].pk}/")


@stop
def log_row_of_a_command(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada(f"/log/{AuditRecord.objects.get(action='engine.repaired').pk}/")


@stop
def extension_with_a_history(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/extensions/1000/")
