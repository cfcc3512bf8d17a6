"""Services: revisions of containers behind a public address of this computer, which stays when they change.

Every product that runs containers (Cloud Run, Cloud Functions, App Engine) uses this. ``service`` is a name that is
unique over all of them, such as "run/europe-west1/ner-app". What is known of a service stands in the store; a
restarted server opens the addresses again and takes the containers over that still run.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from deploykit.rehearsal.google import instances, tags, watcher
from deploykit.rehearsal.google.address import Address
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.front import Front
from deploykit.rehearsal.google.instances import Instance
from deploykit.rehearsal.google.pool import Pool
from deploykit.rehearsal.google.revision import Revision
from deploykit.rehearsal.google.service_logs import ServiceLog
from deploykit.rehearsal.google.start_errors import StartFailed

__all__ = [
    "Revision", "allow", "application", "delete", "deploy", "is_public_port", "logs", "remove_revision", "resume",
    "set_tags", "set_traffic", "start_revision", "stop_revision", "url",
]  # fmt: skip

KIND = "serving"
DEPLOYMENT = (
    "Starting new instance. Reason: DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting between revisions "
    "due to deployment, traffic split adjustment, or deployment health check."
)
_addresses: dict[str, Address] = {}
_lock = threading.Lock()


def deploy(context: Context, service: str, revision: Revision) -> None:
    """Start a revision's first instance and wait until it listens; :func:`set_traffic` then leads requests to it.

    Raises:
        StartFailed: it did not start; the service stays as it was.
        KeyError: the service was deleted meanwhile.
    """
    front = _front(context, service)
    front.log.write(revision.name, text=DEPLOYMENT, system=True)
    try:
        revision = instances.with_digest(revision)
        instance = instances.start(service, revision, threading.Event())
    except StartFailed as error:
        front.log.failed_start(revision.name, error)
        raise
    with _removed_on_error(instance):
        started = f"STARTUP probe succeeded after 1 attempt for container on port {revision.port}."
        front.log.write(revision.name, instance=instance.name, text=started, system=True)
        if application(service) is not front:
            raise KeyError(service)
        with context.store.change(KIND, service) as record:
            record["revisions"][revision.name] = asdict(revision)
        # Two deployments at once may have started the same revision: both instances are its own.
        pool = front.pools.setdefault(revision.name, Pool(service, revision, front.log))
        context.loop.call_soon_threadsafe(pool.add, instance)


def set_traffic(context: Context, service: str, shares: Mapping[str, int]) -> None:
    """Say how many of 100 requests each revision gets."""
    front = _front(context, service)
    with context.store.change(KIND, service) as record:
        record["shares"] = front.shares = dict(shares)


def set_tags(context: Context, service: str, revisions: Mapping[str, str]) -> dict[str, str]:
    """Give each tag an address that leads to its revision alone; return the addresses by the tags."""
    return tags.set_tags(context, _front(context, service), revisions)


def url(context: Context, service: str) -> str:
    """Return a service's address, which stays; it may be asked for before there is a revision."""
    _front(context, service)
    return f"http://127.0.0.1:{_addresses[service].port}"


def allow(context: Context, service: str, everybody: bool) -> None:
    """Let everybody call a service, or only those who show an identity token."""
    front = _front(context, service)
    with context.store.change(KIND, service) as record:
        record["everybody"] = front.everybody = everybody


def logs(context: Context, service: str, *, limit: int, since: str = "") -> list[dict]:
    """Return the newest entries of a service's log first; :meth:`ServiceLog.read` says what is in them."""
    return ServiceLog(context, service).read(limit=limit, since=since)


def remove_revision(context: Context, service: str, name: str) -> None:
    """Remove a revision with its instances."""
    front = _front(context, service)
    with context.store.change(KIND, service) as record:
        record["revisions"].pop(name, None)
    if pool := front.pools.pop(name, None):
        _on_loop(context, pool.close())


def stop_revision(context: Context, service: str, name: str) -> None:
    """End a revision's instances, and start none until :func:`start_revision`."""
    _stop(context, service, _front(context, service).pools[name])


def start_revision(context: Context, service: str, name: str) -> None:
    """Let a stopped revision run again, and wait for its first instance.

    Raises:
        StartFailed: it did not start, and is stopped as before.
    """
    pool = _front(context, service).pools[name]
    with context.store.change(KIND, service) as record:
        record["stopped"] = [other for other in record["stopped"] if other != name]
    pool.stopped.clear()
    try:
        instance = instances.start(service, pool.revision, pool.stopped)
    except BaseException:
        _stop(context, service, pool)  # else its instances would be started again every second
        raise
    context.loop.call_soon_threadsafe(pool.add, instance)


def delete(context: Context, service: str, *, keep_log: bool = False) -> None:
    """Remove a service with its instances, address and log; one that is gone is fine."""
    with _lock:
        address = _addresses.pop(service, None)
    if address:
        tags.set_tags(context, address.front, {})
        _on_loop(context, address.close())
    _remove_containers(service)
    if not keep_log:
        ServiceLog(context, service).delete()
    context.store.delete(KIND, service)


def resume(context: Context) -> None:
    """Open the addresses of the services that a former server knew, and take over what still runs of them."""
    known = context.store.list(KIND)
    for service in instances.services() - set(known):
        _remove_containers(service)
    for service, record in known.items():
        front = _front(context, service)
        front.shares, front.everybody = record["shares"], record["everybody"]
        for name, values in record["revisions"].items():
            pool = front.pools[name] = Pool(service, Revision(**values), front.log)
            if name in record["stopped"]:
                pool.stopped.set()
        tags.resume(context, front)
        _take_over(context, front)

    def tell(*end: str) -> None:
        context.loop.call_soon_threadsafe(_lose, *end)

    watcher.start(tell, connected=lambda: _tell_what_ended(tell))


def application(service: str) -> Front | None:
    """Return what answers at a service's address, for another address that leads to it."""
    address = _addresses.get(service)
    return address.front if address else None


def is_public_port(port: int) -> bool:
    """Tell whether a port of this computer is the address of a service."""
    return any(address.port == port for address in list(_addresses.values()))


def _stop(context: Context, service: str, pool: Pool) -> None:
    with context.store.change(KIND, service) as record:
        record["stopped"] = sorted({*record["stopped"], pool.revision.name})
    _on_loop(context, pool.close())


def _front(context: Context, service: str) -> Front:
    """Return what answers at a service's address; open the address if it is not."""
    with _lock:
        if service not in _addresses:
            record = context.store.get(KIND, service) or {
                "revisions": {},
                "shares": {},
                "everybody": False,
                "stopped": [],
            }
            address = Address(Front(context, service), record.get("port", 0))
            context.store.put(KIND, service, {**record, "port": address.port})
            _on_loop(context, address.open())
            _addresses[service] = address
        return _addresses[service].front


def _take_over(context: Context, front: Front) -> None:
    for name, containers in instances.find(front.service).items():
        for container in containers:
            pool = front.pools.get(name)
            if pool and container.status == "running" and not pool.stopped.is_set():
                context.loop.call_soon_threadsafe(pool.add, instances.running(container, pool.revision))
            else:
                front.log.keep_output(name, instances.short(container.id), instances.output(container.id))
                instances.remove(container.id)


def _lose(service: str, revision: str, container_id: str, what: str) -> None:
    address = _addresses.get(service)
    pool = address.front.pools.get(revision) if address else None
    if pool:
        pool.lose(container_id, what)


def _tell_what_ended(tell: watcher.Told) -> None:
    """Tell of all instances that ended, also while nobody listened to the engine."""
    for service, address in list(_addresses.items()):
        missing = _believed(address.front)  # before we look: what starts meanwhile is not missing
        for revision, containers in instances.find(service).items():
            for container in containers:
                missing.pop(container.id, None)
                if what := instances.end_of(container):
                    tell(service, revision, container.id, what)
        for container_id, revision in missing.items():
            tell(service, revision, container_id, instances.KILLED)


def _believed(front: Front) -> dict[str, str]:
    """Return the revisions of the instances that are believed to run, by their containers."""
    pools = list(front.pools.items())
    return {instance.id: revision for revision, pool in pools for instance in list(pool.instances)}


def _remove_containers(service: str) -> None:
    for containers in instances.find(service).values():
        for container in containers:
            instances.remove(container.id)


@contextmanager
def _removed_on_error(instance: Instance) -> Iterator[None]:
    try:
        yield
    except BaseException:
        instances.remove(instance.id)
        raise


def _on_loop(context: Context, work: Coroutine[Any, Any, None]) -> None:
    asyncio.run_coroutine_threadsafe(work, context.loop).result()
