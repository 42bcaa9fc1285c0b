import pytest

from accounts.sign_in import allauth_adapter


@pytest.fixture(autouse=True)
def failures_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of sign-ins fail here; that the portal waits with its answer has a test of its own."""
    monkeypatch.setattr(allauth_adapter, "FAILED_SECONDS", 0)
