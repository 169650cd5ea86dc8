"""Verification of many cells: work handed out to processes or a cluster, results kept by content."""

from numeric.campaign.job import Job, jobs_of
from numeric.campaign.store import Store, default_folder
from numeric.campaign.workers import Workers, hand_out

__all__ = ["Job", "Store", "Workers", "default_folder", "hand_out", "jobs_of"]
