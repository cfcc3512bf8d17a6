"""Compute Engine: what its handlers in ``services`` share."""
