"""Numbers, days and countries as the reader writes them; zones and countries as people type them."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from core import countries, folding, localization, time_zones

MOMENT = datetime(2026, 3, 9, 17, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "region", "day"),
    [("en", "US", "03/09/2026"), ("en-gb", "GB", "09/03/2026"), ("de", "DE", "09.03.2026")],
)
def test_each_language_has_its_country_and_its_days(language: str, region: str, day: str) -> None:
    with translation.override(language):
        assert localization.region() == region
        assert localization.day(date(2026, 3, 9)) == day
        assert localization.in_english(gettext_lazy("yes")) == "yes"
    with translation.override(None):
        assert localization.language() == "en"


def test_a_number_has_signs_between_thousands_and_a_time_its_seconds() -> None:
    assert [localization.count(each) for each in (999, 1000, 1234567)] == ["999", "1,000", "1,234,567"]
    with translation.override("en"):
        to_the_minute, exact = localization.moment(MOMENT), localization.exact(MOMENT)
    assert ":05:07" in exact
    assert ":07" not in to_the_minute


@pytest.mark.parametrize(
    ("country", "language"),
    [("US", "en"), ("GB", "en-gb"), ("AU", "en-au"), ("DE", "en-gb"), ("PH", "en"), ("XX", "en"), ("??", "en")],
)
def test_a_country_has_the_english_nearest_to_it(country: str, language: str) -> None:
    assert localization.language_of(country) == language


def test_countries_are_named_and_sorted_as_one_reads_them() -> None:
    assert localization.country("DE") == "Germany"
    assert localization.country("XX") == "XX"
    assert localization.sortable("Åland") == "aland"
    names = [name for _, name in countries.countries()]
    assert names.index("Åland Islands") < names.index("Albania")
    assert countries.names("FR,DE,AX,") == "Åland Islands, France, Germany"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("de", "DE"), ("uk", "GB"), ("USA", "US"), ("germany", "DE"), ("Bosnia and Herzegovina", "BA"),
        ("Bosnia & Herzegovina", "BA"), ("cote d’ivoire", "CI"), ("XX", ""), ("Nowhere", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_country_is_found_however_it_is_typed(typed: str, code: str) -> None:
    assert countries.find(typed) == code


def test_a_country_is_found_by_its_name_in_the_language_of_the_page_or_in_english() -> None:
    with translation.override("de"):
        assert countries.find("Deutschland") == countries.find("Germany") == "DE"
    assert countries.find("Deutschland") == ""
    assert (countries.nearest("Germny"), countries.nearest("qqqqqq")) == ("Germany", "")


@pytest.mark.parametrize(
    ("text", "are"), [("DE", True), ("DE,FR", True), ("DE,XX", False), ("", False), ("DE,", False)]
)
def test_letters_of_countries_are_told_from_names(text: str, *, are: bool) -> None:
    assert countries.are(text) is are


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"), (" europe/berlin ", "Europe/Berlin"), ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"), ("utc", "UTC"), ("Nowhere", ""), ("", ""), ("Europe/", ""),
        ("louisville", ""), ("Etc/GMT", ""),
    ],
)  # fmt: skip
def test_a_zone_is_found_by_its_city_if_only_one_has_it(typed: str, zone: str) -> None:
    assert time_zones.find(typed) == zone


def test_zones_are_offered_by_continent() -> None:
    names = time_zones.names()
    assert names[0] == "UTC"
    assert list(names[1:]) == sorted(names[1:])
    assert "US/Eastern" not in names
    assert '<option value="Europe/Berlin">' in time_zones.options()
    assert [time_zones.of_country(each) for each in ("DE", "NZ", "XX")] == ["Europe/Berlin", "Pacific/Auckland", "UTC"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë O’Hara", "zoe o'hara"), ("„Straße“", '"strasse"'), ("a\u200db", "ab"), ("IŞIK ışık", "isik isik"),
        ("+44 (0)20 7946-0018", "+442079460018"), ("1001. Berlin", "1001 berlin"), ("12. b 3", "12 b 3"),
        ("Müller—Lüdenscheidt", "muller-ludenscheidt"), ("(Sales)", "sales"),
    ],
)  # fmt: skip
def test_what_is_searched_has_one_form(text: str, folded: str) -> None:
    assert folding.fold(text) == folded


def test_a_number_with_the_prefix_of_its_country_is_looked_for_without_it() -> None:
    assert folding.words("Ada 020 7946 0018") == ["ada", "2079460018"]
    assert folding.words("012345") == ["012345"]
    assert folding.words("0123456") == ["123456"]
