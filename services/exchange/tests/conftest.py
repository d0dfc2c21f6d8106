"""What the exchange's tests stand on; helpers are in the `exchange_*.py` files beside this one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode has no folders on the path
