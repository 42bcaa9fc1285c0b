from collections.abc import Collection
from typing import ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models


class ConstraintsOfFields(models.Model):
    """A form shows what a constraint refuses at the field that `constraint_fields` has for the constraint's code."""

    constraint_fields: ClassVar[dict[str, str]]

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        try:
            super().validate_constraints(exclude)
        except ValidationError as error:
            found = error.update_error_dict({})
            for each in found.pop(NON_FIELD_ERRORS, []):
                found.setdefault(self.constraint_fields.get(each.code or "", NON_FIELD_ERRORS), []).append(each)
            raise ValidationError(found) from error
