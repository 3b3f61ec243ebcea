"""Country of a phone number, by its calling code and number plan."""

from functools import lru_cache

import phonenumbers


@lru_cache(maxsize=4096)
def country_of_phone(phone: str) -> str | None:
    """ISO 3166-1 alpha-2 of a number written internationally (`+49 …`, `0049 …`); None where it does not tell.

    A national number is not guessed at: the same digits are valid in many countries.
    """
    try:
        number = phonenumbers.parse(_international(phone), None)
    except phonenumbers.NumberParseException:
        return None
    region: str | None = phonenumbers.region_code_for_number(number)
    return region if region and region.isalpha() else None  # `001` stands for satellites and free-phone numbers


def _international(phone: str) -> str:
    stripped = phone.strip()
    return f"+{stripped[2:]}" if stripped.startswith("00") else stripped
