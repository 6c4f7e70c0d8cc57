"""The simulated vendors as a child that does not outlive its parent; arguments as `simulator` takes them."""

import os
import sys
import threading

from assets.dbt_process import end_with
from simulator.__main__ import main

if __name__ == "__main__":
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    sys.exit(main(sys.argv[1:]))
