"""The environment of every kernel that the kit starts: for the chain, refresh, nbval and JupyterLab alike."""

import json

from deploykit.files import write_atomically
from deploykit.paths import CACHE, STATE

HOME = STATE / "jupyter"
CELL_SECONDS = 900
"""How long one cell may run; a kernel that hangs is ended then."""
CLOUD_CELL_SECONDS = 3600
"""In the cloud a deployment takes up to ten minutes, and an idle instance goes after fifteen."""

CONFIGURATION = {
    # ipykernel warns on every start that it listens on TCP, which on loopback is what it should do.
    HOME / "ipython/profile_default/ipython_kernel_config.py": 'get_config().IPKernelApp.log_level = "ERROR"\n',
    # JupyterLab would ask at its first start whether it may fetch news.
    HOME / "config/labconfig/page_config.json": json.dumps(
        {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    ),
    # Files that a cell writes have lines of up to 120 characters; on a small screen they would be cut off.
    HOME / "config/labconfig/default_setting_overrides.json": json.dumps(
        {"@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineWrap": True}}}
    ),
}


def environment() -> dict[str, str]:
    """Return the variables to add, and write the configuration that they point to.

    With them Jupyter, IPython and matplotlib write nothing into the home directory, and outputs are alike everywhere.
    """
    for file, content in CONFIGURATION.items():
        if not file.exists():
            write_atomically(file, content.encode())
    return {
        "JUPYTER_CONFIG_DIR": str(HOME / "config"),
        "JUPYTER_DATA_DIR": str(HOME / "data"),
        "JUPYTER_RUNTIME_DIR": str(HOME / "runtime"),
        "IPYTHONDIR": str(HOME / "ipython"),
        "MPLCONFIGDIR": str(CACHE / "matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TQDM_DISABLE": "1",
        # Our matrices are small: more threads only get into each other's way, and change the last digits.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would report to its makers, and leave a folder in the home
    }
