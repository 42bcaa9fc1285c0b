"""Departments for tests, and what the tree of them looks like."""

from typing import Any

from accounts.models import Organization
from accounts.organization_tree import Department


def department(name: str, parent: Organization | None = None) -> Organization:
    made: Organization = Organization.objects.create(name=name, parent=parent or Organization.company())
    return made


def fill(many: int) -> None:
    """Directly in the company."""
    company = Organization.company()
    Organization.objects.bulk_create(Organization(name=f"Department {n}", parent=company) for n in range(many))


def shape() -> dict[str, Any]:
    def of(each: Department) -> dict[str, Any]:
        return {below.name: of(below) for below in each.below}

    company = Organization.tree().company
    return {company.name: of(company)}
