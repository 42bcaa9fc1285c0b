"""What the server in front is told, by a plan. That it does so: tests/front."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.https import Certificate
from pbxportal.front import configuration
from pbxportal.front.configuration import LARGEST_BODY, Plan

PLAIN = Plan(
    listen="127.0.0.1:8000",
    redirects=(),
    urls=("http://127.0.0.1:8000",),
    certificate=Certificate.NONE,
    email="",
    acme_directory="",
    acme_root="",
    chain=Path("/chain.pem"),
    key=Path("/key.pem"),
    folder=Path("/front"),
    portal_socket=Path("/run/portal.sock"),
    admin_socket=Path("/run/admin"),
    static=Path("/static"),
    web_socket="",
    resting_page="<p>Resting</p>",
    version=(2, 10),
)
SECURE = replace(PLAIN, listen=":8443", urls=("https://pbx.example.com:8443",), certificate=Certificate.AUTHORITY)


def servers(plan: Plan) -> Any:
    return configuration.of(plan)["apps"]["http"]["servers"]


def test_plain_http_has_one_server_and_no_certificates() -> None:
    told = configuration.of(PLAIN)
    assert list(told["apps"]) == ["http"]
    assert list(servers(PLAIN)) == ["portal"]
    portal = servers(PLAIN)["portal"]
    assert (portal["listen"], portal["protocols"]) == (["127.0.0.1:8000"], ["h1"])
    assert "tls_connection_policies" not in portal
    assert portal["automatic_https"] == {"disable": True}  # it would take port 80, and ask an authority
    assert told["admin"] == {"listen": "unix//run/admin", "config": {"persist": False}}
    assert told["storage"]["root"] == "/front/certificates"


def test_https_has_the_files_of_its_certificate_and_leads_plain_http_to_it() -> None:
    portal = servers(SECURE)["portal"]
    assert portal["protocols"] == ["h1", "h2"]
    assert portal["tls_connection_policies"] == [{"default_sni": "pbx.example.com"}]
    assert [each["wrapper"] for each in portal["listener_wrappers"]] == ["http_redirect", "tls"]
    loaded = configuration.of(SECURE)["apps"]["tls"]
    assert loaded == {"certificates": {"load_files": [{"certificate": "/chain.pem", "key": "/key.pem"}]}}


@pytest.mark.parametrize(
    ("urls", "listen", "where"),
    [
        (("https://pbx.example.com:8443",), ":8443", "https://pbx.example.com:8443{http.request.uri}"),
        (("https://pbx.example.com",), ":443", "https://pbx.example.com{http.request.uri}"),
        (("https://192.0.2.7:8443", "https://127.0.0.1:8443"), ":8443", "https://{http.request.host}:8443{http.request.uri}"),
        (("https://192.0.2.7", "https://127.0.0.1"), ":443", "https://{http.request.host}{http.request.uri}"),
    ],
)  # fmt: skip
def test_other_ports_lead_to_the_address_that_was_asked_for(urls: tuple[str, ...], listen: str, where: str) -> None:
    """A browser that was told to speak HTTPS alone does so at the former port as well, not at port 80."""
    made = servers(replace(SECURE, urls=urls, listen=listen, redirects=(":80", ":8000", ":8080")))
    assert set(made) == {"portal", "plain", "former"}
    assert (made["plain"]["listen"], made["former"]["listen"]) == ([":80"], [":8000", ":8080"])
    assert "tls_connection_policies" not in made["plain"]
    assert made["former"]["tls_connection_policies"] == [{"default_sni": urls[0].split("/")[2].split(":")[0]}]
    for name in ("plain", "former"):
        (answer,) = made[name]["routes"][0]["handle"]
        assert (answer["status_code"], answer["headers"]) == (308, {"Location": [where]})
    assert set(servers(replace(SECURE, redirects=(":80",)))) == {"portal", "plain"}
    assert set(servers(replace(SECURE, redirects=(":8000",)))) == {"portal", "former"}


def test_an_authority_is_asked_as_it_was_set_up() -> None:
    acme = replace(SECURE, certificate=Certificate.ACME, urls=("https://[2001:db8::7]:8443",))
    tls = configuration.of(acme)["apps"]["tls"]
    assert tls["certificates"] == {"automate": ["2001:db8::7"]}
    (policy,) = tls["automation"]["policies"]
    (issuer,) = policy["issuers"]
    assert (policy["subjects"], set(issuer)) == (["2001:db8::7"], {"module", "challenges"})
    assert issuer["challenges"] == {"http": {"alternate_port": 80}, "tls-alpn": {"alternate_port": 8443}}
    more = replace(acme, email="a@example.com", acme_directory="https://ca.lan/dir", acme_root="/root.pem")
    (issuer,) = configuration.of(more)["apps"]["tls"]["automation"]["policies"][0]["issuers"]
    assert (issuer["email"], issuer["ca"]) == ("a@example.com", "https://ca.lan/dir")
    assert issuer["trusted_roots_pem_files"] == ["/root.pem"]


@pytest.mark.parametrize(
    ("version", "buffers"),
    [
        ((2, 6, 2), {"buffer_requests": True, "max_buffer_size": LARGEST_BODY}),
        ((2, 7), {"request_buffers": LARGEST_BODY, "response_buffers": configuration.HELD_ANSWER}),
        ((2, 10, 1), {"request_buffers": LARGEST_BODY, "response_buffers": configuration.HELD_ANSWER}),
    ],
)
def test_a_request_is_held_whole_before_the_portal_sees_it(version: tuple[int, ...], buffers: dict[str, Any]) -> None:
    """Who sends it slowly would keep one of its processes waiting. Older versions have other words for it."""
    bound, proxy = servers(replace(PLAIN, version=version))["portal"]["routes"][-1]["handle"]
    assert bound == {"handler": "request_body", "max_size": LARGEST_BODY}
    names = {"buffer_requests", "max_buffer_size", "request_buffers", "response_buffers"}
    assert {name: value for name, value in proxy.items() if name in names} == buffers
    assert proxy["upstreams"] == [{"dial": "unix//run/portal.sock"}]
    said = proxy["headers"]["request"]
    assert said["set"]["X-Forwarded-For"] == ["{http.request.remote.host}"]
    assert said["delete"] == configuration.FOR_GUNICORN


def test_a_web_socket_is_opened_only_where_there_is_a_pbx_and_after_the_portal_was_asked() -> None:
    assert "/ws" not in str(servers(PLAIN))
    routes = servers(replace(PLAIN, web_socket="127.0.0.1:8088"))["portal"]["routes"]
    (route,) = [each for each in routes if each.get("match") == [{"path": ["/ws"]}]]
    ask, proxy = route["handle"]
    assert route["terminal"]
    assert ask["rewrite"] == {"method": "GET", "uri": "/web-socket/"}
    assert ask["handle_response"][0]["match"] == {"status_code": [2]}
    assert ask["headers"]["request"]["delete"][-3:] == ["Upgrade", "Connection", "Sec-Websocket-*"]
    assert "request_buffers" not in ask
    assert proxy["upstreams"] == [{"dial": "127.0.0.1:8088"}]
    assert "Upgrade" not in configuration.FOR_GUNICORN


def test_files_are_kept_for_years_only_by_a_name_of_their_content() -> None:
    (static,) = [each for each in servers(PLAIN)["portal"]["routes"] if "/static/*" in str(each.get("match"))]
    kept, strip, files = static["handle"]
    usual, hashed = kept["routes"]
    assert static["terminal"]
    assert "match" not in usual
    assert usual["handle"][0]["response"]["set"]["Cache-Control"] == ["max-age=60, public"]
    assert hashed["match"][0]["path_regexp"]["pattern"] == configuration.HASHED_NAME
    assert hashed["handle"][0]["response"]["set"]["Cache-Control"] == [configuration.YEARS]
    assert strip["strip_path_prefix"] == "/static"
    assert (files["root"], files["index_names"]) == ("/static", [])
    assert files["precompressed_order"] == ["br", "gzip"]


def test_nobody_learns_what_stands_in_front_and_a_portal_that_rests_says_so() -> None:
    portal = servers(PLAIN)["portal"]
    assert portal["routes"][0]["handle"][0]["response"] == {"deferred": True, "delete": ["Server", "Via"]}
    (route,) = portal["errors"]["routes"]
    assert route["match"] == [{"expression": "{http.error.status_code} >= 502"}]
    (page,) = route["handle"]
    assert (page["body"], page["headers"]["Retry-After"]) == ("<p>Resting</p>", ["5"])
    assert page["headers"]["Cache-Control"] == ["no-store"]


def test_pages_are_compressed_and_what_answers_a_form_is_not() -> None:
    (route,) = [each for each in servers(PLAIN)["portal"]["routes"] if each.get("match") == [{"method": ["GET"]}]]
    (encode,) = route["handle"]
    assert (encode["handler"], encode["minimum_length"]) == ("encode", 512)
    assert encode["match"] == {"headers": {"Content-Type": configuration.TEXTS}}


def test_the_log_has_what_the_page_of_certificates_reads() -> None:
    logs = configuration.of(PLAIN)["logging"]["logs"]
    assert logs["certificates"]["level"] == "INFO"
    assert set(logs["default"]["exclude"]) == {*logs["certificates"]["include"], *logs["door"]["include"]}
