"""One module for each product of Google's."""

import importlib
import pkgutil


def load() -> None:
    """Import every product, which registers its handlers."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
