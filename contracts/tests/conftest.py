"""Puts the package itself and the tests' own helpers within reach of these tests."""

import importlib
import sys
from pathlib import Path

# In importlib mode pytest calls this file `contracts.tests.conftest`, after its path, and makes an empty `contracts` to
# hold it. The package of that name has to take its place.
if getattr(sys.modules.get("contracts"), "__file__", None) is None:
    sys.modules.pop("contracts", None)
    importlib.import_module("contracts")

sys.path.insert(0, str(Path(__file__).parent))
