"""The parser of documents lies beside the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path
