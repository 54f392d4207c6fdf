#!/usr/bin/env python3
"""docs/reference/ is what the program says of itself."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.exit(subprocess.run([sys.executable, ROOT / "tools" / "gen_docs.py", "--check"], check=False).returncode)
