"""Enter in a field of Add and Edit: it sends nothing half typed."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from extensions.models import Change, SipExtension
from tests.browser.conftest import SignIn
from tests.people import make_extension

TEXT_FIELDS = "main form.form input:is([type=text], [type=email], [type=tel], [type=password]):enabled"


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper", voicemail=True)
    Change.objects.all().delete()  # nothing of others waits
    return extension


def text_fields(page: Page) -> list[str]:
    """Their ids, without those of a search inside of the form."""
    ids = page.locator(TEXT_FIELDS).evaluate_all("(all) => all.map((each) => each.id)")
    return [f"#{each}" for each in ids if each.startswith("id_")]


def go_to(page: Page, field: str) -> None:
    """To the tab that has it, too."""
    page.goto(f"{page.url.split('#')[0]}{field}")
    expect(page.locator(field)).to_be_visible()


def sent_by_enter(page: Page, path: str, fields: list[str]) -> list[str]:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    for field in fields:
        go_to(page, field)
        page.locator(field).press("Enter")
    expect(page).to_have_url(re.compile(rf"{path}(#\w+)?$"))
    page.evaluate("fetch(location.href, {headers: {'X-Background': 'yes'}}).then(() => 0)")  # what was sent before, is
    return [url for url in posts if url.endswith(path)]


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("path", ["/extensions/add/", "/extensions/1000/edit/"])
def test_enter_saves_nothing(ada: User, grace: SipExtension, sign_in: SignIn, path: str, script: bool) -> None:
    page = sign_in(ada, java_script_enabled=script)
    page.goto(path)
    page.locator("#id_first_name").fill("Hal")
    fields = text_fields(page)
    assert {"#id_first_name", "#id_email", "#id_registration_password"} <= {*fields}
    assert fields[-1] == "#id_allowed_networks"
    before = Change.objects.count()
    assert sent_by_enter(page, path, fields[:-1] if script else fields) == []
    assert Change.objects.count() == before
    expect(page.locator("#id_first_name")).to_have_value("Hal")


def test_enter_in_the_last_field_saves_and_does_not_apply(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    go_to(adas, "#id_allowed_networks")
    with adas.expect_request(lambda request: request.method == "POST" and "edit" in request.url) as sent:
        adas.locator("#id_allowed_networks").press("Enter")
    assert "then=save" in (sent.value.post_data or "")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert SipExtension.objects.get(number="1000").user.job_title == "Admiral"


def test_ctrl_enter_saves_and_applies_from_any_field(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    with adas.expect_request(lambda request: request.method == "POST" and "edit" in request.url) as sent:
        adas.locator("#id_job_title").press("Control+Enter")
    assert "then=apply" in (sent.value.post_data or "")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert SipExtension.objects.get(number="1000").user.job_title == "Admiral"
