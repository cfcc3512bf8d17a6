"""Virtual machines: Debian containers booted with systemd, behind a firewall, in which user data really runs."""

from contextlib import suppress
from dataclasses import dataclass, field

from docker.errors import NotFound
from docker.models.containers import Container

from deploykit import engine
from deploykit.errors import KitError
from deploykit.paths import CLONE_ID
from deploykit.rehearsal import disk_files, machine_image, network, registry
from deploykit.rehearsal.firewall import Rule, table
from deploykit.rehearsal.labels import LABELS

STOP_SECONDS = 20


@dataclass(frozen=True)
class Machine:
    """What is asked for.

    Attributes:
        name: unique; also the host name.
        user: the first user, who may use sudo without a password.
        user_data: what cloud-init runs at the first boot, as in the cloud (script, cloud-config, …).
        public_keys: ssh keys of the first user, in OpenSSH's format.
        rules: what the firewall lets in.
        cpus: number of virtual processors.
        memory_mib: memory in MiB.
    """

    name: str
    user: str = "admin"
    user_data: bytes = b""
    public_keys: list[str] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    cpus: int = 1
    memory_mib: int = 1024


def create(machine: Machine) -> str:
    """Create a machine, boot it, and return its public address."""
    docker = engine.client()
    name = _full_name(machine.name)
    docker.volumes.create(name, labels=LABELS)
    container = docker.containers.create(
        machine_image.ensure(),
        ["/bin/sh", disk_files.BOOT],
        name=name,
        hostname=machine.name,
        nano_cpus=min(machine.cpus, docker.info()["NCPU"]) * 10**9,
        mem_limit=f"{machine.memory_mib}m",
        network=network.ensure().name,
        volumes={name: {"bind": "/var/lib/docker"}},  # an overlay on an overlay would keep Docker from running inside
        **_like_a_machine(),
    )
    files = disk_files.cloud_init(
        machine.name, user=machine.user, user_data=machine.user_data, public_keys=machine.public_keys
    )
    files |= disk_files.system(table(machine.rules)) | disk_files.registry_forward(*registry.addresses())
    container.put_archive("/", disk_files.archive(files, disk_files.links()))
    return start(machine.name)


def start(name: str) -> str:
    """Boot a machine and return its public address, which may be another one than before, as in the cloud."""
    container = _container(name)
    container.start()
    if not network.has_routes():
        return "127.0.0.1"
    container.reload()
    return container.attrs["NetworkSettings"]["Networks"][network.NAME]["IPAddress"]


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
    container = _container(name)
    container.put_archive("/", disk_files.archive({disk_files.FIREWALL: table(rules).encode()}))
    if container.status == "running":
        status, output = container.exec_run(["iptables-restore", disk_files.FIREWALL])
        if status:
            raise KitError(f"The firewall of {name} refused its rules: {output.decode(errors='replace').strip()}")


def _container(name: str) -> Container:
    return engine.client().containers.get(_full_name(name))


def _full_name(name: str) -> str:
    return f"deploykit-{CLONE_ID}-{name}"


def _like_a_machine() -> dict:
    """Return the options by which systemd can be process 1 and Docker run inside, without a privileged container."""
    published = {} if network.has_routes() else {port: ("127.0.0.1", port) for port in network.PUBLISHED_PORTS}
    return {
        "labels": LABELS,
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
