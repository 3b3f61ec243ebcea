"""Which column of a file of leads, or of accounts, holds what: by header, and by content where the two disagree."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from scoring.match.folding import fold

Role = Literal[
    "email", "company", "website", "domains", "phone", "city", "country", "parent", "type", "open opportunity", "last activity",
]  # fmt: skip
_LEADS: Final[Mapping[Role, str]] = {
    "email": "email|e mail|mail|email address|work email|business email|e mail address|courriel|correo",
    "phone": "phone|mobile|telefon|telephone|tel|cell|phone number|business phone|mobile phone|telefono|handy",
    "website": "website|web|url|homepage|domain|company website|company domain|web site|company url|webseite",
    "company": "company|company name|organisation|organization|account|account name|employer|firma|unternehmen|entreprise|"
    "empresa|bedrijf|foretag|firm|business|business name|societe",
    "city": "city|town|ort|stadt|ville|ciudad|cidade|stad|miasto|mailing city|billing city|business city|company city",
    "country": "country|land|pays|pais|kraj|country region|mailing country|billing country|country code|country name",
}
_ACCOUNTS: Final[Mapping[Role, str]] = {
    **{role: names for role, names in _LEADS.items() if role not in ("email", "website")},
    "company": _LEADS["company"] + "|name|company legal name",
    "website": "website|web|url|homepage|company website|web site|company url|webseite",
    "domains": "domain|domains|company domain|company domain name|email domain|email domains|mail domain|web domain",
    "parent": "parent|parent id|parent account|parent account id|parentid|parent company id|parent company|ultimate parent id",
    "type": "type|account type|customer type|lifecycle stage|company type",
    "open opportunity": "open opportunity|open opportunities|open opp|open opps|has open opportunity|open deal|open deals|"
    "number of open opportunities|num open deals",
    "last activity": "last activity|last activity date|lastactivitydate|last activity at|last modified date of activity",
}
_SAMPLE: Final = 2_000
_HOST: Final = re.compile(r"^(?:[a-z]+://)?[\w-]+(?:\.[\w-]+)+(?:[/;,?].*)?$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"^[+(]?[\d\s()./+-]{6,}(?:\s*(?:x|ext).*)?$", re.IGNORECASE)


def recognise_leads(columns: Mapping[str, Sequence[str]]) -> dict[str, Role]:
    """Header to role, for the columns that are used; of two for one role the first."""
    return _recognise(columns, _LEADS)


def recognise_accounts(columns: Mapping[str, Sequence[str]]) -> dict[str, Role]:
    return _recognise(columns, _ACCOUNTS)


def _recognise(columns: Mapping[str, Sequence[str]], names: Mapping[Role, str]) -> dict[str, Role]:
    said = {header: role for header in columns if (role := _by_header(header, names))}
    found: dict[str, Role] = {}
    freed: dict[Role, Role] = {}
    for header, role in said.items():
        seen = _by_content(columns[header], names)
        if seen and _unlike(role, seen):
            found[header], freed[seen] = seen, role
        elif not _belies(role, columns[header]):
            found[header] = role
    for header, values in columns.items():
        if header in found:
            continue
        if header in said:  # two columns changed places: each is what the other's header says
            found.update({header: freed[said[header]]} if said[header] in freed else {})
        elif (role := _by_content(values, names)) and role not in found.values():
            found[header] = role
    return _one_each(found)


def _by_header(header: str, names: Mapping[Role, str]) -> Role | None:
    words = fold(header.replace("_", " "))
    return next((role for role, known in names.items() if words in known.split("|")), None)


def _unlike(role: Role, seen: Role) -> bool:
    return {role, seen} != {"website", "domains"} and role != seen


def _by_content(values: Sequence[str], names: Mapping[Role, str]) -> Role | None:
    """What only such values look like; a date or an amount is no phone."""
    filled = [value for value in values[:_SAMPLE] if value.strip()]
    if not filled:
        return None
    if "email" in names and _most(filled, lambda value: "@" in value and "." in value):
        return "email"
    if _most(filled, lambda value: bool(_HOST.match(value)) and not value.replace(".", "").isdigit()):
        return "website"
    return "phone" if _most(filled, _is_phone) else None


def _is_phone(value: str) -> bool:
    digits = sum(sign.isdigit() for sign in value)
    return bool(_NUMBER.match(value)) and 8 <= digits <= 16 and not re.match(r"^\d{4}-\d\d-\d\d", value)


def _belies(role: Role, values: Sequence[str]) -> bool:
    """Whether a column plainly does not hold what its header says: no address with an @, no number with a digit."""
    filled = [value for value in values[:_SAMPLE] if value.strip()]
    if not filled or role not in ("email", "phone", "website", "domains"):
        return False
    sign: Callable[[str], bool] = {
        "email": lambda value: "@" in value,
        "phone": lambda value: any(map(str.isdigit, value)),
    }.get(role, lambda value: "." in value)
    return sum(map(sign, filled)) < 0.05 * len(filled)


def _most(values: Sequence[str], holds: Callable[[str], bool]) -> bool:
    return sum(map(holds, values)) > 0.8 * len(values)


def _one_each(found: Mapping[str, Role]) -> dict[str, Role]:
    """Several columns of phones, of websites or of names would be one value too many: the first of each."""
    first: dict[Role, str] = {}
    for header, role in found.items():
        first.setdefault(role, header)
    return {header: role for role, header in first.items()}
