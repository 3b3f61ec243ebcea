"""What a sandbox portal is like: its ids, its app, its limits. Changed through the control API."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final
from zoneinfo import available_timezones

ALL_SCOPES: Final = (
    "oauth crm.objects.contacts.read crm.objects.contacts.write crm.objects.companies.read crm.objects.companies.write "
    "crm.objects.deals.read crm.objects.deals.write crm.objects.leads.read crm.objects.leads.write crm.objects.owners.read "
    "crm.schemas.contacts.read crm.schemas.contacts.write crm.schemas.companies.read crm.schemas.companies.write "
    "crm.schemas.deals.read crm.schemas.deals.write crm.lists.read crm.lists.write automation forms "
    "settings.users.read settings.users.teams.read crm.schemas.custom.read"
)

_ACCOUNT_TYPES: Final = ("STANDARD", "DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER")


@dataclass(slots=True)
class HubSpotSettings:
    """Read at every call, so a change counts at once."""

    portal_id: int = 145_883_001
    app_id: int = 14_947_001
    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - a sandbox's, known to all
    developer_key: str = "sandbox-developer-key"
    """The `hapikey` of the app's webhook settings."""
    account_type: str = "DEVELOPER_TEST"
    """STANDARD, DEVELOPER_TEST, SANDBOX or APP_DEVELOPER."""
    time_zone: str = "UTC"
    """An IANA name. The day of the daily limit ends at its midnight."""
    scopes: str = ALL_SCOPES
    """Blank-separated scopes of tokens that are not granted by OAuth."""
    unavailable: str = ""
    """Blank-separated scopes that the portal's plan lacks: an app that requires one cannot be installed."""
    archived_owners: bool = True
    """Whether a record may be given to an owner who left. What a real portal does is not known."""
    limits: bool = True
    burst: int = 190
    """Calls in any 10 s."""
    daily: int = 1_000_000
    search_per_second: int = 5
    search_lag_ms: int = 5_000
    """How long search does not see a change."""
    search_window: int = 10_000
    """Results of one query that can be paged through."""
    token_seconds: int = 1_800
    """Life of an OAuth access token."""

    def change(self, settings: Mapping[str, Any]) -> None:
        """Sets the named settings, all or none.

        Raises:
            ValueError: there is no such setting, or the value has the wrong type.
        """
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in settings.items():
            if name not in known:
                raise ValueError(f"HubSpot has no setting {name}; there are {', '.join(known)}.")
            if type(value) is not known[name]:
                raise ValueError(f"Setting {name} must be of type {known[name].__name__}.")
        _check(settings)
        for name, value in settings.items():
            setattr(self, name, value)

    def document(self) -> dict[str, Any]:
        return asdict(self)


def _check(settings: Mapping[str, Any]) -> None:
    kind, zone = settings.get("account_type", "STANDARD"), settings.get("time_zone", "UTC")
    if kind not in _ACCOUNT_TYPES:
        raise ValueError(f"account_type must be one of {', '.join(_ACCOUNT_TYPES)}.")
    if zone != "UTC" and zone not in available_timezones():
        raise ValueError(f"There is no time zone {zone}; use an IANA name such as Europe/Dublin.")
