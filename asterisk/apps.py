from django.apps import AppConfig


class AsteriskConfig(AppConfig):
    name = "asterisk"

    def ready(self) -> None:
        from asterisk import texts
        from core import coded_text
        from core.audit import fields

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
