"""All that people read goes through gettext, and stands in the language of whoever reads it."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import phonenumbers
import pytest
from django import forms
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
from core.preferences.models import HoldMusic, Preferences
from core.version import VERSION
from extensions.models import ExtensionTemplate, SipExtension
from extensions.phones.guides import GUIDES
from tests import pseudo, untranslated
from tests.addresses import PAGES, PEOPLE, Person
from tests.test_matrix import Cast, is_closed, paths, targets_of
from trunks.hours import holiday_days
from trunks.models import (
    Announcement,
    AnnouncementSound,
    BusinessHours,
    Holiday,
    InboundRoute,
    OutboundRoute,
    RingGroup,
    Trunk,
)
from trunks.trunks.providers import PROVIDERS

ROOT = Path(__file__).resolve().parent.parent

# Files whose words no page shows, and why.
SILENT = {
    "accounts/sessions/user_agents.py": "browsers and systems, by their makers' names",
    "core/audit/triggers.py": "what the database says to who writes into the log around the portal",
    "core/audit/hash_chain.py": "the words of manage.py verify_audit",
    "core/encryption.py": "an error of the program",
    "core/database_errors.py": "the terminal of manage.py",
    "core/debian.py": "the terminal of manage.py run",
    "core/proxies.py": "the terminal of manage.py, at a start",
    "pbxportal/checks.py": "the terminal of manage.py, at a start",
    "pbxportal/settings.py": "the terminal of manage.py, at a start",
    "pbxportal/portal_address.py": "the terminal of manage.py, at a start",
    "pbxportal/front/authority.py": "the name in a certificate",
    "pbxportal/front/configuration.py": "what Caddy reads",
    "pbxportal/front/certificates.py": "what Caddy logs",
    "pbxportal/front/watch.py": "terminal of manage.py run, and what the system and Caddy say",
    "pbxportal/front/server.py": "terminal of manage.py run",
    "asterisk/process/embedded.py": "terminal and log of manage.py run",
    "asterisk/process/fetch.py": "terminal of manage.py run",
    "asterisk/live/listener.py": "the log",
    "pbxportal/jobs.py": "terminal of manage.py run",
    "pbxportal/pbx.py": "terminal of manage.py run",
    "pbxportal/supervisor.py": "terminal and log of manage.py run",
    "asterisk/engine/file_health.py": "the log of manage.py run",
    "asterisk/ami/protocol.py": "an error of the program, and Asterisk's own protocol",
    **{
        f"pbxportal/service/{name}.py": "the terminal of make install, before there is any package"
        for name in ("command", "installing", "release", "settings_file", "systemd", "upgrading", "__main__")
    },
    "extensions/phones/guides.py": "what stands on the phones' own pages, which people look for there",
    "pbxportal/monitor.py": "what Prometheus reads",
    "extensions/listing/search_index.py": "the terminal of manage.py migrate",
}
# Texts that are none, and why.
NO_TEXT = {
    "disk I/O": "what the database says", "No space": "", "too large": "", "unable to open": "", "could not extend": "",
    "not a database": "", "no such table": "", "Unable to retrieve": "what Asterisk says", "Authentication failed": "",
    "The portal never asks for {}.": "an error of the program",
    "The mail would have other headers than it was given.": "",
    "The part before the @-sign must not contain “=?”.": "as the library of e-mail addresses says it, in English alone",
    "trunk password": "what a seal is for", "route PIN": "",
    "sudo update-ca-certificates": "a command",
    "Twilio Elastic SIP Trunking": "a product", "Vonage API": "",
    "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80": "",
    "for key in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $key; done": "a command",
    "status code": "what the library of S3 says",
    "no such host": "what Caddy says", "connection refused": "",
    "Not in UTF-8.": "an error of the program",
    "This value is not valid for the PBX, so it was not sent.": "asterisk.apply says it: render sees no Django",
    "English (United States)": "a language is called by its own name", "English (United Kingdom)": "",
    "{} (SIP {})": "two texts, and a number",
    "Picture of {}": "of a model's __str__, which no page shows", "{} to {}": "", "Apply {}: {}": "", "Check {}": "",
    "Backup {}": "",
    "Samsung Internet": "what browsers and systems call themselves", "Mac OS X": "", "PLAIN {}": "SMTP",
    "private, max-age=31536000, immutable": "HTTP", "Messages-Waiting: no": "SIP",
    "REGISTER sip:{} SIP/2.0": "", "Via: SIP/2.0/UDP {}:{};branch=z9hG4bK{};rport": "", "Call-ID: {}": "",
    ".venv/bin/python manage.py": "a command",
    "bytes {}-{}/{}": "",
    "disk {} full, {} MB free\n": "what a monitor reads", "Wrong token\n": "",
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


# --- one word for one thing ---

# Where the glossary holds, from the root of the project.
WORDED = ["accounts", "core", "extensions", "trunks", "asterisk", "backup", "pbxportal", "templates"]
# A word that no page, mail or command says (a regular expression) -> what it is called instead.
BANNED = {
    r"deeds?": "activity, entry",
    r"(?<!case )letters?(?!, digits)": "e-mail; characters",
    r"(?<!e-)mails?(?! (server|worker))": "e-mail",
    r"(?<!can )reach(es)?(?! network)": "scope; have access to",
    r"(un)?seal(s|ed|ing)?": "encrypted",
    r"second factors?": "two-step verification",
    r"(a|one) signs?(?! (in|out|up))|(digits|letters),? and signs": "symbol",
    r"(dis)?prove[nsd]?": "verified",
    r"waits|changes? waits?|waiting changes?": "unapplied change; is waiting for",
    r"wish(es|ed)?": "undo; change",
    r"(come|comes|came|coming) back": "restore",
    r"leavers?|leaving|leaves|let a person leave": "offboard",
    r"(end|ends|ended|ending) the sign-in": "block sign-in",
    r"no more(?! than)|any ?more": "no longer",
    r"anew": "again",
    r"uncertain": "delivery unknown",
    r"stands?|lies": "is",
    r"whoever": "anyone who",
    r"(un)?tick(s|ed)?": "select, clear",
    r"(?-i:organizations?)": "department",
    r"(upper|lower)-case": "uppercase, lowercase",
    r"cancell(ed|ing)|colours?|behaviours?|licences?|organisations?": "as Americans write it",
    r"please|oops|sorry": "nothing",
    r"\w+!": "no exclamation mark",
}
# Whole texts that say one of these words nevertheless, and why.
SAID_SO = {"Mail": "the menu, as Yeastar names it"}
BANNED_WORDS = re.compile("|".join(rf"(?<![\w-])(?:{each})(?![\w-])" for each in BANNED), re.IGNORECASE)
COMMANDS = ("management/commands", *SILENT)


def files_of(part: str) -> list[Path]:
    path = ROOT / part
    found = [path] if path.is_file() else sorted(path.rglob("*.*"))
    return [each for each in found if each.suffix in (".py", ".html", ".txt") and "migrations" not in each.parts]


def texts_of(path: Path) -> Iterator[str]:
    """Its part of the catalogue; of what writes to the terminal or the log all that it may say."""
    if path.suffix == ".py":
        messages = pseudo.in_python(path.read_bytes())
        if any(each in str(path.relative_to(ROOT)) for each in COMMANDS):
            yield from said_in(path.read_text())
    else:
        messages = pseudo.in_template(path.read_text())
    for message in messages:
        yield from [message] if isinstance(message, str) else message


def said_in(source: str) -> Iterator[str]:
    """Strings of more than one word, but for docstrings."""
    tree = ast.parse(source)
    docstrings = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    strings = (each for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in docstrings)
    yield from (each.value for each in strings if isinstance(each.value, str) and " " in each.value.strip())


@pytest.mark.parametrize("part", WORDED)
def test_the_words_are_those_of_the_glossary(part: str) -> None:
    files = files_of(part)
    assert files
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]!r} in {text!r}"
        for path in files
        for text in texts_of(path)
        if text not in SAID_SO and (found := BANNED_WORDS.search(text))
    ]
    assert not wrong, "Say it as BANNED tells, or put the whole text into SAID_SO where it means something else."


@pytest.mark.parametrize(
    "text",
    [
        "Signed out after 5 minutes without a deed.", "Letters wait until then.", "Look into your mail", "Reach",
        "The password is sealed.", "Set up a second factor", "Use a digit and a sign.", "Applied and proved",
        "1 change waits", "3 changes wait", "3 waiting changes", "Wished back", "Come back", "Leaving…", "A leaver",
        "End the sign-in", "It works no more.", "It does not work any more.", "Save it anew.", "Uncertain",
        "It stands in the list.", "It lies in Sales.", "Whoever knows it", "Tick one.", "Choose an organization.",
        "An upper-case one", "It was cancelled.", "Please try again.", "Saved!",
    ],
)  # fmt: skip
def test_the_glossary_finds(text: str) -> None:
    assert BANNED_WORDS.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sign in", "Signs out everyone else and signs you in", "Check the mail server.", "Send an e-mail",
        "The PBX cannot be reached.", "Organization Management", "Waiting", "applied, waiting for the PBX",
        "Enter no more than 5.", "an uppercase letter", "10 to 63 letters, digits, and symbols", "Approved",
        "Improve it", "A symbol such as ! or #", "Understand",
    ],
)  # fmt: skip
def test_the_glossary_leaves_alone(text: str) -> None:
    assert not BANNED_WORDS.search(text)


def test_each_exception_of_the_glossary_is_a_text_that_needs_one() -> None:
    every = {text for part in WORDED for path in files_of(part) for text in texts_of(path)}
    assert [each for each in SAID_SO if each not in every or not BANNED_WORDS.search(each)] == []


# --- every page in a language of which every text is known ---


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    settings.ASTERISK_DIR = tmp_path
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
    """The words that stand in no bracket; and whether a form stands in another, where a browser would end the first."""

    ATTRIBUTES = untranslated.ATTRIBUTES

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.depth = 0
        self.open_forms, self.has_form_in_form = 0, False
        self._silent: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open_forms += tag == "form"
        self.has_form_in_form |= self.open_forms > 1
        looks = dict(attrs).get("class") or ""
        if tag in ("script", "style", "datalist", "pre") or "log-hash" in looks or "secret-text" in looks:
            self._silent.append(tag)
        for name, value in attrs:
            if name in self.ATTRIBUTES and tag != "meta":
                self._take(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.open_forms -= tag == "form"
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
        ExtensionTemplate.objects.values_list("name"),
        SipExtension.objects.values_list("registration_name", "allowed_networks"),
        HoldMusic.objects.values_list("name"),
        Email.objects.values_list("answer"),  # a mail server's own words
        Preferences.objects.values_list("attacks_agents"),
        Trunk.objects.values_list("name", "host", "username"),
        OutboundRoute.objects.values_list("name", "patterns"),
        InboundRoute.objects.values_list("name"),
        RingGroup.objects.values_list("name"),
        Announcement.objects.values_list("name"),
        AnnouncementSound.objects.values_list("name"),
        Holiday.objects.values_list("name"),
        BusinessHours.objects.values_list("time_zone"),
    ):
        yield from (str(each) for row in rows for each in row if each)
    yield from (name for _code, name in portal_settings.LANGUAGES)
    yield from (localization.country(code) for code in {*phonenumbers.SUPPORTED_REGIONS, *holiday_days.regions()})
    yield from (guide.name for guide in GUIDES)
    yield from (provider.name for provider in PROVIDERS)
    yield "a b c d e f"  # what differs of Cast's check
    yield from ("pbxportal", "testserver", "AM PM", "Ada Lovelace LovelaceAda", "UTC", "UDP TCP TLS")
    yield portal_settings.PORTAL_URL
    yield VERSION


def known_words() -> set[str]:
    return {word.casefold() for text in data() for word in re.findall(r"[^\W\d_]+", text)}


def test_every_page_of_a_super_administrator_is_translated_and_nests_no_form(cast: Cast, in_brackets: str) -> None:
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
            outside = Outside(text)
            wrong |= {f"{path}: {each}" for each in outside.words if each.casefold() not in known}
            wrong |= {f"{path}: a form in a form"} if outside.has_form_in_form else set()
            walked += 1
    assert walked > 40
    assert not sorted(wrong)


def test_who_sends_an_empty_form_is_told_what_to_do(cast: Cast) -> None:
    said, djangos = set[str](), str(forms.Field.default_error_messages["required"])
    for path in sorted(own_pages(cast, PEOPLE[0])):
        page, _after = cast.tried(PEOPLE[0], "post", path, {}, is_closed)
        text = "" if page.streaming else page.content.decode()
        assert djangos not in text, path
        said |= {" ".join(each.split()) for each in re.findall(r'id="error_[^>]*><strong>([^<]+)', text)}
    assert len(said) > 40
    asked = {each.partition(" ")[0] for each in said}
    assert asked <= {"Choose", "Enter", "The", "This"}, said


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
    """Without those of others' mailboxes: the log shows the address of a page that was refused."""
    return {
        path
        for route in PAGES
        for target in targets_of(route, who)
        for path in paths(route, cast, target)
        if "/voicemail/" not in route or (target and target.owner == who.name)
    }
