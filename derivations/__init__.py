"""Equations in, derivation out: gradients of recurrent cells, derived step by step and proved."""
