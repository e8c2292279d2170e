"""Claims that others make, recomputed and judged."""

from __future__ import annotations

from thirdwatt.audit.claims import Claim, read
from thirdwatt.audit.judge import Judgement, Verdict, audit

__all__ = ["Claim", "Judgement", "Verdict", "audit", "read"]
