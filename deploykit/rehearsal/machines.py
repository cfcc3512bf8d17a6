"""Virtual machines: Debian containers booted with systemd, behind a firewall, in which user data really runs."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from docker.errors import APIError, NotFound
from docker.models.containers import Container

from deploykit import engine
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import disk_files, labels, machine_image, network
from deploykit.rehearsal.firewall import Rule, table

STOP_SECONDS = 20
GONE_OR_STOPPED = (404, 409)


@dataclass(frozen=True)
class Machine:
    """What is asked for.

    Attributes:
        name: unique.
        provider: whose machine it is, "aws" or "google".
        files: what its disk has beside Debian when it boots first, by absolute path.
        links: symbolic links on its disk, to what they point at.
        hostname: what it calls itself, if not its name.
        hosts: further names that it knows, with their addresses.
        rules: what the firewall lets in.
        cpus: number of virtual processors.
        memory_mib: memory in MiB.
    """

    name: str
    provider: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    cpus: int = 1
    memory_mib: int = 1024


def create(machine: Machine) -> str:
    """Create a machine, boot it, and return its public address."""
    docker = engine.client()
    name = _full_name(machine.name)
    docker.volumes.create(name, labels=labels.of(machine.provider))
    container = docker.containers.create(
        machine_image.ensure(),
        ["/bin/sh", disk_files.BOOT],
        name=name,
        hostname=machine.hostname or machine.name,
        extra_hosts=dict(machine.hosts),
        nano_cpus=min(machine.cpus, docker.info()["NCPU"]) * 10**9,
        mem_limit=f"{machine.memory_mib}m",
        network=network.ensure().name,
        volumes={name: {"bind": "/var/lib/docker"}},  # an overlay on an overlay would keep Docker from running inside
        labels=labels.of(machine.provider),
        **_like_a_machine(),
    )
    files = {**machine.files, **disk_files.system(table(machine.rules))}
    container.put_archive("/", disk_files.archive(files, {**machine.links, **disk_files.masked()}))
    return start(machine.name)


def start(name: str) -> str:
    """Boot a machine and return its public address, which may be another one than before, as in the cloud."""
    _container(name).start()
    return address(name)


def address(name: str) -> str:
    """Return the public address of a machine; "" when it does not run, or is being removed."""
    try:
        attributes = _container(name).attrs
    except NotFound:
        return ""
    if not network.has_routes():
        return "127.0.0.1" if attributes["State"]["Running"] else ""
    return attributes["NetworkSettings"]["Networks"][network.NAME]["IPAddress"]


def is_running(name: str) -> bool | None:
    """Tell whether a machine runs; None when there is none."""
    try:
        return _container(name).status == "running"
    except NotFound:
        return None


def reset(name: str) -> str:
    """Switch a machine off and on again, without telling it, and return its public address."""
    _container(name).kill()
    return start(name)


def stop(name: str) -> None:
    """Shut a machine down; its disk stays."""
    _container(name).stop(timeout=STOP_SECONDS)


def remove(name: str) -> None:
    """Remove a machine with its disk; one that is gone already is fine."""
    with suppress(NotFound):
        _container(name).remove(force=True)
    with suppress(NotFound):
        engine.client().volumes.get(_full_name(name)).remove()


def console(name: str) -> str:
    """Return what the machine has written to its console since it was created."""
    return _container(name).logs().decode(errors="replace").replace("\r", "")


def set_rules(name: str, rules: list[Rule]) -> None:
    """Replace the firewall's rules, at once if the machine runs and for its next boot."""
    change_files(name, {disk_files.FIREWALL: table(rules).encode()}, then=["iptables-restore", disk_files.FIREWALL])


def change_files(name: str, files: Mapping[str, bytes], *, then: list[str]) -> None:
    """Replace files on a machine's disk and, if it runs, run a command there that reads them.

    A machine that is removed meanwhile needs neither, and one that is shut down reads them at its next boot.

    Raises:
        KitError: the command failed.
    """
    try:
        container = _container(name)
        container.put_archive("/", disk_files.archive(files))
        status, output = container.exec_run(then) if container.status == "running" else (0, b"")
    except APIError as error:
        if error.status_code not in GONE_OR_STOPPED:
            raise
        return
    if status:
        raise KitError(f"On {name} {then[0]} refused its new files: {output.decode(errors='replace').strip()}")


def _container(name: str) -> Container:
    return engine.client().containers.get(_full_name(name))


def _full_name(name: str) -> str:
    return f"deploykit-{CLONE_ID}-{name}"


def _like_a_machine() -> dict:
    """Return the options by which systemd can be process 1 and Docker run inside, without a privileged container."""
    published = {} if network.has_routes() else {port: ("127.0.0.1", port) for port in network.PUBLISHED_PORTS}
    return {
        "cap_add": ["SYS_ADMIN", "NET_ADMIN"],
        "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
        "cgroupns": "private",
        "tmpfs": {"/run": "", "/run/lock": ""},
        "environment": {"container": "docker"},
        "sysctls": {"net.ipv4.ip_forward": "1"},  # Docker inside needs it, and could not set it
        "tty": True,  # the console: what is written there is the container's log
        "stop_signal": "SIGRTMIN+3",  # tells systemd to power off
        "ports": published,
    }
