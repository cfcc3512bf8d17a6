"""MLflow's model server, BentoML and LitServe, each in an environment of its own, serving the kit's models."""

import base64
import os
from pathlib import Path

from benchmarks.calls import CALLS, Call
from benchmarks.contenders import PIPELINE, Contender, train_pipeline
from benchmarks.results import FOLDER
from deploykit.bootstrap import SCRIPTS
from deploykit.errors import KitError
from deploykit.paths import MODELS, STATE
from deploykit.shell import run

HERE = Path(__file__).parent / "others"
MLFLOW, BENTOML, LITSERVE = "MLflow", "BentoML", "LitServe"
SERVERS = (MLFLOW, BENTOML, LITSERVE)
TWO_WORKERS_ON = "--host 127.0.0.1 --port {port} --workers 2"
NO_REPORTS = {"MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": str(FOLDER / "bento")}


def environment(server: str) -> Path:
    """Return the folder of a server's programs; install it there from its pins, with their hashes, if it is missing.

    Raises:
        KitError: it cannot be installed.
    """
    home = STATE / "others" / server.lower()
    pins = HERE / f"{server.lower()}.txt"
    stamp = home / "pins.txt"
    if not stamp.exists() or stamp.read_bytes() != pins.read_bytes():
        print(f"Installing {server} into {home.relative_to(STATE.parent)}")
        certificates = {"UV_SYSTEM_CERTS": os.environ.get("UV_SYSTEM_CERTS", "1")}
        options = ["--quiet", "--require-hashes", "--compile-bytecode"]
        run(["uv", "venv", "--quiet", "--clear", "--python", "3.11", home], quiet=True)
        python = home / SCRIPTS / "python"
        run(["uv", "pip", "sync", "--python", python, *options, pins], env=certificates, quiet=True)
        stamp.write_bytes(pins.read_bytes())
    return home / SCRIPTS


def contenders(service: str, servers: list[str]) -> list[Contender]:
    """Return the servers that serve a service's model.

    MLflow serves here what the tutorials' readers have: a scikit-learn model, so it takes no part where there is none.
    """
    found = [_mlflow(service)] if MLFLOW in servers and service in ("iris_flask", "heart_function") else []
    return found + [_generic(service, server) for server in (BENTOML, LITSERVE) if server in servers]


def installed() -> tuple[list[str], list[str]]:
    """Return the servers that are there, and a line for each that cannot be installed."""
    there, missing = [], []
    for server in SERVERS:
        try:
            environment(server)
            there.append(server)
        except KitError as error:
            missing.append(f"{server} is left out, because it cannot be installed: {error.message.splitlines()[0]}")
    return there, missing


def _mlflow(service: str) -> Contender:
    programs, call = environment(MLFLOW), CALLS[service]
    model, folder = MODELS / "iris.joblib", FOLDER / "mlflow" / service
    sent = {"inputs": [call.value]}
    if service == "heart_function":
        train_pipeline()
        model, sent = PIPELINE, {"dataframe_records": [call.value]}
    run(["rm", "-rf", folder], quiet=True)
    run([programs / "python", HERE / "mlflow_save.py", model, folder], env=NO_REPORTS, quiet=True)
    command = [f"{programs}/mlflow", "models", "serve", "--model-uri", f"{folder}", "--env-manager", "local"]
    return _contender(service, MLFLOW, [*command, *TWO_WORKERS_ON.split()], Call("/invocations", sent), ready="/ping")


def _generic(service: str, server: str) -> Contender:
    programs, call = environment(server), CALLS[service]
    sent = {"payload": base64.b64encode(call.body).decode() if call.file else call.value}
    command = {
        BENTOML: [f"{programs}/bentoml", "serve", "bentoml_service:Service", "--host", "127.0.0.1", "--port", "{port}"],
        LITSERVE: [f"{programs}/python", "litserve_server.py"],
    }[server]
    return _contender(service, server, command, Call("/predict", sent, slowness=call.slowness), ready="/docs")


def _contender(service: str, server: str, command: list[str], call: Call, *, ready: str) -> Contender:
    """Let a server find its own programs before the kit's, share the processors, and report to nobody."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join([str(environment(server)), os.environ["PATH"]])
    env = NO_REPORTS | threads | {"SERVICE": service}
    return Contender(service, server, ["env", f"PATH={path}", *command], call, cwd=HERE, env=env, ready=ready)
