"""One who leaves, as the tests of it need it."""

from django.test import Client

from accounts.models import User
from core.audit.models import AuditRecord
from extensions.leaving.forms import LeaveForm
from extensions.models import SipExtension

LEAVE = {"calls": "nobody", "keep": "30", "then": "leave"}


def again(extension: SipExtension) -> SipExtension:
    return SipExtension.objects.select_related("user").get(pk=extension.pk)


def leaves(extension: SipExtension, by: User, **answers: str) -> list[str]:
    form = LeaveForm({**LEAVE, **answers}, extension=again(extension), by=by)
    assert form.is_valid(), form.errors
    return form.save()


def errors(client: Client, **answers: str) -> dict[str, str]:
    answer = client.post("/extensions/1001/leave/", {**LEAVE, **answers})
    assert answer.status_code == 422, answer.status_code
    return {each["id"]: each["message"] for each in answer.context["errors"]}


def actions_on(on: str = "1001") -> list[tuple[str, str]]:
    found = AuditRecord.objects.filter(on=on).order_by("id")
    return [(record.action, record.who) for record in found if record.action.startswith("extension")]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_out(browser: Client) -> bool:
    return browser.get("/").headers.get("Location", "").startswith("/sign-in/")
