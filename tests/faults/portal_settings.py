"""The portal's own settings, without the collected static files; a slow machine has time, unless a test wants none."""

import os

from pbxportal.settings import *  # noqa: F403
from pbxportal.settings import DATABASES, STORAGES

LOCK_SECONDS = int(os.environ.get("TEST_LOCK_SECONDS", "120"))
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if "timeout" in DATABASES["default"]["OPTIONS"]:
    DATABASES["default"]["OPTIONS"]["timeout"] = LOCK_SECONDS
else:
    DATABASES["default"]["OPTIONS"]["options"] = f"-c lock_timeout={LOCK_SECONDS}s"
