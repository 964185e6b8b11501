"""Reads a dashboard into Grafana's own model of dashboards and panels, and says what of it the model does not know."""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(written, known, path=""):
    """What stands in `written` and not in `known`."""
    if isinstance(written, dict):
        for key, value in written.items():
            if isinstance(known, dict) and key in known:
                yield from lost(value, known[key], f"{path}.{key}")
            elif value not in (None, [], {}, ""):
                yield f"{path}.{key} = {value!r}"
    elif isinstance(written, list):
        if not isinstance(known, list) or len(written) != len(known):
            yield f"{path} = {written!r}, not {known!r}"
        else:
            for place, (one, other) in enumerate(zip(written, known)):
                yield from lost(one, other, f"{path}[{place}]")
    elif written != known:
        yield f"{path} = {written!r}, not {known!r}"


with open(sys.argv[1], encoding="utf-8") as file:
    written = json.load(file)
register_default_plugins()
known = json.loads(json.dumps(Dashboard.from_json(written), cls=JSONEncoder))
unknown = list(lost(written, known))
for line in unknown:
    print(line)
if unknown:
    sys.exit(f"Grafana does not know {len(unknown)} of these fields")
print("Grafana knows every field")
