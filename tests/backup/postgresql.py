"""Fixtures of tests with a PostgreSQL server of their own, whatever database the suite is on."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chaos.database import PostgreSql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    server = PostgreSql()
    yield server
    server.stop()


@pytest.fixture
def databases(server: PostgreSql, tmp_path: Path) -> Iterator[list[str]]:
    """Two empty ones."""
    names = [f"{name}_{os.getpid()}_{tmp_path.name[-8:]}".lower() for name in ("one", "two")]
    for name in names:
        sql(server, f'CREATE DATABASE "{name}"')
    yield [f"{server.url.rpartition('/')[0]}/{name}" for name in names]
    for name in names:
        sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def sql(server: PostgreSql, statement: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)
