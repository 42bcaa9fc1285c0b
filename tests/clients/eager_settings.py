"""The portal's own settings; certificates are looked at each second, as those of this test live for half a minute."""

from pbxportal.front import configuration
from pbxportal.settings import *  # noqa: F403

configuration.RENEW_CHECK = "1s"
