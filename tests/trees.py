"""Departments for tests, and what the tree of them looks like."""

from typing import Any

from accounts.models import Organization
from accounts.organization_tree import Department


def department(name: str, parent: Organization | None = None) -> Organization:
    made: Organization = Organization.objects.create(name=name, parent=parent or Organization.company())
    return made


def fill(many: int, parent: Organization | None = None) -> None:
    """Directly in the company, or in `parent`."""
    above = parent or Organization.company()
    Organization.objects.bulk_create(Organization(name=f"Department {n}", parent=above) for n in range(many))


def shape() -> dict[str, Any]:
    def of(each: Department) -> dict[str, Any]:
        return {below.name: of(below) for below in each.below}

    company = Organization.tree().company
    return {company.name: of(company)}
