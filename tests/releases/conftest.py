"""A server of PostgreSQL."""

from tests.backup.postgresql import databases, server  # noqa: F401 (fixtures)
