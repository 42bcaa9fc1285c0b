"""All that people read goes through gettext, and stands in the language of whoever reads it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import phonenumbers
import pytest
from django.conf import settings as portal_settings
from django.utils import translation
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from asterisk.apply.errors import ApplyError
from asterisk.models import ApplyRun
from core import localization
from core.access.permissions import DEFAULT_ROLES
from core.audit import fields, log
from core.audit.fields import MASK
from core.audit.models import AuditRecord
from core.coded_text import CodedText
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.phones.guides import GUIDES
from tests import pseudo, untranslated
from tests.addresses import PAGES, PEOPLE, Person
from tests.test_matrix import Cast, paths, targets_of

ROOT = Path(__file__).resolve().parent.parent

# Files whose words no page shows, and why.
SILENT = {
    "accounts/sessions/user_agents.py": "browsers and systems, by their makers' names",
    "core/audit/triggers.py": "what the database says to who writes into the log around the portal",
    "core/audit/hash_chain.py": "the words of manage.py verify_audit",
    "core/encryption.py": "an error of the program",
    "core/proxies.py": "the terminal of manage.py, at a start",
    "pbxportal/checks.py": "the terminal of manage.py, at a start",
    "pbxportal/portal_address.py": "the terminal of manage.py, at a start",
    "asterisk/process/embedded.py": "terminal and log of manage.py run",
    "asterisk/process/fetch.py": "terminal of manage.py run",
    "asterisk/live/listener.py": "the log",
    "pbxportal/supervisor.py": "terminal and log of manage.py run",
    "asterisk/engine/file_health.py": "the log of manage.py run",
    "asterisk/ami/protocol.py": "an error of the program, and Asterisk's own protocol",
    "extensions/phones/guides.py": "what stands on the phones' own pages, which people look for there",
    "extensions/listing/search_index.py": "the terminal of manage.py migrate",
}
# Texts that are none, and why.
NO_TEXT = {
    "disk I/O": "what the database says", "No space": "", "too large": "", "unable to open": "", "could not extend": "",
    "not a database": "", "no such table": "", "Unable to retrieve": "what Asterisk says", "Authentication failed": "",
    "The portal never asks for {}.": "an error of the program",
    "The mail would have other headers than it was given.": "",
    "The part before the @-sign must not contain “=?”.": "as the library of e-mail addresses says it, in English alone",
    "Not in UTF-8.": "an error of the program",
    "This value is not valid for the PBX, so it was not sent.": "asterisk.apply says it: render sees no Django",
    "English (United States)": "a language is called by its own name", "English (United Kingdom)": "",
    "Picture of {}": "of a model's __str__, which no page shows", "{} to {}": "", "Apply {}: {}": "", "Check {}": "",
    "Samsung Internet": "what browsers and systems call themselves", "Mac OS X": "", "PLAIN {}": "SMTP",
    "private, max-age=31536000, immutable": "HTTP",
    "|default:'auto'": "the name of a theme, for the style sheet",
}  # fmt: skip


def marked() -> set[str]:
    """What one module marks another may name: it is shown translated."""
    return {each for each in pseudo.of_the_portal(ROOT) if isinstance(each, str)}


def test_no_template_says_anything_untranslated() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {text}"
        for path, found in untranslated.templates(ROOT)
        for text in found
        if text not in NO_TEXT
    ]
    assert not wrong, "Put it into {% translate %} or {% blocktranslate %}."


def test_no_module_says_anything_untranslated() -> None:
    known = marked() | NO_TEXT.keys()
    wrong = [
        f"{path.relative_to(ROOT)}:{text}"
        for path, found in untranslated.modules(ROOT)
        for text in found
        if str(path.relative_to(ROOT)) not in SILENT and text.partition(": ")[2] not in known
    ]
    assert not wrong, "Put it into gettext, or say in NO_TEXT why not."


def test_templates_write_times_as_the_language_does() -> None:
    """ "c" is for machines, and "Y-m-d" for the value of an <input>."""
    known = {
        "c",
        "Y-m-d",
        "SHORT_DATE_FORMAT",
        "SHORT_DATETIME_FORMAT",
        "DATE_FORMAT",
        "DATETIME_FORMAT",
        "TIME_FORMAT",
    }
    wrong = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in (ROOT / "templates").rglob("*.*")
        for found in re.findall(r"\|(?:date|time):[\"']([^\"']*)", path.read_text())
        if found not in known
    ]
    wrong += [
        f"{path.relative_to(ROOT)}: Y-m-d"
        for path in (ROOT / "templates").rglob("*.*")
        if re.search(r">[^<]*\|date:[\"']Y-m-d", path.read_text())
    ]
    assert not wrong


@pytest.mark.parametrize(
    "sample",
    [
        "<p>Hello</p>",
        "<p>{{ number }} phones</p>",
        "{% if x %}Ended{% endif %}",
        '<a title="Close it">{% translate "Close" %}</a>',
        '<button data-busy="Saving…">{% translate "Save" %}</button>',
        '<input type="submit" value="Save">',
        '<img alt="A face" src="x">',
        '{{ role|default:"None" }}',
        'wait{{ n|pluralize:"s," }}',
        '{% include "x.html" with words="Server" %}',
        "{% blocktranslate %}Good{% endblocktranslate %} day",
    ],
)
def test_the_check_of_templates_finds(sample: str) -> None:
    assert untranslated.in_template(sample)


@pytest.mark.parametrize(
    "sample",
    [
        "{% comment %}Not shown{% endcomment %}{# nor this #}<p>{{ name }}</p>",
        '{% translate "Hello" %} {% blocktranslate count n=n %}one{% plural %}many{% endblocktranslate %}',
        '<p class="narrow">{{ role|default:_("None") }}</p>',
        '<script type="application/json">{"not": "shown"}</script>',
        '<input type="hidden" value="kept"><strong>pbxportal</strong>',
    ],
)
def test_the_check_of_templates_leaves_alone(sample: str) -> None:
    assert untranslated.in_template(sample) == []


def test_the_check_of_templates_reads_emails_too() -> None:
    assert untranslated.in_template("Hello {{ name }}", is_html=False) == ["Hello"]
    assert untranslated.in_template('{% translate "Hello" %} {{ name }}', is_html=False) == []


@pytest.mark.parametrize(
    "sample",
    [
        'raise ValidationError("Wrong")',
        'messages.success(request, "Saved")',
        'messages.info(request, f"{who} saved")',
        'forms.CharField(label="Name")',
        'x = models.CharField(verbose_name="Name")',
        'def words():\n    return "Nothing was changed."',
        'def words(n):\n    return f"{n} phones are there"',
        'WORDS = {"a": "Type it again"}',
    ],
)
def test_the_check_of_python_finds(sample: str) -> None:
    assert untranslated.in_python(sample)


@pytest.mark.parametrize(
    "sample",
    [
        '"""What this is about."""',
        'messages.success(request, _("Saved"))',
        'words = ngettext("%(count)s phone", "%(count)s phones", n)',
        'logger.warning("Apply %s waits for it", pk)',
        'cursor.execute("SELECT a FROM b")',
        'raise ValueError("Not to be sent")',
        'raise Http404("No such page")',
        'reverse("extensions:detail")',
    ],
)
def test_the_check_of_python_leaves_alone(sample: str) -> None:
    assert untranslated.in_python(sample) == []


# --- every page in a language of which every text is known ---


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    return Cast()


@pytest.fixture
def in_brackets(settings: Settings, tmp_path: Path) -> str:
    pseudo.write(tmp_path, [*pseudo.of_others(), *pseudo.of_the_portal(ROOT)])
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*portal_settings.LANGUAGES, (pseudo.CODE, "⟦Brackets⟧")]
    return pseudo.CODE


class Outside(HTMLParser):
    """The words that stand in no bracket."""

    ATTRIBUTES = untranslated.ATTRIBUTES

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.depth = 0
        self._silent: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        looks = dict(attrs).get("class") or ""
        if tag in ("script", "style", "datalist") or "log-hash" in looks or "secret-text" in looks:
            self._silent.append(tag)
        for name, value in attrs:
            if name in self.ATTRIBUTES and tag != "meta":
                self._take(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._take(data)

    def _take(self, text: str) -> None:
        for part in re.split("([⟦⟧])", text):
            if part in ("⟦", "⟧"):
                self.depth += 1 if part == "⟦" else -1
            elif self.depth == 0:
                self.words += re.findall(r"[^\W\d_]+", part)


def data() -> Iterator[str]:
    """What people have typed, and what is called by its own name."""
    for rows in (
        User.objects.values_list("first_name", "last_name", "email", "job_title"),
        Organization.objects.values_list("name"),
        Role.objects.exclude(key__in=DEFAULT_ROLES).values_list("name"),
        SipExtension.objects.values_list("registration_name", "allowed_networks"),
        Email.objects.values_list("answer"),  # a mail server's own words
    ):
        yield from (str(each) for row in rows for each in row if each)
    yield from (name for _code, name in portal_settings.LANGUAGES)
    yield from (localization.country(code) for code in phonenumbers.SUPPORTED_REGIONS)
    yield from (guide.name for guide in GUIDES)
    yield "a b c d e f"  # what differs of Cast's check
    yield from ("pbxportal", "testserver", "AM PM", "Ada Lovelace LovelaceAda", "UTC", "UDP TCP")


def known_words() -> set[str]:
    return {word.casefold() for text in data() for word in re.findall(r"[^\W\d_]+", text)}


def test_every_page_of_a_super_administrator_is_translated(cast: Cast, in_brackets: str) -> None:
    Preferences.objects.update(language=in_brackets)
    ApplyRun.objects.update(explanation={"code": "apply.kept"})
    who = PEOPLE[0]
    with translation.override(in_brackets):
        known = known_words()
    assert who.key == Role.SUPER_ADMINISTRATOR
    wrong, walked = set(), 0
    for path in sorted(own_pages(cast, who)):
        page = cast.ask(who, "get", path, {})
        if page.status_code == 200 and page.headers["Content-Type"].startswith("text/html"):
            text = page.content.decode()
            assert "<html" not in text or f'<html lang="{in_brackets}"' in text
            wrong |= {f"{path}: {each}" for each in Outside(text).words if each.casefold() not in known}
            walked += 1
    assert walked > 40
    assert not sorted(wrong)


def test_every_row_of_the_log_is_translated(cast: Cast, in_brackets: str) -> None:
    why = ApplyError(CodedText("apply.unfit"), "2000", fields.label_of("caller_id"))
    for action, on, detail in (
        ("apply.refused", CodedText("extension.one", number="2000"), {"run": 1, "outcome": "refused", "error": why}),
        ("engine.checked", CodedText("extension.all"), {}),
        ("sign_in.failed", CodedText("sign_in.no_account"), {"why": CodedText("sign_in.account_disabled")}),
        ("log.exported", CodedText("module.log"), {"filtered": {"number": "2000"}}),
        ("role.changed", "", {"fields": {"permissions": [[], ["role.view"]], "reach": ["all", "organizations"]}}),
        ("preferences.changed", CodedText("module.preferences"), {"fields": {"password_signs": [False, True]}}),
        ("extension.changed", "2000", {"fields": {"enabled": ["yes", "no"], "role": ["none", "employee"]}}),
        ("second_factor.removed", "", {"fields": {"factors": [[CodedText("second_factor.app")], []]}}),
        ("person.changed", "", {"fields": {"picture": ["", MASK], "muted": [[], ["new_device"]]}}),
    ):
        log.record(log.NOBODY, action, on, **detail)
    Preferences.objects.update(language=in_brackets)
    with translation.override(in_brackets):
        known = known_words()
    wrong = set()
    for pk in AuditRecord.objects.values_list("pk", flat=True):
        page = cast.ask(PEOPLE[0], "get", f"/log/{pk}/", {}).content.decode()
        wrong |= {f"{pk}: {each}" for each in Outside(page).words if each.casefold() not in known}
    assert not sorted(wrong)


def own_pages(cast: Cast, who: Person) -> set[str]:
    return {path for route in PAGES for target in targets_of(route, who) for path in paths(route, cast, target)}
