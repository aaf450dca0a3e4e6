"""What every Python that a test starts does first: see kaiwa_network_guard and kaiwa_log_guard.

Python imports it by this name from PYTHONPATH, where tests/guarding.py puts this folder. Its two
neighbours have names that no library has, since they can be imported from anywhere then.
"""

from importlib import import_module

import_module("kaiwa_network_guard").watch()
import_module("kaiwa_log_guard").write_down()
