"""Create ``.venv`` from ``requirements.lock`` and go on inside it.

Standard library only, and readable by any Python from 3.8 on: this runs before anything is installed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STATE = ROOT / ".deploykit"
STAMP = "deploykit.stamp"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PYTHON_VERSION = "3.11"


def enter_environment(package: str = "deploykit") -> None:
    """Make the environment agree with the lock, then replace this process by the same command inside it.

    The command is ``python -m`` and the package's name.
    With ``DEPLOYKIT_ENVIRONMENT=active``, which environment.yml sets, the active (conda) environment is used.
    """
    if os.environ.get("DEPLOYKIT_ENVIRONMENT") == "active":
        _install_kit(Path(sys.executable), Path(sys.prefix))
        return
    python = VENV / SCRIPTS / ("python.exe" if os.name == "nt" else "python")
    try:
        if _stamp(VENV) != _wanted():
            _create(python)
    except KeyboardInterrupt:
        sys.exit("Setting up the environment was interrupted.\n→ Type the same again: it goes on from there.")
    if Path(sys.prefix).resolve() != VENV.resolve():
        _continue_in(python, package)


def _create(python: Path) -> None:
    uv = _uv()
    print(
        f"Setting up .venv: Python {PYTHON_VERSION} and the packages of requirements.lock (about a minute, once)",
        flush=True,
    )
    if not python.exists():
        _call([uv, "venv", "--quiet", "--clear", "--python", PYTHON_VERSION, str(VENV)])
    _call([uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", "--compile-bytecode", str(LOCK)])
    _install_kit(python, VENV, uv)


def _install_kit(python: Path, prefix: Path, uv: str = "") -> None:
    """Make ``import deploykit`` work in every kernel of the environment, from any folder."""
    if _stamp(prefix) == _wanted():
        return
    installer = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    _call([*installer, "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    (prefix / STAMP).write_text(_wanted(), encoding="utf-8")


def _uv() -> str:
    """Return uv: the one on PATH, or one of our own, installed with the lock's version and hashes."""
    found = shutil.which("uv")
    if found:
        return found
    os.environ.setdefault("UV_CACHE_DIR", str(STATE / "cache" / "uv"))
    home = STATE / "uv"
    program = home / SCRIPTS / ("uv.exe" if os.name == "nt" else "uv")
    if not program.exists():
        print("Installing uv, which sets up the environment, into .deploykit/uv", flush=True)
        _create_venv(home)
        pins = home / "requirements.txt"
        pins.write_text(_pins_of("uv"), encoding="utf-8")
        pip = [str(home / SCRIPTS / "python"), "-m", "pip", "install"]
        _call([*pip, "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement", str(pins)])
    return str(program)


def _create_venv(home: Path) -> None:
    """Create a plain virtual environment; Debian keeps the module for it in a package of its own."""
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], stdout=subprocess.DEVNULL).returncode == 0:
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    sys.exit(
        f"Python's venv module does not work here.\n→ On Debian or Ubuntu: apt-get install {package}. Then try again."
    )


def _pins_of(package: str) -> str:
    """Cut one package with its hashes out of the lock."""
    block = re.search(rf"^{package}==.*\n(?:[ \t]+.*\n?)*", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if block is None:
        sys.exit(f"requirements.lock does not pin {package}.\n→ Type: git checkout requirements.lock")
    return block.group()


def _wanted() -> str:
    """Return the fingerprint of what the environment is made from."""
    content = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return hashlib.sha256(content).hexdigest()


def _stamp(prefix: Path) -> str:
    file = prefix / STAMP
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _call(command: "list[str]") -> None:
    # A company's own certificate authority is in the system's store, which uv reads only when told to.
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    if subprocess.run(command, env=environment, cwd=ROOT).returncode:
        sys.exit(
            f"Setting up the environment failed at: {' '.join(command)}\n"
            "→ Look at the message above. Is there a network, and room on the disk? "
            f"Without Python {PYTHON_VERSION}, install it first."
        )


def _continue_in(python: Path, package: str) -> None:
    command = [str(python), "-m", package, *sys.argv[1:]]
    if os.name == "nt":  # Windows has no exec that keeps the console
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], command)
