"""Roles: made, copied, changed and deleted, and never mightier than who makes them."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import NoSuperAdministrator, Organization, Role, User
from accounts.roles.forms import DeleteRoleForm, RoleForm
from core.access.permissions import DEFAULT_ROLES, EVERYTHING, Permission, in_words
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions.forms import ExtensionForm
from extensions.models import SipExtension
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user

ROLE_MANAGER = [
    Permission.VIEW_ROLES,
    Permission.MANAGE_ROLES,
    Permission.VIEW_EXTENSIONS,
    Permission.MANAGE_EXTENSIONS,
]


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def make_role(name: str, *granted: Permission, **more: Any) -> Role:
    return Role.objects.create(name=name, granted=sorted(granted), **more)


def typed(role: Role | None = None, **more: Any) -> dict[str, Any]:
    """As the browser would post it; `opened` of the form that was shown last."""
    fields = {"name": "Helpdesk", "granted": ["extension.view"], "reach": "all", "below": "on", **more}
    if role:
        fields.setdefault("opened", RoleForm(by=User.objects.get(email="ada@example.com"), instance=role)._mark())
    return fields


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    return {name: " ".join(messages) for name, messages in answer.context["form"].errors.items()}


def last() -> AuditRecord:
    found = AuditRecord.objects.first()
    assert found
    return found


def test_a_role_is_made_given_and_takes_effect_at_the_next_request(signed_in: Client, vic: User) -> None:
    vics = Client()
    vics.force_login(vic)
    assert vics.get("/extensions/").status_code == 404
    answer = signed_in.post("/roles/add/", typed())
    role = Role.objects.get(name="Helpdesk")
    assert answer["Location"] == f"/roles/{role.pk}/"
    assert (last().action, last().on) == ("role.added", "Helpdesk")
    assert last().detail["fields"]["permissions"] == ["", ["extension.view"]]
    assert [each.new for each in last().fields if each.label == "Permissions"] == ["View Extension"]
    User.objects.filter(pk=vic.pk).update(role=role)
    vics.force_login(User.objects.get(pk=vic.pk))  # another role ends the sessions
    assert vics.get("/extensions/").status_code == 200
    assert vics.get("/extensions/add/").status_code == 403
    signed_in.post(f"/roles/{role.pk}/edit/", typed(role, granted=["extension.manage"]))
    assert vics.get("/extensions/add/").status_code == 200
    assert last().action == "role.changed"
    assert last().detail["fields"] == {"permissions": [["extension.view"], ["extension.manage", "extension.view"]]}
    again = signed_in.post(f"/roles/{role.pk}/edit/", typed(Role.objects.get(pk=role.pk), granted=["extension.manage"]))
    assert again["Location"] == f"/roles/{role.pk}/"
    assert AuditRecord.objects.filter(action="role.changed").count() == 1, "nothing was changed the second time"
    signed_in.post(f"/roles/{role.pk}/edit/", typed(Role.objects.get(pk=role.pk), granted=[]))
    assert vics.get("/extensions/").status_code == 404


def test_the_list_says_what_each_may_do_and_how_many_have_it(signed_in: Client, hugo: User, vic: User) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    make_role("Sales help", Permission.MANAGE_EXTENSIONS, reach="organizations").organizations.add(sales)
    rows = {str(row.role): row for row in signed_in.get("/roles/").context["rows"]}
    assert list(rows)[:7] == [str(each) for each in Role.objects.all()[:7]]
    assert (rows["Super Administrator"].may, rows["Super Administrator"].people) == ("Full access", 1)
    assert rows["Human Resources"].may == "Manage Extension; View Apply History"
    assert rows["Human Resources"].reach == "All extensions"
    assert (rows["Employee"].may, rows["Employee"].reach, rows["Employee"].people) == ("", "", 0)
    assert rows["Sales help"].reach == "Sales, including sub-departments"
    Preferences.objects.update(organization_management=False)
    rows = {str(row.role): row for row in signed_in.get("/roles/").context["rows"]}
    assert rows["Sales help"].reach == "No one while Organization Management is off"


def test_a_roles_page_shows_its_matrix_and_its_people(signed_in: Client, hugo: User, vic: User) -> None:
    make_extension("1000", user=hugo)
    role = Role.objects.get(key="human_resource")
    answer = signed_in.get(f"/roles/{role.pk}/")
    levels = {module.name: level for module, level in answer.context["levels"]}
    assert levels == {
        "Extension": "Manage", "Others' Voicemail": "", "Role": "", "Organization": "", "Trunk": "", "Route": "",
        "Preferences": "",
        "Apply History": "View", "Engine Check": "", "Blocked Addresses": "", "Mail": "",
        "Backup": "", "Events": "", "Operation Log": "",
    }  # fmt: skip
    page = answer.content.decode()
    assert "1 person has this role" in page
    assert 'href="/extensions/1000/"' in page
    assert "/edit/" not in page


def test_who_has_a_role_is_shown_only_to_whom_may_see_people(client: Client, hugo: User) -> None:
    client.force_login(make_user("Rita", custom=make_role("Reader", Permission.VIEW_ROLES)))
    page = html_of(client, f"/roles/{hugo.role_id}/")
    assert "1 person has this role" in page
    assert "Hugo" not in page


@pytest.mark.parametrize("key", DEFAULT_ROLES)
def test_a_default_role_is_copied_never_changed(signed_in: Client, key: str) -> None:
    role = Role.objects.get(key=key)
    assert signed_in.get(f"/roles/{role.pk}/").status_code == 200
    for action in ("edit", "delete"):
        assert signed_in.get(f"/roles/{role.pk}/{action}/").status_code == 403
        assert signed_in.post(f"/roles/{role.pk}/{action}/", typed()).status_code == 403
    form = signed_in.get(f"/roles/{role.pk}/copy/").context["form"]
    shown = {"name": form["name"].value(), "granted": form["granted"].value(), "reach": form["reach"].value()}
    assert signed_in.post("/roles/add/", shown).status_code == 302
    copied = Role.objects.get(name=f"{role} (copy)")
    assert copied.permissions == role.permissions
    assert not copied.is_default


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("name", {"name": ""}, "Enter the Name"),
        ("name", {"name": "human resources"}, "A role with this name already exists"),
        ("name", {"name": "two\nlines"}, "one line"),
        ("granted", {"granted": ["everything"]}, "only your own permissions"),
        ("reach", {"reach": "nobody"}, "Choose one of the two"),
        ("organizations", {"reach": "organizations"}, "Choose at least one"),
        ("organizations", {"reach": "organizations", "organizations": ["999"]}, "not one of the available"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, wrong: dict[str, Any], words: str) -> None:
    found = errors(signed_in.post("/roles/add/", typed(**wrong)))
    assert list(found) == [field]
    assert words in found[field]
    assert Role.objects.count() == len(DEFAULT_ROLES)


def test_by_organization_only_extensions_can_be_given(signed_in: Client) -> None:
    root = str(Organization.company().pk)
    wrong = typed(reach="organizations", organizations=[root], granted=["extension.view", "log.view", "role.manage"])
    assert (
        "Clear Role, Operation Log, or choose All extensions."
        in errors(signed_in.post("/roles/add/", wrong))["granted"]
    )
    signed_in.post("/roles/add/", typed(reach="organizations", organizations=[root], granted=["extension.manage"]))
    role = Role.objects.get(name="Helpdesk")
    assert role.below
    assert role.reached_organizations() == {Organization.company().pk}


def test_a_role_that_reaches_everybody_keeps_no_departments(signed_in: Client) -> None:
    """Else it would reach them again, and no others, where its reach is changed once more."""
    root = Organization.company()
    role = make_role("Sales help", Permission.VIEW_EXTENSIONS, reach="organizations")
    role.organizations.add(root)
    sent = typed(role, reach="all", organizations=[str(root.pk)])
    assert signed_in.post(f"/roles/{role.pk}/edit/", sent).status_code == 302
    role.refresh_from_db()
    assert (role.reach, list(role.organizations.all())) == ("all", [])


def test_while_organizations_are_off_a_role_keeps_its_reach(signed_in: Client) -> None:
    role = make_role("Sales help", Permission.VIEW_EXTENSIONS, reach="organizations", below=False)
    role.organizations.add(Organization.company())
    shown = signed_in.get(f"/roles/{role.pk}/edit/").context["form"]
    assert not shown.whole_system_is_closed
    assert shown["granted"].value() == ["extension.view"]
    assert [str(each) for each in shown.picker.chosen] == [str(Organization.company())]
    copy = signed_in.get(f"/roles/{role.pk}/copy/").context["form"]
    assert [str(each) for each in copy.picker.chosen] == [str(Organization.company())]
    assert (copy["reach"].value(), copy["below"].value()) == ("organizations", False)
    Preferences.objects.update(organization_management=False)
    page = signed_in.get(f"/roles/{role.pk}/edit/")
    assert "reach" not in page.context["form"].fields
    assert page.context["form"].whole_system_is_closed
    assert [line.module.name for line in page.context["form"].lines()] == ["Extension", "Others' Voicemail"]
    wrong = typed(role, reach="all", granted=["log.view"])
    assert "Clear Operation Log. Only Extension" in errors(signed_in.post(f"/roles/{role.pk}/edit/", wrong))["granted"]
    assert signed_in.post(f"/roles/{role.pk}/edit/", typed(role, reach="all")).status_code == 302
    role.refresh_from_db()
    assert (role.name, role.reach, role.below) == ("Helpdesk", "organizations", False)
    assert list(role.organizations.all()) == [Organization.company()]
    assert role.reached_organizations() == frozenset()


def test_a_role_of_no_department_is_said_to_reach_no_one(signed_in: Client) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS, reach="organizations")
    assert "No one: no department is selected" in html_of(signed_in, f"/roles/{role.pk}/")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["Grace"], "Grace has this role. Assign that person another role first."),
        (["Grace", "Joan", "Kay"], "Grace, Joan, Kay have this role. Assign them another role first."),
    ],
)
def test_few_who_have_a_role_are_all_named(signed_in: Client, names: list[str], words: str) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    for name in names:
        make_user(name, custom=role)
    assert words in html_of(signed_in, f"/roles/{role.pk}/delete/")


def test_a_role_that_somebody_has_is_not_deleted(signed_in: Client) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    for name in ("Grace", "Joan", "Kay", "Lin", "Mary"):
        make_user(name, custom=role)
    assert "Grace, Joan, Kay and 2 more have this role" in signed_in.get(f"/roles/{role.pk}/delete/").content.decode()
    assert signed_in.post(f"/roles/{role.pk}/delete/").status_code == 409
    assert Role.objects.filter(pk=role.pk).exists()
    role.users.update(role=None)
    assert signed_in.post(f"/roles/{role.pk}/delete/")["Location"] == "/roles/"
    assert not Role.objects.filter(pk=role.pk).exists()
    assert (last().action, last().on) == ("role.deleted", "Helpdesk")
    assert last().detail["fields"]["permissions"] == [["extension.view"], ""]


def test_who_was_given_the_role_while_it_was_deleted_is_named(
    signed_in: Client, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    refusal = DeleteRoleForm.refusal

    def and_then_somebody_gets_it(form: DeleteRoleForm) -> str:
        words = refusal(form)
        User.objects.filter(pk=vic.pk).update(role=role)
        return words

    monkeypatch.setattr(DeleteRoleForm, "refusal", and_then_somebody_gets_it)
    answer = signed_in.post(f"/roles/{role.pk}/delete/")
    assert answer.status_code == 409
    assert "Vic has this role. Assign that person another role first." in answer.content.decode()
    assert Role.objects.filter(pk=role.pk).exists()
    assert not AuditRecord.objects.filter(action="role.deleted").exists()


def test_two_who_change_a_role_do_not_overwrite_each_other(signed_in: Client) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    mine = typed(role, granted=["log.view"])
    signed_in.post(f"/roles/{role.pk}/edit/", typed(role, granted=["role.view"]))
    answer = signed_in.post(f"/roles/{role.pk}/edit/", mine)
    assert "Someone else saved" in errors(answer)["__all__"]
    assert Role.objects.get(pk=role.pk).granted == ["role.view"]
    now = str(answer.context["form"].opened).split('"')[-2]
    assert signed_in.post(f"/roles/{role.pk}/edit/", {**mine, "opened": now}).status_code == 302
    assert Role.objects.get(pk=role.pk).granted == ["log.view"]


def test_looking_for_departments_in_the_form_saves_nothing_and_says_nothing_of_errors(signed_in: Client) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    for url, of in (("/roles/add/", None), (f"/roles/{role.pk}/edit/", role)):
        answer = signed_in.post(url, typed(of, name="", granted=["log.view"], then="find", find="sales"))
        assert answer.status_code == 200
        assert not answer.context["form"].errors
        assert answer.context["form"]["granted"].value() == ["log.view"]
    custom = Role.objects.exclude(key__in=DEFAULT_ROLES)
    assert [(each.name, each.granted) for each in custom] == [("Helpdesk", ["extension.view"])]


def test_a_name_that_was_taken_a_moment_ago_is_refused(ada: User) -> None:
    form = RoleForm(typed(), by=ada)
    assert form.is_valid()
    make_role("HELPDESK")
    assert form.try_save() is None
    assert "A role with this name already exists" in str(form.errors["name"])
    assert AuditRecord.objects.count() == 0


def test_a_role_saved_by_another_a_moment_ago_is_not_overwritten(ada: User) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    form = RoleForm(typed(role, granted=["log.view"]), by=ada, instance=role)
    assert form.is_valid()
    Role.objects.filter(pk=role.pk).update(granted=["role.view"])
    assert form.try_save() is None
    assert "Someone else saved" in str(form.non_field_errors())
    assert Role.objects.get(pk=role.pk).granted == ["role.view"]
    assert AuditRecord.objects.count() == 0
    again = typed(granted=["log.view"], opened=str(form.opened).split('"')[-2])
    form = RoleForm(again, by=ada, instance=Role.objects.get(pk=role.pk))
    assert form.is_valid()
    assert form.try_save()


def test_a_role_deleted_a_moment_ago_does_not_come_back(ada: User) -> None:
    role = make_role("Helpdesk", Permission.VIEW_EXTENSIONS)
    form = RoleForm(typed(role, granted=["log.view"]), by=ada, instance=role)
    assert form.is_valid()
    Role.objects.filter(pk=role.pk).delete()
    assert form.try_save() is None
    assert not Role.objects.filter(name="Helpdesk").exists()


# --- nobody gives more than they have ---


@pytest.fixture
def rita(db: None) -> User:
    """Manages roles and extensions, and nothing else."""
    return make_user("Rita", custom=make_role("Role manager", *ROLE_MANAGER))


def test_nobody_makes_a_role_that_may_do_more_than_they_may(client: Client, rita: User) -> None:
    client.force_login(rita)
    offered = {line.module.name for line in client.get("/roles/add/").context["form"].lines()}
    assert offered == {"Extension", "Role"}
    assert "only your own permissions" in errors(client.post("/roles/add/", typed(granted=["log.view"])))["granted"]
    copied = client.get(f"/roles/{Role.objects.get(key='super_administrator').pk}/copy/").context["form"]
    ticked = {box.permission for line in copied.lines() for box in (line.view, line.manage) if box and box.ticked}
    assert ticked == set(ROLE_MANAGER)


def test_nobody_changes_or_deletes_a_role_mightier_than_theirs(client: Client, rita: User) -> None:
    role = make_role("Log", Permission.VIEW_LOG)
    client.force_login(rita)
    assert client.get(f"/roles/{role.pk}/").status_code == 200
    for action in ("edit", "delete"):
        assert client.get(f"/roles/{role.pk}/{action}/").status_code == 403
        assert client.post(f"/roles/{role.pk}/{action}/", typed(granted=[])).status_code == 403
    role.refresh_from_db()
    assert role.granted == ["log.view"]


def test_nobody_gives_their_own_role_more_or_takes_its_rights_over_roles(client: Client, ada: User, rita: User) -> None:
    client.force_login(rita)
    role = rita.role
    assert role
    more = typed(role, granted=[*ROLE_MANAGER, "log.view"])
    assert "only your own permissions" in errors(client.post(f"/roles/{role.pk}/edit/", more))["granted"]
    less = typed(role, granted=["extension.manage"])
    assert "lock yourself out" in errors(client.post(f"/roles/{role.pk}/edit/", less))["granted"]
    kept = typed(role, granted=["role.manage"])
    assert client.post(f"/roles/{role.pk}/edit/", kept).status_code == 302
    assert Role.objects.get(pk=role.pk).permissions == {Permission.VIEW_ROLES, Permission.MANAGE_ROLES}


def test_only_roles_that_one_may_give_are_offered(client: Client, rita: User, hugo: User) -> None:
    mighty = make_role("Log", Permission.VIEW_LOG)
    client.force_login(rita)
    offered = client.get("/extensions/add/").context["form"].person.fields["role"].queryset
    assert {each.key for each in offered if each.is_default} == {"supervisor", "employee", "accounting"}
    assert {each.name for each in offered if not each.is_default} == {"Role manager"}
    answer = client.post("/extensions/add/", Typed(more={"role": str(mighty.pk)}).fields)
    assert answer.status_code == 422
    assert "more permissions than yours" in answer.content.decode()
    client.force_login(hugo)
    assert "role" not in client.get("/extensions/add/").context["form"].person.fields
    assert client.post("/extensions/add/", Typed(more={"role": str(rita.role_id)}).fields).status_code == 302
    assert SipExtension.objects.get().user.role is None


# --- the last Super Administrator ---


def test_two_super_administrators_cannot_demote_each_other_at_once(ada: User) -> None:
    second = make_user("Second", role="super_administrator")
    forms = [
        ExtensionForm(
            Typed(more={
                "number": extension.number, "first_name": extension.user.first_name, "email": extension.user.email,
                "registration_name": extension.registration_name, "version": "1", "password": "",
                "registration_password": "", "role": "",
            }).fields,
            by=by, preferences=Preferences.load(), extension=SipExtension.objects.get(pk=extension.pk),
        )
        for extension, by in ((make_extension("1000", user=ada), second), (make_extension("1001", user=second), ada))
    ]  # fmt: skip
    assert all(form.is_valid() for form in forms), [form.error_list() for form in forms]
    assert forms[0].try_save()
    assert forms[1].try_save() is None
    assert "last Super Administrator" in str(forms[1].error_list())
    assert [str(each) for each in User.objects.super_administrators()] == ["Second"]


def test_the_last_super_administrator_is_not_deleted_whoever_asks(ada: User) -> None:
    second = make_user("Second", role="super_administrator")
    second.delete()
    with pytest.raises(NoSuperAdministrator):
        ada.delete()
    assert User.objects.filter(email="ada@example.com").exists()


def test_disabling_the_number_of_the_last_super_administrator_leaves_the_sign_in(client: Client, ada: User) -> None:
    make_extension("1000", user=ada)
    client.force_login(make_user("Second", role="super_administrator"))
    assert client.post("/extensions/1000/toggle/", {"enabled": "no"}).status_code == 302
    ada.refresh_from_db()
    assert not SipExtension.objects.get().enabled
    assert ada.is_active
    assert ada.can(Permission.MANAGE_ROLES)


def test_what_a_role_may_do_in_short() -> None:
    assert in_words(EVERYTHING) == "Full access"
    assert in_words(frozenset()) == ""
    assert in_words(frozenset({Permission.VIEW_LOG, Permission.VIEW_CHECK})) == "View Engine Check, Operation Log"


def test_a_role_that_gives_nothing_says_so_where_it_is_seen_and_where_it_is_assigned(client: Client, ada: User) -> None:
    client.force_login(ada)
    role = Role.objects.create(name="Sales")
    listed, choice = "No permissions yet: own extension only", "Sales (no permissions yet)"
    assert client.get("/roles/").content.decode().count(listed) == 4
    assert "This role gives no permissions yet." in client.get(f"/roles/{role.pk}/").content.decode()
    form = client.get("/extensions/add/").content.decode()
    assert choice in form
    assert "Supervisor (no permissions yet)" in form
    assert "Operator (no permissions yet)" not in form
    role.granted = [Permission.VIEW_LOG]
    role.save()
    assert client.get("/roles/").content.decode().count(listed) == 3
    assert choice not in html_of(client, "/extensions/add/")
    assert "This role gives no permissions yet." not in html_of(client, f"/roles/{role.pk}/")
