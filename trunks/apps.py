from django.apps import AppConfig


class TrunksConfig(AppConfig):
    name = "trunks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete

        from core import coded_text
        from core.audit import fields
        from core.preferences.models import SystemChange
        from extensions import actions, models
        from extensions.detail import page
        from extensions.models import SipExtension
        from extensions.review import preferences
        from trunks import changes, destination_links, receivers, record, texts, usage

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
        SystemChange.SHOWN[SystemChange.Field.LINES] = record.summary
        preferences.RESTORE[SystemChange.Field.LINES] = record.restore
        preferences.DETAILS[SystemChange.Field.LINES] = changes.details
        actions.USES.append(usage.of_extension)
        actions.USED.append(usage.numbers_in_use)
        actions.USERS.append(destination_links.users_of)
        models.TAKEN["ring_group"] = usage.group_numbers
        models.TAKEN["emergency"] = usage.emergency_numbers
        page.RUNG_BY.append(destination_links.groups_of)
        pre_delete.connect(receivers.keep_used, sender=SipExtension)
