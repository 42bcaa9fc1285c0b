from datetime import datetime

from django import template

from pbxportal import locality

register = template.Library()


@register.filter
def exact(value: datetime | None) -> str:
    """To the second. Less exact: date:"SHORT_DATETIME_FORMAT"."""
    return locality.exact(value) if value else ""
