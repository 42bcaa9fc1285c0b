import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pbxportal.settings")

django.setup(set_prefix=False)

from core.http import Handler  # noqa: E402 (needs the settings)
from pbxportal.checks import refuse_to_start  # noqa: E402

application = Handler()

refuse_to_start()

# What is loaded stays: looking through it again and again would hold pages up by 20 ms now and then.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 100)
