"""How real machines and images stand behind moto's records: around a method of moto's, one of ours."""

from collections.abc import Callable
from typing import Any


def before(owner: type, name: str, hook: Callable[..., None]) -> None:
    """Let ``hook`` run before a method, with the same arguments."""
    original = getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        hook(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, name, method)


def after(owner: type, name: str, hook: Callable[..., None]) -> None:
    """Let ``hook`` run after a method, with the same arguments."""
    original = getattr(owner, name)

    def method(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        hook(*args, **kwargs)
        return result

    setattr(owner, name, method)
