"""Somebody else acts between the look-up of an extension by a page and its action."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import User
from extensions import actions, sign_in_admin
from extensions import views as extension_views
from extensions.leaving import views as leaving_views
from extensions.models import SipExtension
from tests.people import make_extension, make_user

PAGES: dict[str, tuple[ModuleType, str, dict[str, str]]] = {
    "enable": (extension_views, "toggle", {"enabled": "yes"}),
    "disable": (extension_views, "toggle", {"enabled": "no"}),
    "delete": (extension_views, "delete", {"then": "save"}),
    "block the sign-in": (sign_in_admin, "sign-in", {"allowed": "no"}),
    "allow the sign-in": (sign_in_admin, "sign-in", {"allowed": "yes"}),
    "leave": (leaving_views, "leave", {"calls": "nobody", "keep": "30", "then": "leave"}),
    "come back": (leaving_views, "come-back", {}),
}


def prepare(page: str, ada: User) -> None:
    make_extension("1000", user=make_user("Grace"))
    if page == "enable":
        actions.disable("1000", ada)
    if page == "allow the sign-in":
        actions.block_sign_in("1000", ada)
    if page == "come back":
        actions.leave("1000", ada, None, None)


def ask(page: str, client: Client, patch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> Any:
    """The page's answer to a POST, where that happens right after it has looked the extension up."""
    module, url, typed = PAGES[page]
    look_up = module.get_managed
    done: list[object] = []

    def look_up_and_be_slow(*args: Any) -> SipExtension:
        found: SipExtension = look_up(*args)
        if not done:
            done.append(meanwhile())
        return found

    patch.setattr(module, "get_managed", look_up_and_be_slow)
    return client.post(f"/extensions/1000/{url}/", typed)


@pytest.mark.parametrize("page", PAGES)
def test_an_extension_that_was_deleted_meanwhile_is_no_fault_of_the_portal(
    page: str, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(page, ada)
    client.force_login(ada)
    answer = ask(page, client, monkeypatch, lambda: actions.delete("1000", None))
    assert answer.status_code in (302, 404)
    assert not SipExtension.objects.exists()


@pytest.mark.parametrize("page", ["enable", "allow the sign-in"])
def test_nobody_who_left_meanwhile_is_brought_back_by_half(
    page: str, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(page, ada)
    client.force_login(ada)
    until = localdate() + timedelta(days=7)
    answer = ask(page, client, monkeypatch, lambda: actions.leave("1000", make_user("Hugo"), None, until))
    assert answer.status_code == 302
    extension = SipExtension.objects.get()
    assert (extension.enabled, extension.user.is_active, extension.delete_on) == (False, False, until)


@pytest.mark.parametrize("do", [actions.enable, actions.allow_sign_in])
def test_an_action_refuses_by_itself_who_has_left(do: Callable[[str, User], None], ada: User) -> None:
    make_extension("1000", user=make_user("Grace"))
    actions.leave("1000", ada, None, None)
    with pytest.raises(actions.ActionRefusedError, match="is offboarded"):
        do("1000", ada)
