"""The one import of a notebook's setup cell: moves the kernel to the repository's root and offers what every lesson uses."""

import os
import sys

from deploykit.paths import ROOT
from deploykit.shell import run

__all__ = ["ROOT", "run"]

# Papermill, nbval and JupyterLab start kernels in different folders; lessons name files from the root.
os.chdir(ROOT)

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
