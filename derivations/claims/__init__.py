"""What textbooks say of recurrent cells, as exact statements with a verdict each."""

from derivations.claims.claim import FOLDER, Claim, read_claim, read_folder
from derivations.claims.judging import ARGUMENTS, Argument, Judgement, judge

__all__ = ["ARGUMENTS", "FOLDER", "Argument", "Claim", "Judgement", "judge", "read_claim", "read_folder"]
