"""How the Dockerfile builds: with both builders, quickly after a change of code, from no more than it needs."""

import re
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from deploykit import containers, engine
from deploykit.paths import CLONE_ID, ROOT
from deploykit.shell import CommandError, run
from tests.contract import heart_function
from tests.contract.cases import Service
from tests.contract.container import build, rebuild

VERSION = f"{CLONE_ID}-build"
LIBRARIES, CODE = "RUN /venv/bin/pip install", "COPY app_src/"


@pytest.fixture(params=[heart_function.SERVICE], ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    """Give the service that builds fastest."""
    return request.param


@pytest.fixture
def context(service: Service, trained, builder: dict[str, str], tmp_path: Path) -> Path:
    """Build the image once with one of the builders, and give the folder that it was built from."""
    return build(service.name, trained.directory, tmp_path / "context", version=VERSION, env=builder).context


@pytest.mark.needs("docker")
def test_change_of_code_leaves_the_libraries_in_the_cache(context: Path, service: Service, builder: dict[str, str]):
    main = context / "app_src" / service.name / "main.py"
    main.write_text(main.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    again = rebuild(service.name, context, version=VERSION, env=builder)
    steps = came_from_cache(again.build.output)
    assert [cached for step, cached in steps.items() if step.startswith(LIBRARIES)] == [True]
    assert [cached for step, cached in steps.items() if step.startswith(CODE) and step.endswith("/app/")] == [False]
    assert again.run("tail", "-1", "/app/main.py") == "# changed"


def came_from_cache(output: str) -> dict[str, bool]:
    """Return each step of a build and whether it came from the cache, as either builder told it."""
    classic = re.findall(r"^Step \S+ : (.+)\n( ---> Using cache)?", output, re.MULTILINE)
    buildkit = re.findall(r"^(#\d+) \[[^]]+\] ([A-Z].+)$", output, re.MULTILINE)
    return {step: bool(cached) for step, cached in classic} | {
        step: f"\n{number} CACHED" in output for number, step in buildkit
    }


@pytest.mark.needs("docker")
def test_label_cannot_name_another_model(context: Path, service: Service, builder: dict[str, str], own_images: Path):
    arguments = f"--build-arg SERVICE={service.name} --build-arg MODEL_VERSION=another"
    with pytest.raises(CommandError, match="It stopped at: RUN test .* model/manifest.json"):
        run(f"docker build {arguments} .", cwd=context, env=builder, quiet=True)
    containers.remove_images()


@pytest.mark.needs("docker")
def test_label_says_so_when_nobody_told_the_version(context: Path, service: Service, builder: dict[str, str]):
    tag = f"contract-{service.name}:{VERSION}"
    run(f"docker build --build-arg SERVICE={service.name} --tag {tag} .", cwd=context, env=builder, quiet=True)
    assert engine.client().images.get(tag).labels["org.opencontainers.image.version"] == "unknown"


def test_only_the_services_go_to_the_engine_and_no_secret_with_them(tmp_path: Path):
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [ROOT / name for name in exclude_paths(ROOT, patterns, dockerfile="Dockerfile")]
    files = [file for file in sent if file.is_file()]
    assert {file.relative_to(ROOT).parts[0] for file in files} == {"app_src", "Dockerfile", ".dockerignore"}
    assert sum(file.stat().st_size for file in files) < 100e6


IGNORED = [".dockerignore", ".gcloudignore", "app_src/heart_function/.gcloudignore"]


def outgoing(folder: Path, ignored: str) -> set[str]:
    """Name the files that go out of a folder: Docker reads its list in its own way, gcloud as git reads one."""
    if ignored == ".dockerignore":
        return exclude_paths(folder, (ROOT / ignored).read_text(encoding="utf-8").splitlines())
    run("git init", cwd=folder, quiet=True)
    listed = run(["git", "ls-files", "--others", f"--exclude-from={ROOT / ignored}"], cwd=folder, quiet=True)
    return set(listed.text.splitlines())


@pytest.mark.parametrize("secret", [".env", "key.pem", "server.key", ".streamlit/secrets.toml"])
@pytest.mark.parametrize("ignored", IGNORED)
def test_secrets_stay_here(ignored: str, secret: str, tmp_path: Path):
    file = tmp_path / "app_src" / "iris_flask" / secret
    file.parent.mkdir(parents=True)
    file.touch()
    file.with_name("app.py").touch()
    names = {Path(name) for name in outgoing(tmp_path, ignored)}
    assert file.relative_to(tmp_path) not in names
    assert file.with_name("app.py").relative_to(tmp_path) in names
