"""The five images of stage 03: build them, and measure how much they weigh and how fast they start."""

from statistics import median

from pydantic import BaseModel, TypeAdapter
from rich.table import Table

from deploykit import base_image, cold_start, containers, reserve
from deploykit.artifacts import copy_model, load_manifest
from deploykit.catalog import CATALOG
from deploykit.files import write_atomically
from deploykit.paths import ROOT, STATE
from deploykit.shell import run

RESULTS = STATE / "images.json"


class Measured(BaseModel):
    """An image: its size and what its libraries, code and model add to the base, in MB; each start in seconds."""

    image: str
    size_mb: float
    added_mb: float
    cold_starts: list[float]


def models() -> dict[str, str]:
    """Return the services and the model that each of them serves; a lesson that starts none has no image."""
    lessons = [(notebook.path.split("/")[1], notebook) for notebook in CATALOG if notebook.stage == "02_serve"]
    services = {name: lesson for name, lesson in lessons if (ROOT / "app_src" / name / "start.sh").exists()}
    return {name: lesson.after[0].split("/")[1] for name, lesson in services.items()}


def build(service: str, model: str) -> str:
    """Build a service's image with its model and return its tag.

    Raises:
        KitError: the model was not trained yet.
        CommandError: the build failed.
    """
    version = load_manifest(model).version
    copy_model(model, service)
    tag = f"{service}:1"
    arguments = f"--build-arg SERVICE={service} --build-arg MODEL_VERSION={version}"
    run(f"docker build --force-rm {arguments} --label {reserve.OURS} --tag {tag} .", tail=0)
    return tag


def measure(image: str, *, rounds: int) -> Measured:
    """Weigh an image and start it ``rounds`` times."""
    size = containers.size(image)
    added = size - containers.size(base_image.NAME)
    return Measured(image=image, size_mb=size, added_mb=added, cold_starts=cold_start.measure(image, rounds=rounds))


def save(measured: list[Measured]) -> None:
    """Write what was measured as JSON."""
    write_atomically(RESULTS, TypeAdapter(list[Measured]).dump_json(measured, indent=1))


def table(measured: list[Measured]) -> Table:
    """Lay out what was measured."""
    rows = Table("image", title="Docker images of the services", title_justify="left")
    for heading in ("size, MB", "added to the base, MB", "cold start, s"):
        rows.add_column(heading, justify="right")
    for one in measured:
        rows.add_row(one.image, f"{one.size_mb:.0f}", f"{one.added_mb:.0f}", f"{median(one.cold_starts):.2f}")
    return rows
