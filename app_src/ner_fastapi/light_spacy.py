"""spaCy without its command line: ``import spacy`` would load that, too, and every cold start would wait for it."""

import sys
from types import ModuleType

UNUSED = ("spacy.cli", "spacy.cli.info")

for name in UNUSED:
    sys.modules[name] = ModuleType(name)
sys.modules["spacy.cli.info"].info = None  # all that spaCy takes from there

import spacy  # noqa: E402

for name in UNUSED:
    del sys.modules[name]  # whoever wants the real ones gets them

__all__ = ["spacy"]
