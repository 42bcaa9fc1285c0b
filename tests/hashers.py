"""The portal's password hasher at the lowest price: nobody guesses at what a test keeps."""

from accounts.passwords.hashers import Argon2Hasher


class CheapHasher(Argon2Hasher):
    time_cost = 1
    memory_cost = 8
