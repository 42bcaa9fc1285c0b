"""What the secrets of AMI and ARI are good for: to ask, to reload, to end a registration. Never to run a program."""

import http.client
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from asterisk.ami.protocol import Message, encode
from asterisk.process import module_folder
from asterisk.process.embedded import Embedded
from tests.node import connected
from tests.pbx.office import Office, dial, refusal

DANGEROUS = ("app_system", "func_shell", "func_env", "res_agi", "app_mixmonitor", "pbx_spool", "app_exec", "func_curl")
REFUSED: list[tuple[str, dict[str, str]]] = [
    ("Command", {"Command": "core show version"}),
    ("Command", {"Command": "!id"}),
    ("Originate", {"Channel": "Local/1001@from-extension", "Application": "System", "Data": "true"}),
    ("Originate", {"Channel": "Local/1001@from-extension", "Context": "from-extension", "Exten": "1", "Priority": "1"}),
    ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
    ("CreateConfig", {"Filename": "new.conf"}),
    ("GetConfig", {"Filename": "/etc/hosts"}),
    ("GetConfig", {"Filename": "../db/engine.sqlite3"}),
    ("ListCategories", {"Filename": "manager.conf"}),
    ("Setvar", {"Variable": "GLOBAL(x)", "Value": "${SHELL(id)}"}),
    ("AGI", {"Channel": "PJSIP/1", "Command": "EXEC System true"}),
    ("MixMonitor", {"Channel": "PJSIP/1", "Command": "true"}),
    ("Redirect", {"Channel": "PJSIP/1", "Context": "from-extension", "Exten": "1", "Priority": "1"}),
]


def told(action: str, **headers: str) -> Message:
    """By the portal's own login, without the portal's own list of what it asks."""
    with connected() as ami:
        ami._socket.sendall(encode(action, {"ActionID": "raw", **headers}))
        return next(ami._messages("raw", 5))


def rest(method: str, path: str) -> int:
    login = b64encode(f"{settings.ARI_USER}:{settings.ARI_SECRET}".encode()).decode()
    link = http.client.HTTPConnection("127.0.0.1", settings.ARI_PORT, timeout=5)
    link.request(method, f"/ari/asterisk/{path}", headers={"Authorization": f"Basic {login}"})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def names(embedded: Embedded, module: str) -> list[str]:
    """Ways to name a module that is there, and not listed: as it is, and by every path that leads to it."""
    elsewhere = str(embedded.program.modules / module).lstrip("/")
    return [module, f"{module}.so", *(f"{'../' * steps}{elsewhere}.so" for steps in (1, 10, 40))]


@pytest.mark.parametrize(("action", "headers"), REFUSED, ids=lambda each: each if isinstance(each, str) else "")
def test_the_managers_login_may_not(asterisk: Embedded, action: str, headers: dict[str, str]) -> None:
    answer = told(action, **headers)
    assert answer["Response"] == "Error"
    assert answer["Message"].startswith(("Permission denied", "Invalid/unknown command", "File requires escalated"))


@pytest.mark.parametrize("module", DANGEROUS)
def test_no_module_beside_the_listed_ones_can_be_loaded(asterisk: Embedded, module: str) -> None:
    for name in names(asterisk, module):
        assert told("ModuleLoad", Module=name, LoadType="load")["Response"] == "Error"
        assert rest("POST", f"modules/{quote(name, safe='')}") in (404, 409)
        assert told("ModuleCheck", Module=module)["Response"] == "Error"


def test_a_library_that_somebody_has_laid_elsewhere_cannot_be_loaded(asterisk: Embedded, tmp_path: Path) -> None:
    folder = Path(next((settings.ASTERISK_DIR / "modules").rglob("app_dial.so"))).parent
    inside = len(folder.relative_to(settings.ASTERISK_DIR).parts)
    (settings.ASTERISK_DIR / "x.so").symlink_to(asterisk.program.modules / "app_system.so")
    for name in ("../" * inside + "x", "../" * inside + "x.so", str(tmp_path / "x.so")):
        assert rest("POST", f"modules/{quote(name, safe='')}") in (404, 409)
    (settings.ASTERISK_DIR / "x.so").unlink()
    assert told("ModuleCheck", Module="app_system")["Response"] == "Error"


def test_a_line_in_the_dial_plan_runs_no_program(office: Office, tmp_path: Path) -> None:
    made = tmp_path / "made"
    phone = office.registered()
    for application in ("System", "TrySystem", "AGI", "Exec", "ExternalIVR"):
        told("DialplanExtensionAdd", Context="from-extension", Extension="77", Priority="1", Replace="yes",
             Application=application, ApplicationData=f"/bin/touch {made}")  # fmt: skip
        refusal(dial(phone, "77"))
    told("DialplanExtensionAdd", Context="from-extension", Extension="77", Priority="1", Replace="yes",
         Application="Set", ApplicationData=f"FILE({made})=${{SHELL(touch {made})}}")  # fmt: skip
    refusal(dial(phone, "77"))
    told("DialplanExtensionRemove", Context="from-extension", Extension="77")
    assert not made.exists()


def test_getvar_reads_no_file_and_runs_no_program(asterisk: Embedded) -> None:
    for function in ("SHELL(id)", "FILE(/etc/passwd)", "ENV(HOME)", "AST_CONFIG(manager.conf,portal,secret)"):
        assert not told("Getvar", Variable=function).get("Value")
        assert rest("GET", f"variable?variable={quote(function)}") in (200, 404)


def test_asterisk_has_the_listed_modules_and_no_others(asterisk: Embedded) -> None:
    links = [each for each in (settings.ASTERISK_DIR / "modules").rglob("*") if each.is_symlink()]
    conf = (settings.ASTERISK_DIR / "etc/modules.conf").read_text()
    assert sorted(each.name for each in links) == sorted(module_folder.listed(conf))
    assert not any(each.name.startswith(DANGEROUS) for each in links)
