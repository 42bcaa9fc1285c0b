"""Templates, and copies: what Add and Bulk Add start from."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from core.audit.models import AuditRecord
from extensions.models import ExtensionTemplate
from tests.extensions.bulk.typed import bulk_add
from tests.pages import html_of
from tests.people import make_extension, make_user
from tests.trees import department


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def shown(client: Client, query: str) -> dict[str, Any]:
    form = client.get(f"/extensions/add/?{query}").context["form"]
    return {name: one[name].value() for one in (form.person, form.sip) for name in one.fields}


def test_a_template_is_kept_and_fills_in_the_form(signed_in: Client) -> None:
    sales = department("Sales")
    role = Role.objects.get(key="employee")
    typed = bulk_add(
        name="Desk", role=str(role.pk), organizations=[str(sales.pk)], job_title="Clerk", max_phones="3",
        outbound_calls="none", voicemail="", allowed_networks="10.0.0.0/8",
    )  # fmt: skip
    assert signed_in.post("/extensions/templates/add/", typed).status_code == 302
    template = ExtensionTemplate.objects.get()
    found = shown(signed_in, f"template={template.pk}")
    assert (found["role"], found["organizations"], found["job_title"]) == (role.pk, [sales.pk], "Clerk")
    assert (found["max_phones"], found["outbound_calls"], found["voicemail"]) == (3, "none", False)
    assert (found["allowed_networks"], found["number"], found["first_name"]) == ("10.0.0.0/8", "1000", None)
    assert found["registration_password"]


def test_two_of_one_name_are_refused_and_the_error_is_at_the_field(signed_in: Client) -> None:
    ExtensionTemplate.objects.create(name="Desk")
    answer = signed_in.post("/extensions/templates/add/", bulk_add(name="Desk"))
    assert [(error["id"], error["message"]) for error in answer.context["errors"]] == [
        ("id_name", "A template with this name already exists. Choose another name.")
    ]


def test_who_may_not_give_roles_leaves_that_of_a_template(client: Client, hugo: User) -> None:
    role = Role.objects.get(key="administrator")
    template = ExtensionTemplate.objects.create(name="Desk", values={"role": role.pk, "max_phones": 2})
    client.force_login(hugo)
    assert "role" not in shown(client, f"template={template.pk}")
    client.post(f"/extensions/templates/{template.pk}/", bulk_add(name="Desk 2", max_phones="3"))
    template.refresh_from_db()
    assert (template.name, template.values["role"], template.values["max_phones"]) == ("Desk 2", role.pk, 3)


def test_each_is_recorded_and_said(signed_in: Client) -> None:
    page = "/extensions/templates/"
    added = signed_in.post(f"{page}add/", bulk_add(name="Desk"), follow=True).content.decode()
    assert "Template Desk saved. Choose it in Add or Bulk Add." in added
    key = ExtensionTemplate.objects.get().pk
    assert signed_in.get(f"{page}{key}/").context["errors"] == []
    found = signed_in.post(f"{page}{key}/", bulk_add(name="Desk", then="find", max_phones="9"))
    assert (found.status_code, found.context["errors"]) == (200, [])
    wrong = signed_in.post(f"{page}{key}/", bulk_add(name="", max_phones="9"))
    assert (wrong.status_code, len(wrong.context["errors"])) == (422, 2)
    for _ in range(2):  # of which the second changes nothing
        signed_in.post(f"{page}{key}/", bulk_add(name="Counter", max_phones="3"))
        assert AuditRecord.objects.filter(action="template.changed").count() == 1
    assert "Counter" in html_of(signed_in, page)
    assert "Counter" in html_of(signed_in, f"{page}{key}/delete/")
    assert ExtensionTemplate.objects.get().values["max_phones"] == 3
    gone = signed_in.post(f"{page}{key}/delete/", follow=True).content.decode()
    assert "Template Counter deleted." in gone
    rows = AuditRecord.objects.filter(action__startswith="template.").order_by("pk")
    assert [(row.action, row.on) for row in rows] == [
        ("template.added", "Desk"),
        ("template.changed", "Counter"),
        ("template.deleted", "Counter"),
    ]


def test_who_reaches_some_has_no_templates(client: Client, db: None) -> None:
    key = ExtensionTemplate.objects.create(name="Desk").pk
    role = Role.objects.create(name="Sales desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(department("Sales"))
    client.force_login(make_user("Lena", custom=role))
    for path in ("", "add/", f"{key}/", f"{key}/delete/"):
        assert client.get(f"/extensions/templates/{path}").status_code == 404
    assert client.post(f"/extensions/templates/{key}/delete/").status_code == 404
    assert ExtensionTemplate.objects.exists()


def test_one_is_deleted(signed_in: Client) -> None:
    template = ExtensionTemplate.objects.create(name="Desk")
    signed_in.post(f"/extensions/templates/{template.pk}/delete/")
    assert not ExtensionTemplate.objects.exists()


def test_a_copy_has_all_but_what_is_the_persons_own(signed_in: Client) -> None:
    sales = department("Sales")
    extension = make_extension("1000", first_name="Grace", location="Hall", max_phones=2, caller_id="77")
    extension.user.organizations.set([sales])
    extension.user.job_title = "Clerk"
    extension.user.save()
    found = shown(signed_in, "copy=1000")
    assert (found["location"], found["max_phones"], found["job_title"]) == ("Hall", 2, "Clerk")
    assert (found["organizations"], found["first_name"], found["caller_id"]) == ([sales.pk], None, None)
    assert (found["number"], found["email"]) == ("1001", None)
    assert found["registration_name"] != extension.registration_name
    assert found["registration_password"] != extension.registration_password
    assert "Filled in like extension" in html_of(signed_in, "/extensions/add/?copy=1000")


@pytest.mark.parametrize("path", ["/extensions/", "/extensions/1000/"])
def test_the_list_and_the_page_lead_to_a_copy(signed_in: Client, path: str) -> None:
    make_extension("1000")
    assert '?copy=1000"' in html_of(signed_in, path)
