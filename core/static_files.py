"""Where the files of pages are: by names that change with what is in them."""

from functools import lru_cache

from whitenoise.storage import CompressedManifestStaticFilesStorage

MOST_FILES = 1_000


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A page names some fifty of them, which are the same for as long as the program runs."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.url = lru_cache(MOST_FILES)(super().url)
