"""The page of a trunk in a browser."""

from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.trunks.known_pbx import KnownPbx
from tests.trunks.typed import make_trunk
from trunks.pbx import TrunkState, TrunkWord


def test_its_state_is_followed(adas: Page, settings: Settings) -> None:
    settings.PBX = "tests.trunks.known_pbx.KnownPbx"
    trunk = make_trunk()
    adas.goto(f"/trunks/{trunk.pk}/")
    state = adas.locator("#trunk-state")
    try:
        for word, shown in ((TrunkWord.REFUSED, "Refused"), (TrunkWord.REGISTERED, "Registered")):
            KnownPbx.known = {trunk.pk: TrunkState(word)}
            expect(state).to_contain_text(shown)
    finally:
        KnownPbx.known = {}
