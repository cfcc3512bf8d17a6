"""Traffic tags: addresses that lead to one revision of a service each, whatever the shares of the traffic."""

import asyncio
import threading
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from deploykit.rehearsal.google.address import Door
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.front import ONLY, Front

KIND = "serving.tag"
_open: dict[str, "Tag"] = {}
_lock = threading.Lock()


class Tag(Door):
    """The address of one revision, while it is open.

    Attributes:
        revision: the name of the revision that answers.
    """

    def __init__(self, front: Front, revision: str, port: int):
        super().__init__(self, port)
        self._front, self.revision = front, revision

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the revision answer."""
        await self._front({**scope, ONLY: self.revision}, receive, send)


def set_tags(context: Context, front: Front, revisions: Mapping[str, str]) -> dict[str, str]:
    """Give revisions their tags, take all others of the service away, and return the addresses by the tags.

    Args:
        revisions: the revisions' names by their tags.
    """
    with _lock:
        for tag in _stored(context, front).keys() - revisions.keys():
            _remove(context, _name(front, tag))
        return {tag: f"http://127.0.0.1:{_put(context, front, tag, name)}" for tag, name in revisions.items()}


def resume(context: Context, front: Front) -> None:
    """Open the addresses again that a former server had opened."""
    set_tags(context, front, {tag: record["revision"] for tag, record in _stored(context, front).items()})


def _stored(context: Context, front: Front) -> dict[str, dict]:
    prefix = _name(front, "")
    return {name.removeprefix(prefix): record for name, record in context.store.list(KIND, prefix).items()}


def _put(context: Context, front: Front, tag: str, revision: str) -> int:
    """Let a tag's address lead to a revision, and return its port, which stays."""
    name = _name(front, tag)
    if name not in _open:
        before = context.store.get(KIND, name) or {"port": 0}
        _open[name] = Tag(front, revision, before["port"])
        asyncio.run_coroutine_threadsafe(_open[name].open(), context.loop).result()
    _open[name].revision = revision
    context.store.put(KIND, name, {"port": _open[name].port, "revision": revision})
    return _open[name].port


def _remove(context: Context, name: str) -> None:
    context.store.delete(KIND, name)
    if tag := _open.pop(name, None):
        asyncio.run_coroutine_threadsafe(tag.close(), context.loop).result()


def _name(front: Front, tag: str) -> str:
    return f"{front.service}#{tag}"
