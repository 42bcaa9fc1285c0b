"""Rows of an earlier version keep what they say."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.people import make_extension
from trunks.models import InboundRoute


@pytest.mark.django_db(transaction=True)
def test_where_routes_went_they_go() -> None:
    extension = make_extension("1000")
    executor = MigrationExecutor(connection)
    executor.migrate([("trunks", "0001_initial")])
    old: Any = executor.loader.project_state([("trunks", "0001_initial")]).apps.get_model("trunks", "InboundRoute")
    for name, to, its in (
        ("One", "extension", extension.pk),
        ("Two", "voicemail", extension.pk),
        ("All", "digits", None),
    ):
        old.objects.create(name=name, number=name, to=to, extension_id=its)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert list(InboundRoute.objects.order_by("pk").values_list("name", "goes_to")) == [
        ("One", "extension:1000"), ("Two", "voicemail:1000"), ("All", "digits"),
    ]  # fmt: skip
