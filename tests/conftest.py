"""What all tests share: a day on which ages are counted, so that a price does not grow old between two runs."""

from __future__ import annotations

import os

os.environ["SOURCE_DATE_EPOCH"] = "1795478400"  # 2026-11-24
