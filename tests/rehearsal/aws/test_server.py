"""What the aws command sees of the machines: one test for each place where moto was given something real."""

from collections.abc import Iterator

import pytest

from deploykit import rehearsal
from deploykit.shell import run
from tests.rehearsal.conftest import container, leftovers, text

pytestmark = pytest.mark.needs("docker")

RUN = "aws ec2 run-instances --image-id {image} --instance-type {type} --client-token {token} --output text "
DESCRIBE = "aws ec2 describe-instances --filters Name=client-token,Values={token} --output text --query "
STATE = "Reservations[].Instances[].State.Name"
ADDRESS = "Reservations[].Instances[].PublicIpAddress"
DEBIAN = "aws ec2 describe-images --owners 136693071363 --filters Name=name,Values=debian-12-amd64-*"


@pytest.fixture
def image(aws_environment: rehearsal.aws.Cloud) -> str:
    """Return the newest Debian 12, found as in the cloud."""
    return text(f"{DEBIAN} --query sort_by(Images,&CreationDate)[-1].ImageId --output text")


@pytest.fixture
def instance(image: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Run an instance, whose client token is the test's name, and return its id."""
    command = RUN.format(image=image, type="t3.nano", token=request.node.name[:60])
    found = text(f"{command} --query Instances[0].InstanceId")
    yield found
    run(f"aws ec2 terminate-instances --instance-ids {found}", quiet=True)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"image": "ami-00000000000000000"}, "InvalidAMIID.NotFound"),
        ({"type": "t3.mirco"}, "InvalidInstanceType"),
        ({"more": "--key-name unknown"}, "InvalidKeyPair.NotFound"),
        ({"more": "--security-group-ids sg-00000000000000000"}, "InvalidGroup.NotFound"),
    ],
)
def test_what_does_not_exist_is_refused(image: str, options: dict[str, str], code: str) -> None:
    asked = {"image": image, "type": "t3.nano", "token": "refused", "more": "", **options}
    result = run((RUN + "{more}").format(**asked), quiet=True, check=False)
    assert code in result.output


def test_the_same_request_again_is_the_same_instance(instance: str, image: str, request: pytest.FixtureRequest) -> None:
    token = request.node.name
    again = RUN.format(image=image, type="t3.nano", token=token)
    assert text(f"{again} --query Instances[0].InstanceId") == instance
    assert text(DESCRIBE.format(token=token) + "Reservations[].Instances[].InstanceId") == instance
    assert container(instance).status == "running"


def test_an_instance_is_pending_at_first_and_then_runs_under_an_address_of_its_own(
    aws_environment: rehearsal.aws.Cloud, image: str
) -> None:
    command = RUN.format(image=image, type="t3.nano", token="pending")
    instance, state = text(f"{command} --query Instances[0].[InstanceId,State.Name]").split()
    try:
        assert state == "pending"
        run(f"aws ec2 wait instance-running --instance-ids {instance}", quiet=True, timeout=10)
        assert text(DESCRIBE.format(token="pending") + ADDRESS).startswith(aws_environment.my_address.rsplit(".", 1)[0])
    finally:
        run(f"aws ec2 terminate-instances --instance-ids {instance}", quiet=True)
    assert text(DESCRIBE.format(token="pending") + STATE) == "terminated"
    assert not [volume for volume in leftovers()["volumes"] if instance in volume.name]


def test_stopping_and_starting_an_instance_stops_and_starts_its_machine(
    instance: str, request: pytest.FixtureRequest
) -> None:
    describe = DESCRIBE.format(token=request.node.name[:60])
    run(f"aws ec2 stop-instances --instance-ids {instance}", quiet=True)
    assert (text(describe + STATE), container(instance).status) == ("stopped", "exited")
    run(f"aws ec2 start-instances --instance-ids {instance}", quiet=True)
    assert (text(describe + STATE), container(instance).status) == ("running", "running")
    run(f"aws ec2 reboot-instances --instance-ids {instance}", quiet=True)
    assert container(instance).status == "running"


def test_the_console_is_the_machines_own(instance: str) -> None:
    console = text(f"aws ec2 get-console-output --instance-id {instance} --output text")
    assert "systemd" in console
    assert "2.6.16-xenU" not in console  # moto's canned one


def test_a_changed_security_group_reaches_the_machines_that_are_in_it(instance: str) -> None:
    group = text("aws ec2 create-security-group --group-name changed --description d --query GroupId --output text")
    try:
        run(f"aws ec2 modify-instance-attribute --instance-id {instance} --groups {group}", quiet=True)
        change = f"security-group-ingress --group-id {group} --protocol tcp --port 8080 --cidr 198.18.0.0/15"
        run(f"aws ec2 authorize-{change}", quiet=True)
        assert "-s 198.18.0.0/15 -i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT" in _filter(instance)
        run(f"aws ec2 revoke-{change}", quiet=True)
        assert "8080" not in _filter(instance)
    finally:
        run(f"aws ec2 terminate-instances --instance-ids {instance}", quiet=True)
        run(f"aws ec2 delete-security-group --group-id {group}", quiet=True)


def test_a_repository_with_images_is_deleted_by_force_alone(
    aws_environment: rehearsal.aws.Cloud, tiny_image: str
) -> None:
    create = "aws ecr create-repository --repository-name lesson --query repository.repositoryUri --output text"
    uri = text(create)
    assert uri == f"{aws_environment.registry}/lesson"
    password = text("aws ecr get-login-password")
    run(f"docker logout {aws_environment.registry}", quiet=True)  # another test may have logged in
    run(f"docker tag {tiny_image} {uri}:1", quiet=True)
    assert run(f"docker push {uri}:1", quiet=True, check=False).returncode != 0
    run(f"docker login --username AWS --password-stdin {aws_environment.registry}", stdin=password, quiet=True)
    run(f"docker push {uri}:1", quiet=True)
    assert text("aws ecr list-images --repository-name lesson --query imageIds[].imageTag --output text") == "1"
    delete = "aws ecr delete-repository --repository-name lesson"
    assert "RepositoryNotEmptyException" in run(delete, quiet=True, check=False).output
    run(f"{delete} --force", quiet=True)
    assert text(create) == uri
    assert text("aws ecr list-images --repository-name lesson --query imageIds --output text") == ""
    run(delete, quiet=True)


def _filter(instance: str) -> str:
    return container(instance).exec_run(["iptables-save", "-t", "mangle"]).output.decode()
