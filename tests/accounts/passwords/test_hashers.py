"""What a hash of the portal costs. The suite's own are cheaper."""

from accounts.passwords.hashers import Argon2Hasher
from pbxportal import settings
from tests.people import PASSWORD


def test_the_portal_hashes_passwords_with_the_second_row_of_owasp() -> None:
    assert settings.PASSWORD_HASHERS == ["accounts.passwords.hashers.Argon2Hasher"]
    assert Argon2Hasher().encode(PASSWORD, "0123456789abcdef").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
