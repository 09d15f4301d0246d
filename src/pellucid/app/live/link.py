"""The settings of a lesson as part of the URL, and back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from pellucid.errors import BadInput
from pellucid.learn import Settings

WORDS = ("model", "optimizer", "schedule")
WHOLE = ("batch_size", "epochs", "seed")
NUMBERS = ("learning_rate", "momentum")


def settings_of(query: Mapping[str, str]) -> Settings:
    """Settings from a query; what it does not name follows the rules of `pellucid train`.

    Raises:
        BadInput: a value that cannot be.

    >>> settings_of({"model": "mlp", "hidden": "30-10", "learning_rate": "0.01"}).hidden
    (30, 10)
    """
    told: dict[str, object] = {name: query[name] for name in WORDS if name in query}
    told |= {name: _number(int, name, query[name]) for name in WHOLE if name in query}
    told |= {name: _number(float, name, query[name]) for name in NUMBERS if name in query}
    if query.get("hidden"):
        told["hidden"] = [_number(int, "hidden", width) for width in query["hidden"].split("-")]
    found = Settings.of({"model": "linear", **told}, "address")
    if found.model == "auto":
        raise BadInput("The address asks for the model auto: name linear, mlp or cnn, of which one is watched.")
    return found


def _number(kind: type[int] | type[float], name: str, said: str) -> int | float:
    try:
        return kind(said)
    except ValueError:
        raise BadInput(f"The address sets {name} to {said!r}, and a number is needed.") from None


def query_of(settings: Settings) -> str:
    """The query that leads back to these settings; only what was told.

    >>> query_of(Settings(model="mlp", hidden=(30, 10), learning_rate=0.01))
    'model=mlp&hidden=30-10&learning_rate=0.01'
    """
    told = settings.told()
    if "hidden" in told:
        told["hidden"] = "-".join(map(str, told["hidden"]))
    return urlencode({name: told[name] for name in ("model", "hidden", *WORDS[1:], *NUMBERS, *WHOLE) if name in told})
