"""What pages are told of a PBX that is not there."""

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from asterisk import check
from asterisk.backend import Asterisk
from asterisk.nodes import from_settings
from tests.settings import free_port

pytestmark = pytest.mark.django_db


def test_where_none_is_to_be_expected_that_is_said_and_no_trouble(settings: Settings) -> None:
    settings.PBX_EXPECTED = False
    state = Asterisk().state()
    assert (state.up, state.words, state.trouble) == (False, "No PBX on this machine", "")


def test_one_that_cannot_be_asked_has_said_nothing_of_any_number() -> None:
    node = replace(from_settings(), ami_port=int(free_port()))
    assert check._said(node, ["1000"]) == {}
