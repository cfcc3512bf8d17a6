"""Who is measured: a service, its ceiling, the tutorial's version of it, each as a command that serves HTTP."""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.calls import CALLS, PAGE, Call
from benchmarks.results import FOLDER
from deploykit import artifacts, images
from deploykit.artifacts import load_manifest
from deploykit.paths import MODELS, ROOT
from deploykit.pretrained import YOLOV4_TINY
from deploykit.shell import run

SERVICES = ROOT / "app_src"
NAIVE = Path(__file__).parent / "naive"
CONSTANT = Path(__file__).parent / "constant"
OURS, CEILING, MODEL, TUTORIAL = "this kit", "constant answer", "model alone", "tutorial"
PIPELINE = FOLDER / "heart.joblib"
WORKERS = 2
"""How many processes predict, ours and the others', on however many processors: as many as start.sh makes by itself."""

CONSTANTS = {
    "iris_flask": ("flask_app.py", "app.py"),
    "heart_function": ("function.py", "main.py"),
    "ner_fastapi": ("fastapi_app.py", "app.py"),
    "yolo_flask": ("flask_app.py", "app.py"),
    PAGE: ("streamlit_app.py", "app.py"),
}
"""Which file answers the constant, and under which name the service's own server looks for it."""


@dataclass(frozen=True)
class Contender:
    """One server and the request that it is asked.

    Attributes:
        command: its words; ``{port}`` stands for the port, which is also in ``$PORT``.
        ready: a path that answers once it serves.
    """

    service: str
    kind: str
    command: list[str]
    call: Call
    cwd: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    ready: str = "/"


def ours(service: str) -> Contender:
    """Return the service as it is deployed: its own start.sh, with the model of stage 01.

    Raises:
        KitError: the model was not trained yet.
    """
    call = CALLS.get(service, Call("/"))
    env = {"MODEL_DIR": str(model_of(service)), "WORKERS": str(WORKERS)}
    return Contender(service, OURS, ["sh", "start.sh"], call, cwd=SERVICES / service, env=env, ready="/health/ready")


def model_of(service: str) -> Path:
    """Return the folder of the model that a service serves.

    Raises:
        KitError: it was not trained yet, or it was changed since.
    """
    name = images.models()[service]
    load_manifest(name)
    return artifacts.MODELS / name


def constant(service: str, answer: bytes) -> Contender:
    """Return the service's own server, started by the same start.sh, around an application that knows one answer."""
    folder = FOLDER / "constant" / service
    folder.mkdir(parents=True, exist_ok=True)
    source, name = CONSTANTS[service]
    shutil.copy(CONSTANT / source, folder / name)
    for file in ("start.sh", "wsgi.py", "worker.py", ".streamlit/config.toml"):
        if (SERVICES / service / file).exists():
            (folder / file).parent.mkdir(exist_ok=True)
            shutil.copy(SERVICES / service / file, folder / file)
    (folder / "answer").write_bytes(answer)
    env = {"ANSWER": str(folder / "answer"), "WORKERS": str(WORKERS)}
    call = CALLS.get(service, Call("/"))
    return Contender(service, CEILING, ["sh", "start.sh"], call, cwd=folder, env=env)


def tutorial(service: str) -> Contender:
    """Return the service as its tutorial starts it; NER in two processes, YOLO in one, the others as they come."""
    call = CALLS.get(service, Call("/"))
    command, env = {
        "iris_flask": _iris,
        "heart_function": _heart,
        "ner_fastapi": _ner,
        "yolo_flask": _yolo,
        PAGE: _page,
    }[service]()
    return Contender(service, TUTORIAL, command, call, cwd=NAIVE, env=env)


def _iris() -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "iris_flask.py"], {"MODEL": str(MODELS / "iris.joblib")}


def train_pipeline() -> None:
    """Train the tutorial's own model of the heart, unless it is there."""
    if not PIPELINE.exists():
        PIPELINE.parent.mkdir(parents=True, exist_ok=True)
        run([sys.executable, str(NAIVE / "train_heart.py"), str(PIPELINE)], quiet=True)


def _heart() -> tuple[list[str], dict[str, str]]:
    train_pipeline()
    options = "--source heart_function.py --target predict_handler --host 127.0.0.1 --port {port}"
    return ["functions-framework", *options.split()], {"MODEL": str(PIPELINE)}


def _ner() -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-m", "uvicorn", "ner_fastapi:app", "--port", "{port}", "--workers", "2"], {}


def _yolo() -> tuple[list[str], dict[str, str]]:
    env = {"NETWORK": str(ROOT / "data" / "yolov4-tiny"), "WEIGHTS": str(YOLOV4_TINY.fetch())}
    return ["gunicorn", "--bind", "127.0.0.1:{port}", "--no-control-socket", "yolo_flask:app"], env


def _page() -> tuple[list[str], dict[str, str]]:
    options = "--server.port {port} --server.headless true --browser.gatherUsageStats false"
    return ["streamlit", "run", "iris_streamlit.py", *options.split()], {"MODEL": str(MODELS / "iris.joblib")}
