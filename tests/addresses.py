"""What every address of the portal needs: the table that the matrix test holds the code to.

A new page is a row of PAGES. `look` is what a GET needs, `deed` what a POST needs; None: there is no such method.
Permissions are those of core.access.permissions, in the order in which they are asked for; () is whoever has signed in.
About one extension stand, in the place of permissions or after them, SEE, USE and MANAGE.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from accounts.models import Role
from core.access.permissions import VIEW_OF, Permission


class Over(Enum):
    """How much of one extension: who may see it, who may use its phones, who may change it."""

    SEE = 1
    USE = 2
    MANAGE = 3


class Reach(Enum):
    """Where only who reaches every extension is let in, or nobody but who made it; to others it does not exist."""

    ALL = 1
    MAKER = 2


class Mailbox(Enum):
    """Whose messages are somebody's to hear, and to change."""

    LISTEN = 1
    OWN = 2


SEE, USE, MANAGE = Over
LISTEN, OWN_MAILBOX = Mailbox
AnyOf = frozenset[Permission]  # one of them is enough
Needs = tuple[Permission | Over | Reach | Mailbox | AnyOf, ...]


@dataclass(frozen=True)
class Page:
    """`bodies`: what is posted, where one deed is several; ... stands for the fields of the target.

    `asks_again`: by which methods the portal asks who it is, if that was proved more than five minutes ago;
    `about_managers`: only where the target's person may manage anything; `looks`: a body that only leads to a page.
    """

    look: Needs | None = None
    deed: Needs | None = None
    bodies: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    changes_a_role: bool = False
    asks_again: tuple[str, ...] = ()
    about_managers: bool = False
    looks: dict[str, Any] | None = None


OPEN = {
    "preferences/https/root-certificate/",
    "web-socket/",
    "account/email/<str:side>/<str:token>/",
    "health/",
    "metrics",
    "password/",
    "password/reset/<str:uidb64>/<str:token>/",
    "password/welcome/<str:uidb64>/<str:token>/",
    "setup/<str:token>/",
    "sign-in/",
    "sign-in/passkey/",
    "sign-in/second-factor/",
    "sign-in/trust/",
    "sign-out/",
    "theme/",
}
SAVES = [{"then": "save"}, {"then": "apply"}]
LOOKED_AT, DONE = ("get",), ("post",)
MANAGES_ROLES = (Permission.MANAGE_ROLES,)
HAVE_ALL = (Permission.MANAGE_BACKUP, Permission.MANAGE_ROLES)
MANAGES_ORGANIZATIONS = (Permission.MANAGE_ORGANIZATIONS,)
MANAGES_TRUNKS = (Permission.MANAGE_TRUNKS,)
MANAGES_ROUTES = (Permission.MANAGE_ROUTES,)
MANAGES_LINES = (frozenset({Permission.MANAGE_TRUNKS, Permission.MANAGE_ROUTES}),)
REVIEWS = (
    frozenset({
        Permission.MANAGE_EXTENSIONS, Permission.VIEW_PREFERENCES, Permission.VIEW_TRUNKS, Permission.VIEW_ROUTES,
    }),
)  # fmt: skip

OWN_IMPORT = (Permission.MANAGE_EXTENSIONS, Reach.MAKER)

PAGES = {
    "": Page(look=()),
    "dashboard/": Page(look=(frozenset(VIEW_OF),)),
    "pbx/": Page(look=()),
    "search/": Page(look=()),
    # who it is, again and in a second way
    "sign-in/again/": Page(look=(), deed=(), bodies=[{"password": "x"}]),
    "sign-in/again/code/": Page(look=(), deed=(), bodies=[{"code": "x"}]),
    "sign-in/again/passkey/": Page(look=(), deed=(), bodies=[{"credential": "{}"}]),
    # one's own sign-in
    "account/security/": Page(look=()),
    "account/security/end/": Page(deed=(), bodies=[{"session": "x"}]),
    "account/security/end-others/": Page(deed=()),
    "account/security/stay/": Page(deed=()),
    "account/password/": Page(look=(), deed=()),
    "account/security/second-factor/": Page(look=()),
    "account/security/second-factor/remove/": Page(look=(), deed=(), asks_again=LOOKED_AT + DONE),
    "account/security/app/": Page(look=(), deed=(), bodies=[{"code": "x"}], asks_again=LOOKED_AT + DONE),
    "account/security/passkeys/add/": Page(look=(), deed=(), asks_again=LOOKED_AT + DONE),
    "account/security/passkeys/rename/": Page(look=(), deed=(), asks_again=LOOKED_AT + DONE),
    "account/security/codes/": Page(look=(), asks_again=LOOKED_AT),
    "account/security/codes/new/": Page(deed=(), asks_again=DONE),
    # one's own, or an extension in reach
    "extensions/": Page(look=(Permission.VIEW_EXTENSIONS,)),
    "extensions/add/": Page(look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,), bodies=SAVES),
    "extensions/bulk/": Page(look=(Permission.MANAGE_EXTENSIONS,)),
    "extensions/bulk/add/": Page(look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,)),
    "extensions/bulk/edit/": Page(
        look=(Permission.MANAGE_EXTENSIONS,),
        deed=(Permission.MANAGE_EXTENSIONS,),
        bodies=[{}, {"n": ["1000", "2000"], "then": "preview", "do_location": "clear"}],
    ),
    "extensions/bulk/<slug:code>/": Page(
        look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,), bodies=[{}, {"n": ["1000", "2000"]}]
    ),
    # of somebody else
    "extensions/bulk/<uuid:key>/": Page(look=(Permission.MANAGE_EXTENSIONS, Reach.ALL)),
    "extensions/bulk/<uuid:key>/credentials/": Page(deed=OWN_IMPORT),
    "extensions/bulk/<uuid:key>/undo/": Page(deed=(Permission.MANAGE_EXTENSIONS, Reach.ALL), asks_again=DONE),
    "extensions/templates/": Page(look=(Permission.MANAGE_EXTENSIONS, Reach.ALL)),
    "extensions/templates/add/": Page(
        look=(Permission.MANAGE_EXTENSIONS, Reach.ALL), deed=(Permission.MANAGE_EXTENSIONS, Reach.ALL)
    ),
    "extensions/templates/<int:pk>/": Page(
        look=(Permission.MANAGE_EXTENSIONS, Reach.ALL), deed=(Permission.MANAGE_EXTENSIONS, Reach.ALL)
    ),
    "extensions/templates/<int:pk>/delete/": Page(
        look=(Permission.MANAGE_EXTENSIONS, Reach.ALL), deed=(Permission.MANAGE_EXTENSIONS, Reach.ALL)
    ),
    "extensions/layout/": Page(deed=(Permission.VIEW_EXTENSIONS,), bodies=[{"column": "email", "page_size": "50"}]),
    "extensions/people/": Page(look=(Permission.MANAGE_EXTENSIONS,)),
    "extensions/people/<int:pk>/": Page(
        look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,), bodies=SAVES
    ),
    "extensions/people/<int:pk>/remove/": Page(
        look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,)
    ),
    "extensions/export/": Page(
        look=(Permission.MANAGE_EXTENSIONS,),
        deed=(Permission.MANAGE_EXTENSIONS,),
        bodies=[{}, {"all": "yes", "file_type": "csv"}, {"n": ["1000", "2000"], "file_type": "xlsx"}],
    ),
    "extensions/import/": Page(look=(Permission.MANAGE_EXTENSIONS,), deed=(Permission.MANAGE_EXTENSIONS,)),
    "extensions/import/<uuid:pk>/": Page(look=OWN_IMPORT),
    "extensions/import/<uuid:pk>/errors/": Page(look=OWN_IMPORT),
    **{
        f"extensions/import/<uuid:pk>/{deed}/": Page(deed=OWN_IMPORT)
        for deed in ("cancel", "columns", "correct", "start")
    },
    "extensions/import/<uuid:pk>/departments/": Page(deed=(*OWN_IMPORT, Permission.MANAGE_ORGANIZATIONS)),
    "extensions/import/<uuid:pk>/undo/": Page(look=OWN_IMPORT, deed=OWN_IMPORT),
    "extensions/status/": Page(look=()),
    "extensions/strength/": Page(deed=(Permission.MANAGE_EXTENSIONS,), bodies=[{"registration_password": "x"}]),
    "extensions/welcome/": Page(
        look=(Permission.MANAGE_EXTENSIONS,),
        deed=(Permission.MANAGE_EXTENSIONS,),
        bodies=[{}, {"n": ["1000", "2000"]}],
    ),
    "extensions/welcome/<uuid:batch>/": Page(  # of somebody else
        look=(Permission.MANAGE_EXTENSIONS, Reach.ALL), deed=(Permission.MANAGE_EXTENSIONS, Reach.ALL)
    ),
    "extensions/<number:number>/": Page(look=(SEE,)),
    "extensions/<number:number>/edit/": Page(
        look=(MANAGE,), deed=(MANAGE,), bodies=SAVES, asks_again=DONE, about_managers=True
    ),
    "extensions/<number:number>/delete/": Page(
        look=(MANAGE,), deed=(MANAGE,), bodies=SAVES, asks_again=DONE, about_managers=True
    ),
    "extensions/<number:number>/toggle/": Page(deed=(MANAGE,), bodies=[{"enabled": "no"}, {"enabled": "yes"}]),
    "extensions/<number:number>/welcome/": Page(deed=(MANAGE,)),
    "extensions/<number:number>/attempts/forget/": Page(deed=(MANAGE,)),
    "extensions/<number:number>/outbound/release/": Page(deed=(MANAGE,)),
    "extensions/<number:number>/phones/remove/": Page(look=(USE,), deed=(USE,), bodies=[{"phone": "x"}]),
    "extensions/<number:number>/registration-password/": Page(look=(SEE,), deed=(USE,), asks_again=DONE),
    "extensions/<number:number>/registration-password/new/": Page(deed=(USE,), asks_again=DONE),
    "extensions/<number:number>/phone-code/": Page(look=(SEE,), deed=(USE,), asks_again=DONE),
    "extensions/<number:number>/picture/<str:version>/": Page(look=(SEE,)),
    "extensions/<number:number>/voicemail/": Page(look=(LISTEN,)),
    "extensions/<number:number>/voicemail/greeting/": Page(look=(USE,), deed=(USE,)),
    "extensions/<number:number>/voicemail/greeting/sound/": Page(look=(USE,)),
    "extensions/<number:number>/voicemail/settings/": Page(look=(OWN_MAILBOX,), deed=(OWN_MAILBOX,)),
    "extensions/<number:number>/voicemail/<int:message>/sound/": Page(look=(LISTEN,)),
    "extensions/<number:number>/voicemail/<int:message>/<slug:how>/": Page(deed=(OWN_MAILBOX,)),
    "extensions/<number:number>/second-factor/": Page(look=(MANAGE,), deed=(MANAGE,), asks_again=LOOKED_AT + DONE),
    "extensions/<number:number>/discard/": Page(
        deed=(Permission.MANAGE_EXTENSIONS, MANAGE), asks_again=DONE, about_managers=True
    ),
    "extensions/<number:number>/leave/": Page(
        look=(MANAGE,),
        deed=(MANAGE,),
        bodies=[{}, {"calls": "nobody", "keep": "30", "then": "leave"}],
        asks_again=DONE,
        about_managers=True,
        looks={},
    ),
    "extensions/<number:number>/leave/colleagues/": Page(look=(MANAGE,)),
    "extensions/<number:number>/come-back/": Page(deed=(MANAGE,), asks_again=DONE, about_managers=True),
    "extensions/<number:number>/sign-in/": Page(
        look=(MANAGE,),
        deed=(MANAGE,),
        bodies=[{"allowed": "no"}, {"allowed": "yes"}],
        asks_again=LOOKED_AT + DONE,
        about_managers=True,
    ),
    "extensions/<number:number>/sign-out/": Page(deed=(MANAGE,)),
    "review/": Page(look=REVIEWS),
    "apply/": Page(
        look=(Permission.MANAGE_EXTENSIONS,),
        deed=(Permission.MANAGE_EXTENSIONS,),
        bodies=[{}, {"from": "review", "n": ["1000", "2000"]}, {"all": "mine"}, {"all": "everybody"}],
    ),
    # one's own account
    "account/": Page(look=(), deed=(), bodies=[{"mobile": "+447700900123", "language": "en-gb"}]),
    "account/notifications/": Page(look=(), deed=(), bodies=[{"wanted": ["new_network"]}]),
    "account/email/": Page(look=(), deed=(), bodies=[{"new": "new@example.com"}], asks_again=LOOKED_AT + DONE),
    "account/email/cancel/": Page(deed=()),
    "account/picture/": Page(deed=(), bodies=[{"then": "remove"}]),
    "account/picture/<str:version>/": Page(look=()),
    # the whole system
    "roles/": Page(look=(Permission.VIEW_ROLES,)),
    "roles/add/": Page(look=MANAGES_ROLES, deed=MANAGES_ROLES, asks_again=LOOKED_AT + DONE),
    "roles/choices/": Page(look=MANAGES_ROLES),
    "roles/<int:pk>/": Page(look=(Permission.VIEW_ROLES,)),
    "roles/<int:pk>/copy/": Page(look=(Permission.MANAGE_ROLES,), asks_again=LOOKED_AT),
    "roles/<int:pk>/edit/": Page(
        look=MANAGES_ROLES, deed=MANAGES_ROLES, changes_a_role=True, asks_again=LOOKED_AT + DONE
    ),
    "roles/<int:pk>/delete/": Page(
        look=MANAGES_ROLES, deed=MANAGES_ROLES, changes_a_role=True, asks_again=LOOKED_AT + DONE
    ),
    "organizations/": Page(look=(Permission.VIEW_ORGANIZATIONS,)),
    "organizations/choices/": Page(look=(Permission.MANAGE_EXTENSIONS,)),
    "organizations/parents/": Page(look=MANAGES_ORGANIZATIONS),
    "organizations/add/": Page(look=MANAGES_ORGANIZATIONS, deed=MANAGES_ORGANIZATIONS),
    "organizations/<int:department>/": Page(look=(Permission.VIEW_ORGANIZATIONS,)),
    "organizations/<int:department>/rename/": Page(look=MANAGES_ORGANIZATIONS, deed=MANAGES_ORGANIZATIONS),
    "organizations/<int:department>/move/": Page(look=MANAGES_ORGANIZATIONS, deed=MANAGES_ORGANIZATIONS),
    "organizations/<int:department>/delete/": Page(look=MANAGES_ORGANIZATIONS, deed=MANAGES_ORGANIZATIONS),
    "trunks/": Page(look=(Permission.VIEW_TRUNKS,)),
    "trunks/add/": Page(look=MANAGES_TRUNKS, deed=MANAGES_TRUNKS, bodies=SAVES),
    "trunks/<int:pk>/": Page(look=(Permission.VIEW_TRUNKS,)),
    "trunks/<int:pk>/edit/": Page(look=MANAGES_TRUNKS, deed=MANAGES_TRUNKS, bodies=SAVES),
    "trunks/<int:pk>/delete/": Page(look=MANAGES_TRUNKS, deed=MANAGES_TRUNKS, bodies=SAVES),
    "trunks/<int:pk>/test/": Page(deed=MANAGES_TRUNKS),
    "trunks/<int:pk>/toggle/": Page(deed=MANAGES_TRUNKS, bodies=[{"enabled": "no"}]),
    "trunks/<int:pk>/move/": Page(deed=MANAGES_TRUNKS, bodies=[{"to": "up"}]),
    "outbound-routes/": Page(look=(Permission.VIEW_ROUTES,)),
    "outbound-routes/add/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "outbound-routes/departments/": Page(look=MANAGES_ROUTES),
    "outbound-routes/<int:pk>/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "outbound-routes/<int:pk>/delete/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "outbound-routes/<int:pk>/toggle/": Page(deed=MANAGES_ROUTES, bodies=[{"enabled": "no"}]),
    "outbound-routes/<int:pk>/move/": Page(deed=MANAGES_ROUTES, bodies=[{"to": "up"}]),
    "inbound-routes/": Page(look=(Permission.VIEW_ROUTES,)),
    "inbound-routes/add/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "inbound-routes/<int:pk>/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "inbound-routes/<int:pk>/delete/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "inbound-routes/<int:pk>/toggle/": Page(deed=MANAGES_ROUTES, bodies=[{"enabled": "no"}]),
    "announcements/": Page(look=(Permission.VIEW_ROUTES,)),
    "announcements/add/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "announcements/<int:pk>/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "announcements/<int:pk>/sound/": Page(look=(Permission.VIEW_ROUTES,)),
    "announcements/<int:pk>/delete/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "announcements/<int:pk>/toggle/": Page(deed=MANAGES_ROUTES, bodies=[{"enabled": "no"}]),
    "ring-groups/": Page(look=(Permission.VIEW_ROUTES,)),
    "ring-groups/add/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "ring-groups/<int:pk>/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "ring-groups/<int:pk>/delete/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "ring-groups/<int:pk>/toggle/": Page(deed=MANAGES_ROUTES, bodies=[{"enabled": "no"}]),
    "business-hours/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "business-hours/regions/": Page(look=(Permission.VIEW_ROUTES,)),
    "business-hours/holidays/": Page(look=(Permission.VIEW_ROUTES,)),
    "business-hours/holidays/add/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "business-hours/holidays/import/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "business-hours/holidays/<int:pk>/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "business-hours/holidays/<int:pk>/delete/": Page(look=MANAGES_ROUTES, deed=MANAGES_ROUTES, bodies=SAVES),
    "emergency/": Page(look=(Permission.VIEW_ROUTES,), deed=MANAGES_ROUTES, bodies=SAVES),
    "lines/apply/": Page(deed=MANAGES_LINES),
    "lines/discard/": Page(deed=MANAGES_LINES),
    "log/": Page(look=(Permission.VIEW_LOG,)),
    "log/<int:pk>/": Page(look=(Permission.VIEW_LOG,)),
    "log/export/": Page(deed=(Permission.VIEW_LOG,), asks_again=DONE),
    "backup/": Page(look=(Permission.VIEW_BACKUP,)),
    "backup/now/": Page(deed=(Permission.MANAGE_BACKUP,)),
    "backup/settings/": Page(look=HAVE_ALL, deed=HAVE_ALL, asks_again=DONE),
    "backup/copies/": Page(look=HAVE_ALL, deed=HAVE_ALL, asks_again=DONE),
    "backup/copies/test/": Page(deed=HAVE_ALL, asks_again=DONE),
    "backup/<int:pk>/download/": Page(deed=HAVE_ALL, asks_again=DONE),
    "backup/<int:pk>/try/": Page(deed=(Permission.MANAGE_BACKUP,)),
    "preferences/apply/": Page(deed=(Permission.MANAGE_PREFERENCES,)),
    "preferences/discard/": Page(deed=(Permission.MANAGE_PREFERENCES,)),
    "preferences/mail/": Page(
        look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE
    ),
    "preferences/https/": Page(
        look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE
    ),
    "preferences/network/": Page(
        look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE
    ),
    "preferences/network/reach/": Page(look=(Permission.VIEW_PREFERENCES,)),
    "preferences/voicemail/": Page(look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,)),
    "preferences/music/": Page(look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,)),
    "preferences/music/sound/": Page(look=(Permission.VIEW_PREFERENCES,)),
    "preferences/mail/test/": Page(deed=(Permission.MANAGE_PREFERENCES,)),
    "preferences/attacks/": Page(
        look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE
    ),
    "preferences/alerts/": Page(
        look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE
    ),
    "preferences/alerts/secret/": Page(deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE),
    "preferences/alerts/token/": Page(deed=(Permission.MANAGE_PREFERENCES,), asks_again=DONE),
    "events/": Page(look=(Permission.VIEW_EVENTS,)),
    "events/test/": Page(deed=(Permission.MANAGE_EVENTS,), bodies=[{"kind": "disk"}]),
    "blocked/": Page(look=(Permission.VIEW_BLOCKED,)),
    "blocked/<int:pk>/unblock/": Page(deed=(Permission.MANAGE_BLOCKED,)),
    "blocked/<int:pk>/never/": Page(deed=(Permission.MANAGE_BLOCKED,), asks_again=DONE),
    "mail/": Page(look=(Permission.VIEW_MAIL,)),
    "mail/<int:pk>/again/": Page(deed=(Permission.MANAGE_MAIL,)),
    "mail/<int:pk>/discard/": Page(deed=(Permission.MANAGE_MAIL,)),
    "preferences/": Page(look=(Permission.VIEW_PREFERENCES,), deed=(Permission.MANAGE_PREFERENCES,)),
    "history/": Page(look=(Permission.VIEW_HISTORY,)),
    "history/<int:pk>/": Page(look=(Permission.VIEW_HISTORY,)),
    "history/<int:pk>/undo/": Page(deed=(Permission.VIEW_HISTORY, Permission.MANAGE_EXTENSIONS), asks_again=DONE),
    "history/back/": Page(
        deed=(Permission.VIEW_HISTORY, Permission.MANAGE_EXTENSIONS),
        bodies=[{"moment": ""}, {"moment": "2026-01-01T00:00"}],
        asks_again=DONE,
    ),
    "history/check/": Page(look=(Permission.VIEW_CHECK,)),
    "history/check/now/": Page(deed=(Permission.MANAGE_CHECK,)),
    "history/check/repair/": Page(deed=(Permission.MANAGE_CHECK,)),
}

EXTENSION = {Permission.VIEW_EXTENSIONS, Permission.MANAGE_EXTENSIONS}
MAIL = {Permission.VIEW_MAIL, Permission.MANAGE_MAIL}
BACKUP = {Permission.VIEW_BACKUP, Permission.MANAGE_BACKUP}
BLOCKED = {Permission.VIEW_BLOCKED, Permission.MANAGE_BLOCKED}
EVENTS = {Permission.VIEW_EVENTS, Permission.MANAGE_EVENTS}
MAINTENANCE = (
    MAIL
    | BLOCKED
    | BACKUP
    | EVENTS
    | {Permission.VIEW_HISTORY, Permission.VIEW_CHECK, Permission.MANAGE_CHECK, Permission.VIEW_LOG}
)
PREFERENCES = {Permission.VIEW_PREFERENCES, Permission.MANAGE_PREFERENCES}
ORGANIZATIONS = {Permission.VIEW_ORGANIZATIONS, Permission.MANAGE_ORGANIZATIONS}
ROLE = {Permission.VIEW_ROLES, Permission.MANAGE_ROLES}
TRUNK = {Permission.VIEW_TRUNKS, Permission.MANAGE_TRUNKS}
ROUTE = {Permission.VIEW_ROUTES, Permission.MANAGE_ROUTES}
ALL = EXTENSION | MAINTENANCE | PREFERENCES | ORGANIZATIONS | ROLE | TRUNK | ROUTE


@dataclass(frozen=True)
class Person:
    """One who asks. `key`: a default role; else the role is made of `may`. `local`: reaches Sales and below alone."""

    name: str
    may: frozenset[Permission]
    key: str = ""
    local: bool = False


def person(name: str, *may: set[Permission], key: str = "", local: bool = False) -> Person:
    return Person(name, frozenset[Permission]().union(*may), key, local)


PEOPLE = [
    person("super", ALL, key="super_administrator"),
    person("administrator", ALL - ROLE, key="administrator"),
    person("supervisor", key="supervisor"),
    person("operator", MAINTENANCE, key="operator"),
    person("employee", key="employee"),
    person("human resource", EXTENSION, {Permission.VIEW_HISTORY}, key="human_resource"),
    person("accounting", key="accounting"),
    person("roleless"),
    person("viewer", {Permission.VIEW_EXTENSIONS}),
    person("keeper", PREFERENCES, MAINTENANCE),
    person("looker", {each for each in ALL if each.value.endswith(".view")}),
    person("trunks", TRUNK),
    person("routes", ROUTE),
    person("local", EXTENSION, local=True),
    person("listener", {Permission.VIEW_EXTENSIONS, Permission.LISTEN_VOICEMAIL}),
]


@dataclass(frozen=True)
class Target:
    """An extension that is asked for. `may`: what its person may do."""

    number: str
    in_sales: bool = False
    may: frozenset[Permission] = frozenset()
    owner: str = ""
    there: bool = True


TARGETS = [
    Target("1000", in_sales=True),
    Target("1001", in_sales=True, may=frozenset(ALL)),
    Target("2000"),
    Target("9999", there=False),
]
OWN = {each.name: Target(str(3000 + n), may=each.may, owner=each.name) for n, each in enumerate(PEOPLE)}


def over(who: Person, target: Target) -> Over | None:
    """How much of the target is the person's to do; None: it does not exist for them."""
    if not target.there:
        return None
    reached = Permission.VIEW_EXTENSIONS in who.may and (target.in_sales or not who.local)
    mightier = not target.may <= who.may and who.key != Role.SUPER_ADMINISTRATOR
    if reached and Permission.MANAGE_EXTENSIONS in who.may and not mightier:
        return MANAGE
    if target.owner == who.name:
        return USE
    return SEE if reached else None


def answer(who: Person, needs: Needs, target: Target | None) -> int:
    """200: it is done or shown; 403, 404."""
    for need in needs:
        if isinstance(need, Reach):
            if who.local or need is Reach.MAKER:
                return 404
        elif isinstance(need, Over):
            assert target
            has = over(who, target)
            if has is None:
                return 404
            if has.value < need.value:
                return 403
        elif isinstance(need, Mailbox):
            assert target
            if over(who, target) is None:
                return 404
            listens = need is LISTEN and Permission.LISTEN_VOICEMAIL in who.may
            if target.owner != who.name and not listens:
                return 403
        elif isinstance(need, frozenset):
            if not need & who.may:
                views = {Permission(f"{each.value.partition('.')[0]}.view") for each in need}
                return 403 if views & who.may else 404
        elif need not in who.may:
            view = Permission(f"{need.value.partition('.')[0]}.view")
            return 403 if view in who.may else 404
    return 200
