"""How unruly the sandbox's webhooks are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Chaos:
    """Read at every delivery, so a change counts at once. All chance is drawn from one seeded generator."""

    repeat: float = 0.0
    """Probability that a delivered request is sent once more."""
    reorder_seconds: float = 0.0
    """Each group of events waits a random time up to this before it may leave."""
    regroup: bool = False
    """Whether a retry may be cut and joined with other events; otherwise it is the same batch again."""
    max_batch: int = 0
    """Most events in a request; 0 is the vendor's own number."""
    concurrency: int = 0
    """Requests in flight per target; 0 is the vendor's own number. Counts for targets made afterwards."""
    retry_scale: float = 1.0
    """Factor on the vendor's waits between attempts."""
    max_attempts: int = 0
    """Attempts before an event is given up; 0 is the vendor's own number."""

    def change(self, knobs: Mapping[str, Any]) -> None:
        """Turns the named knobs, all or none.

        Raises:
            ValueError: there is no such knob, or the value has the wrong type.
        """
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in knobs.items():
            if name not in known:
                raise ValueError(f"There is no chaos knob {name}; there are {', '.join(known)}.")
            if type(value) is not known[name] and not (known[name] is float and type(value) is int):
                raise ValueError(f"Chaos knob {name} must be of type {known[name].__name__}.")
            if value < 0:
                raise ValueError(f"Chaos knob {name} must not be negative.")
        for name, value in knobs.items():
            setattr(self, name, known[name](value))

    def document(self) -> dict[str, Any]:
        return asdict(self)
