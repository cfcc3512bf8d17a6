"""EC2: every instance that moto records is a machine that runs, and every security group is a packet filter."""

import threading
from typing import Any

from docker.errors import DockerException
from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance, InstanceBackend, Reservation
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.responses.general import General
from moto.ec2.utils import filter_dict_attribute_mapping

from deploykit.errors import KitError
from deploykit.rehearsal import disk_files, machines, registry
from deploykit.rehearsal.aws import hooks
from deploykit.rehearsal.firewall import Rule

CONSOLE_BYTES = 64 * 1024
"""EC2 keeps the last 64 KB of an instance's console."""

PENDING_SECONDS = 0.2
"""The machine runs when run-instances answers, but its state says "pending", as in the cloud, for so long."""


def install() -> None:
    """Put machines behind moto's instances."""
    filter_dict_attribute_mapping["client-token"] = "client_token"
    InstanceBackend.run_instances = _run_instances(InstanceBackend.run_instances)
    hooks.after(Instance, "start", _power_on)
    hooks.after(Instance, "stop", lambda instance: machines.stop(instance.id))
    hooks.after(Instance, "terminate", lambda instance: machines.remove(instance.id))
    hooks.after(Instance, "reboot", _reboot)
    Instance.public_dns_name = property(lambda instance: instance.public_ip)  # a name that resolves without a DNS
    General.get_console_output = _get_console_output
    for change in ("authorize_security_group_ingress", "revoke_security_group_ingress", "modify_security_group_rules"):
        hooks.after(SecurityGroupBackend, change, _filter_again)
    hooks.after(InstanceBackend, "modify_instance_security_groups", _filter_again)


def rules(instance: Instance) -> list[Rule]:
    """Return what an instance's security groups let in from ranges of addresses."""
    return [
        Rule(rule.ip_protocol, None if rule.from_port is None else (rule.from_port, rule.to_port), rule.cidr_ipv4)
        for group in instance.security_groups
        for rule in group.ingress_rules
        if rule.cidr_ipv4
    ]


def _run_instances(original: Any) -> Any:
    def run_instances(backend: Any, *args: Any, client_token: str, **kwargs: Any) -> Reservation:
        for reservation in backend.reservations.values():
            if any(instance.client_token == client_token for instance in reservation.instances):
                return reservation  # the same request again, as EC2 sees it
        reservation = original(backend, *args, client_token=client_token, **kwargs)
        try:
            for instance in reservation.instances:
                _boot(instance)
        except (DockerException, KitError) as error:
            for instance in reservation.instances:
                instance.terminate()
            raise EC2ClientError("InsufficientInstanceCapacity", f"The machine did not boot: {error}") from None
        return reservation

    return run_instances


def _boot(instance: Instance) -> None:
    hardware = INSTANCE_TYPES[instance.instance_type]
    machine = machines.Machine(
        name=instance.id,
        provider="aws",
        files=_disk(instance),
        links=disk_files.registry_link(),
        rules=rules(instance),
        cpus=hardware["VCpuInfo"]["DefaultVCpus"],
        memory_mib=hardware["MemoryInfo"]["SizeInMiB"],
    )
    instance.nics[0].public_ip = machines.create(machine)
    instance._state.name, instance._state.code = "pending", 0
    threading.Timer(PENDING_SECONDS, _be_running, [instance]).start()


def _disk(instance: Instance) -> dict[str, bytes]:
    keys = instance.ec2_backend.key_pairs
    cloud_init = disk_files.cloud_init(
        instance.id,
        user="admin",
        user_data=instance.user_data.decode().encode() if instance.user_data else b"",
        public_keys=[keys[instance.key_name].public_key.strip()] if instance.key_name else [],
    )
    return cloud_init | disk_files.registry_forward(*registry.addresses())


def _be_running(instance: Instance) -> None:
    if instance.state == "pending":
        instance._state.name, instance._state.code = "running", 16


def _power_on(instance: Instance) -> None:
    instance.nics[0].public_ip = machines.start(instance.id)
    machines.set_rules(instance.id, rules(instance))


def _reboot(instance: Instance) -> None:
    machines.stop(instance.id)
    _power_on(instance)


def _filter_again(backend: Any, *_args: Any, **_kwargs: Any) -> None:
    for instance in backend.all_instances():
        if instance.state != "terminated":
            machines.set_rules(instance.id, rules(instance))


def _get_console_output(response: General) -> ActionResult:
    instance = response.ec2_backend.get_instance(response._get_param("InstanceId"))
    output = "" if instance.state == "terminated" else machines.console(instance.id)[-CONSOLE_BYTES:]
    encoded = Base64EncodedString.from_raw_string(output)
    return ActionResult({"InstanceId": instance.id, "Timestamp": utcnow(), "Output": encoded})
