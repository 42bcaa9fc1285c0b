import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pbxportal.settings")

application = get_wsgi_application()

from pbxportal.checks import refuse_to_start  # noqa: E402 (needs the settings)

refuse_to_start()

# What is loaded stays: looking through it again and again would hold pages up by 20 ms now and then.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 50, 100)
