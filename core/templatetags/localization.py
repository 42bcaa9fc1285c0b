from datetime import datetime

from django import template

from core import localization

register = template.Library()


@register.filter
def exact(value: datetime | None) -> str:
    """To the second. Less exact: date:"SHORT_DATETIME_FORMAT"."""
    return localization.exact(value) if value else ""
