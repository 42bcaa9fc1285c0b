from accounts.models import User
from core.access import requests


class SignedInRequest(requests.SignedInRequest):
    user: User
