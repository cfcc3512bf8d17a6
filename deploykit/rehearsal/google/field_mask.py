"""Field masks: which fields of a resource a request means to change, such as "labels,service_config.available_cpu"."""

import re

UNDERSCORE = re.compile(r"_([a-z])")


def paths(mask: str) -> list[str]:
    """Return the paths of a mask as JSON names the fields; gcloud writes them as the protocol's definition does."""
    return [UNDERSCORE.sub(lambda found: found[1].upper(), path) for path in mask.split(",") if path]


def changed(old: dict, new: dict, masked: list[str]) -> dict:
    """Return the old resource with the masked fields of the new one; a field that the new one lacks is removed."""
    for path in masked:
        first, _, rest = path.partition(".")
        if rest:
            old = {**old, first: changed(old.get(first) or {}, new.get(first) or {}, [rest])}
        else:
            kept = {name: value for name, value in old.items() if name != first}
            old = kept | {name: new[name] for name in (first,) if name in new}
    return old
