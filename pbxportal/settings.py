"""Every setting, once. Each is read from the environment; README lists what an administrator may want to set."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import django_stubs_ext
import environ
import structlog
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from core import host_names, proxies, reach, restored
from pbxportal import portal_address

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# Whether `run` goes on as root, as in a container that has no other user.
ALLOW_ROOT = env.bool("PORTAL_ALLOW_ROOT", default=False)
# All that the portal makes lies below one directory.
VAR = Path(env.str("PBXPORTAL_VAR", default=str(BASE_DIR / "var"))).resolve()
try:
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"PBXPORTAL_VAR cannot be used: {error}.") from error
if os.geteuid() == 0 and VAR.stat().st_uid != 0 and not ALLOW_ROOT:
    raise ImproperlyConfigured(
        f"{VAR} belongs to another user, who cannot read what root writes there. Run this as that user, without sudo."
    )
restored.finish(VAR)


def kept_file(name: str, make: Callable[[], str]) -> Path:
    """The file of that name in VAR/secrets, made at the first need and readable by its owner alone."""
    path = VAR / "secrets" / name
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(make())
            with suppress(FileExistsError):  # another process was first: its secret stands
                os.link(draft, path)
            draft.unlink()
    except OSError as error:
        raise ImproperlyConfigured(f"The secrets cannot be kept: {error}.") from error
    return path


def kept_secret(name: str) -> str:
    path = kept_file(name, secrets.token_urlsafe)
    try:
        text = path.read_text().strip()
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        raise ImproperlyConfigured(f"A secret cannot be read: {error}.") from error
    if not text:
        raise ImproperlyConfigured(f"{path} has no text. Delete it, and another is made at the next start.")
    return text


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or kept_secret("secret_key")
SEALING_KEYS = env.list("SEALING_KEYS", default=[])  # else those of the file
SEALING_KEY_FILE = VAR / "secrets" / "sealing_key"
if not SEALING_KEYS:
    kept_file(SEALING_KEY_FILE.name, lambda: Fernet.generate_key().decode())
BEHIND_PROXY = proxies.named(env.str("BEHIND_PROXY", default=""))
# The web server that listens to the world: our own Caddy, or none of ours.
FRONT = portal_address.front(env.str("FRONT", default="none" if BEHIND_PROXY else "caddy"), BEHIND_PROXY)
HTTPS_CERTIFICATE, HTTPS_KEY = env.str("HTTPS_CERTIFICATE", default=""), env.str("HTTPS_KEY", default="")
ACME_DIRECTORY, ACME_ROOT = env.str("ACME_DIRECTORY", default=""), env.str("ACME_ROOT", default="")
SAID_URL, SAID_BIND = env.str("PORTAL_URL", default=""), env.str("PORTAL_BIND", default="")
# Called again by `run` when something else was chosen on the page.
FIND_ADDRESS = partial(
    portal_address.find,
    SAID_URL,
    SAID_BIND,
    VAR,
    own_https=FRONT == "caddy",
    has_files=bool(HTTPS_CERTIFICATE),
    has_authority=bool(ACME_DIRECTORY),
)
ADDRESS = FIND_ADDRESS()
PORTAL_BIND = ADDRESS.bind
PORTAL_HOST, PORTAL_PORT = portal_address.listening(PORTAL_BIND)
PORTAL_ADDRESSES = [*ADDRESS.urls]
PORTAL_URL = PORTAL_ADDRESSES[0]
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"]),
    *(host_names.host_of(urlsplit(each).hostname or "") for each in PORTAL_ADDRESSES),
]
HTTPS = PORTAL_URL.startswith("https://")


def cookie_name(name: str, prefix: str = "__Host-") -> str:
    """Browsers keep cookies by host alone: portals that differ in their port have names of their own.

    By the prefix, browsers take none that came by plain HTTP or from another host of the domain.
    """
    return f"{prefix if HTTPS else ''}{name}_{urlsplit(PORTAL_URL).port or ('443' if HTTPS else '80')}"


CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

INSTALLED_APPS = [
    "pbxportal",
    "backup",
    "core",
    "accounts",
    "trunks",
    "extensions",
    "asterisk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "core.http.ForwardedHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.http.NoStore",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "core.http.NoOtherMethods",
    "core.http.Utf8Only",
    "core.http.NoLargeBodies",
    "core.preferences.middleware.PreferencesInForce",
    "pbxportal.monitor_views.ResponseTimes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.preferences.language.PersonsLanguage",
    "core.audit.middleware.OperationLogMiddleware",
    "accounts.sessions.expiry.SessionRules",
    "accounts.passwords.middleware.PasswordRule",
    "accounts.second_factor.middleware.SecondFactorRule",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.sessions.reauthentication.ReauthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "pbxportal.urls"
WSGI_APPLICATION = "pbxportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"written_fields": "core.forms.written_fields"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pbxportal.context_processors.frame",
            ],
        },
    },
]
FORM_RENDERER = "core.forms.renderer.FormRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- databases: the wish (this one) and the engine (ENGINE_FILE, below) ---
LOCK_SECONDS = 20  # the longest that a page waits for others who save or apply
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"


def database_of_url() -> dict[str, Any]:
    with suppress(ValueError):  # of an address, whose words may be a part of the password
        found: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{quote(str(VAR))}/portal.sqlite3")
        name, is_known = found.get("NAME", ""), found.get("ENGINE") in (SQLITE, POSTGRESQL)
        if is_known and (name or found.get("OPTIONS")) and ":memory:" not in name and "\0" not in name:
            return found
    raise ImproperlyConfigured(
        "DATABASE_URL is no address of a database. Examples: postgres://portal:secret@localhost/portal,"
        " sqlite:////var/lib/pbxportal/portal.sqlite3. In a password, write %2F for /, %3F for ?, and %40 for @."
    )


DATABASES = {"default": database_of_url()}
if DATABASES["default"]["ENGINE"] == SQLITE:
    if not (database := Path(DATABASES["default"]["NAME"])).exists():
        with suppress(OSError):  # no file, or one that cannot be made: the connection says so
            database.touch(mode=0o600)  # the files that SQLite makes beside it are as it is
    DATABASES["default"] |= {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": LOCK_SECONDS,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
                "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;"
            ),
        },
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", f"-c lock_timeout={LOCK_SECONDS}s")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    # Parts of pages that are the same until the program is another, which one process need not tell the others.
    "template_fragments": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# --- people ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.backend.Backend"]
PASSWORD_HASHERS = ["accounts.passwords.hashers.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.rules.LengthAndClasses"},
    {"NAME": "accounts.passwords.rules.NotAboutThePerson"},
    {"NAME": "accounts.passwords.rules.HardToGuess"},
    {"NAME": "accounts.passwords.leaked.NotLeaked"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_RESET_TIMEOUT = 7 * 86400  # the longest: accounts.passwords.tokens has one for each purpose
ACCOUNT_ADAPTER = "accounts.sign_in.allauth_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.SignInForm",
    "reauthenticate": "accounts.second_factor.forms.PasswordAgainForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}  # accounts.throttling has those
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_ADAPTER = "accounts.second_factor.allauth_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.second_factor.forms.CodeForm",
    "authenticate_webauthn": "accounts.second_factor.forms.PasskeyForm",
    "reauthenticate": "accounts.second_factor.forms.CodeAgainForm",
    "reauthenticate_webauthn": "accounts.second_factor.forms.PasskeyAgainForm",
    "login_webauthn": "accounts.second_factor.forms.PasskeyAloneForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # allauth's table of addresses is empty
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be wrong
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": None}  # accounts.throttling has that
MFA_TRUST_ENABLED = True
MFA_TRUST_COOKIE_AGE = timedelta(days=180)
MFA_TRUST_COOKIE_NAME = cookie_name("mfa_trusted")

SESSION_ENGINE = "accounts.sessions.models"
SESSION_COOKIE_NAME = cookie_name("sessionid")
CSRF_COOKIE_NAME = cookie_name("csrftoken")
CHALLENGE_COOKIE_NAME = cookie_name("challenge", "__Secure-")  # of one page alone
DEVICE_COOKIE_NAME = cookie_name("device")
MESSAGE_COOKIE_NAME = cookie_name("messages")
MESSAGE_STORAGE = "core.messages.MessageStorage"
SESSION_COOKIE_AGE = 31 * 86400  # longer than any limit of Preferences, which ends a session
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_SSL_HOST = urlsplit(PORTAL_URL).netloc
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY or FRONT == "caddy" else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
}


# --- mail ---
COMPANY_MODEL = "accounts.Organization"  # its company_name() is the name that mails bear

# --- language, files, logs ---
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English (United States)"),
    ("en-gb", "English (United Kingdom)"),
    ("en-au", "English (Australia)"),
    ("en-ca", "English (Canada)"),
    ("en-ie", "English (Ireland)"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "pbxportal.formats"
TIME_ZONE = env.str("TZ", default="UTC")
USE_TZ = True
FILE_UPLOAD_HANDLERS = ["accounts.profile.uploads.SmallFiles"]
DATA_UPLOAD_MAX_NUMBER_FILES = 1
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a choice among the extensions that wait
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.static_files.StaticFilesStorage"},
}
# Logs go where this program's go, as JSON, and not to files: for systemd's journal, or a container.
LOG_TO_STDERR = env.bool("LOG_TO_STDERR", default=False)
# How people call manage.py here, as texts say it.
MANAGE = env.str("PORTAL_COMMAND", default=".venv/bin/python manage.py")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "filters": {"one_line": {"()": "core.database_errors.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["one_line"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # Refused requests are no news, and their addresses may hold a one-use link.
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security": {"level": "CRITICAL"},  # with a traceback for each
    },
}

# --- the PBX ---
PBX = env.str("PBX", default="asterisk.backend.Asterisk")
ASTERISK_DIR = Path(env.str("ASTERISK_DIR", default=str(VAR / "asterisk"))).resolve()
ENGINE_FILE = Path(env.str("ENGINE_FILE", default=str(ASTERISK_DIR / "db" / "engine.sqlite3")))
LIVE_FILE = ENGINE_FILE.with_name("live.sqlite3")
SIP_BIND = env.str("SIP_BIND", default=reach.host(VAR))
SIP_PORT = env.int("SIP_PORT", default=5060)
SIP_TLS_PORT = env.int("SIP_TLS_PORT", default=5061)
RTP_PORTS = (env.int("RTP_FIRST", default=10000), env.int("RTP_LAST", default=10499))
# Those of the above that win over Preferences > Network.
SIP_BY_ENVIRONMENT = frozenset(
    name
    for name in ("SIP_BIND", "SIP_PORT", "SIP_TLS_PORT", "RTP_FIRST", "RTP_LAST")
    if name in os.environ or f"{name}_FILE" in os.environ
)
AMI_HOST = env.str("AMI_HOST", default="127.0.0.1")
AMI_PORT = env.int("AMI_PORT", default=5038)
AMI_USER = env.str("AMI_USER", default="portal")
AMI_SECRET = env.str("AMI_SECRET", default="") or kept_secret("ami_secret")
ARI_HOST = env.str("ARI_HOST", default="127.0.0.1")
ARI_PORT = env.int("ARI_PORT", default=8088)
ARI_USER = env.str("ARI_USER", default="portal")
ARI_SECRET = env.str("ARI_SECRET", default="") or kept_secret("ari_secret")
# False where no Asterisk is to be expected: applies wait, and the pages say so.
PBX_EXPECTED = env.bool("PBX_EXPECTED", default=True)
