"""From a cell to code: the schedule, and one printer for each target."""

from numeric.codegen.files import CELLS, check, write_all
from numeric.codegen.schedule import Schedule, schedule
from numeric.codegen.targets import TARGETS, generate

__all__ = ["CELLS", "TARGETS", "Schedule", "check", "generate", "schedule", "write_all"]
