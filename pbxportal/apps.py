from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "pbxportal"

    def ready(self) -> None:
        from pbxportal import checks  # noqa: F401 (they register themselves)
