"""Where a call goes on: the box beside the kind is the one that belongs to it, by styles alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tour import press
from tests.people import make_extension
from tests.trunks.typed import make_announcement, make_group
from trunks.models import InboundRoute

ADD = "/inbound-routes/add/"


@pytest.fixture
def group(live_server: object) -> str:
    """The destination of a ring group; there is an announcement, too."""
    make_extension("1000")
    make_announcement()
    return make_group("1000").destination


def test_only_the_box_of_the_chosen_kind_is_seen(adas: Page, group: str) -> None:
    adas.goto(ADD)
    boxes = {name: adas.locator(f"[name=goes_to_{name}]") for name in ("number", "group", "announcement")}
    for kind, seen in (
        ("extension", "number"),
        ("voicemail", "number"),
        ("group", "group"),
        ("announcement", "announcement"),
        ("digits", ""),
        ("hangup", ""),
    ):
        adas.get_by_role("combobox", name="Goes to").select_option(kind)
        for name, box in boxes.items():
            expect(box).to_be_visible(visible=name == seen)
    adas.get_by_role("combobox", name="Goes to").select_option("group")
    adas.get_by_role("combobox", name="Ring group").select_option("6200 Sales")
    adas.get_by_label("Name").fill("Front desk")
    press(adas, "Save")
    expect(adas.get_by_role("link", name="Ring group Sales")).to_be_visible()
    assert InboundRoute.objects.get().goes_to == group
