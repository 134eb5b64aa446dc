"""Data plans: what was bought, which cycle runs, how much of it is left.

Pure: a function of plan, measured bytes and the instant asked. `model` says what a
plan is, `cycles` where its time begins and ends, `standing` how it stands, `facts`
writes that for programs.
"""

from monitor.plans.model import Calibration, Plan, Validity
from monitor.plans.standing import PlanStatus, standing

__all__ = ["Calibration", "Plan", "PlanStatus", "Validity", "standing"]
