"""The lock at each page: hidden from who may not see it, refused to who may see it alone."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from core.access.decorators import needs, needs_one_of
from core.access.permissions import MODULES, Permission, with_views

TRUNKS, ROUTES = Permission.MANAGE_TRUNKS, Permission.MANAGE_ROUTES
SEES_TRUNKS, SEES_ROUTES, SEES_LOG = Permission.VIEW_TRUNKS, Permission.VIEW_ROUTES, Permission.VIEW_LOG


@needs(TRUNKS, SEES_LOG)
def both(_: Any, word: str) -> HttpResponse:
    return HttpResponse(word)


@needs_one_of(TRUNKS, ROUTES)
def either(_: Any, word: str) -> HttpResponse:
    return HttpResponse(word)


def asked(view: Any, held: set[Permission]) -> str:
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(can=held.__contains__)  # type: ignore[assignment]
    try:
        return str(view(request, word="open").content.decode())
    except Http404:
        return "hidden"
    except PermissionDenied:
        return "refused"


@pytest.mark.parametrize(
    ("view", "held", "answer"),
    [
        (both, set(), "hidden"),
        (both, {TRUNKS, SEES_TRUNKS}, "hidden"),
        (both, {SEES_TRUNKS, SEES_LOG}, "refused"),
        (both, {TRUNKS, SEES_TRUNKS, SEES_LOG}, "open"),
        (either, set(), "hidden"),
        (either, {SEES_LOG}, "hidden"),
        (either, {SEES_ROUTES}, "refused"),
        (either, {ROUTES, SEES_ROUTES}, "open"),
        (either, {TRUNKS, SEES_TRUNKS, SEES_ROUTES}, "open"),
    ],
)
def test_a_page_is_hidden_refused_or_open(view: Any, held: set[Permission], answer: str) -> None:
    assert asked(view, held) == answer


def test_who_manages_a_module_sees_it() -> None:
    assert with_views(frozenset({TRUNKS, SEES_LOG})) == {TRUNKS, SEES_TRUNKS, SEES_LOG}
    trunk = next(each for each in MODULES if each.manage == TRUNKS)
    levels = [trunk.level(frozenset(held)) for held in ({TRUNKS}, {SEES_TRUNKS}, {SEES_LOG})]
    assert (levels, trunk.code) == (["Manage", "View", ""], "trunk")
    log = next(each for each in MODULES if each.view == SEES_LOG)
    assert [log.level(frozenset(held)) for held in ({SEES_LOG}, {TRUNKS})] == ["View", ""]
