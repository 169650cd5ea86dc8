"""The rules of differentiation, and what they give for a cell: reverse mode, forward mode, through time."""

from derivations.calculus.derivation import Derivation, Step, derive
from derivations.calculus.forward import forward
from derivations.calculus.reverse import Reverse, reverse
from derivations.calculus.rules import RULES, Rule

__all__ = ["RULES", "Derivation", "Reverse", "Rule", "Step", "derive", "forward", "reverse"]
