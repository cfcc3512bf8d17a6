"""What the notebooks import: thin, visible helpers around the vendors' own tools.

This module imports nothing, so that ``python -m deploykit`` can run before the environment exists.
"""
