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


FIELDS = """() => {
    const of = (name) => document.getElementById(`id_${name}`);
    const texts = ["name", "host", "port", "transport"].map((name) => [name, of(name).value]);
    return {...Object.fromEntries(texts), registers: of("registers").checked,
        provider: document.querySelector("input[data-provider]").value,
        help: of("username_helptext").textContent.trim()};
}"""


def test_a_provider_fills_in_what_it_says_and_what_was_typed_besides_stays(adas: Page) -> None:
    adas.goto("/trunks/add/")
    adas.locator("#id_username").fill("4711")
    usual = adas.evaluate(FIELDS)["help"]
    select = adas.locator("#id_provider")
    select.select_option("messagenet")
    filled = adas.evaluate(FIELDS)
    assert (filled["name"], filled["host"], filled["port"]) == ("Messagenet", "sip.messagenet.it", "5061")
    assert (filled["transport"], filled["registers"], filled["provider"]) == ("udp", True, "messagenet")
    assert filled["help"] != usual
    select.select_option("dusnet")
    filled = adas.evaluate(FIELDS)
    assert (filled["host"], filled["port"], filled["transport"]) == ("secure.dus.net", "", "tls")
    adas.locator("#id_registers").uncheck()
    adas.locator("#id_host").fill("other.example.com")
    adas.get_by_role("button", name="Use template").click()  # fills in again, and loads nothing
    filled = adas.evaluate(FIELDS)
    assert (filled["host"], filled["registers"], filled["provider"]) == ("secure.dus.net", True, "dusnet")
    expect(adas.locator("#id_username")).to_have_value("4711")
    select.select_option("")
    left = adas.evaluate(FIELDS)
    assert (left["host"], left["help"], left["provider"]) == ("secure.dus.net", usual, "")
