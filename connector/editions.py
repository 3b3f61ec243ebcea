"""Which code and which time-zone data decide here: the same facts and policy give the same packet under the same edition."""

import zoneinfo
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def edition() -> str:
    """`0.1.0 tz 2025b`: Leadline's version, and that of the IANA data by which working hours are counted."""
    return f"{_code_version()} tz {zone_data_version()}"


def _code_version() -> str:
    try:
        return version("leadline")
    except PackageNotFoundError:
        return "unpackaged"


def zone_data_version() -> str:
    """Of the data that `zoneinfo` reads: the system's where it has one, else the package tzdata's."""
    for folder in zoneinfo.TZPATH:
        if (said := _first_line(Path(folder) / "tzdata.zi")).startswith("# version "):
            return said.removeprefix("# version ")
        if Path(folder).is_dir():
            return "unknown"
    return str(import_module("tzdata").IANA_VERSION)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""
