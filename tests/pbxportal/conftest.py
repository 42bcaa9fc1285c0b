from tests.core.mail.conftest import postbox as postbox
