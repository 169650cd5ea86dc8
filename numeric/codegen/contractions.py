"""Products that sum over an index as NumPy text: matrix products where possible, broadcasting where nothing is summed.

Values with time have the axes of time and batch in front (only batch in a step), other values have none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from numeric.codegen.expressions import ATOM, PRODUCT, Written, bracketed


@dataclass(frozen=True, slots=True)
class Factor:
    """An operand: its text, its index letters, and whether it has time."""

    written: Written
    letters: str
    timed: bool

    @property
    def atom(self) -> str:
        """The text, ready for an index or an attribute."""
        return bracketed(self.written)

    @property
    def turned(self) -> Factor:
        """The transposed matrix."""
        return replace(self, written=(f"{self.atom}.{'mT' if self.timed else 'T'}", ATOM), letters=self.letters[::-1])

    def with_axis(self, letter: str, place: int) -> str:
        """The text of the matrix or of the transposed one, whichever has the axis of ``letter`` at a place."""
        return self.atom if self.letters[place] == letter else self.turned.atom

    def along(self, result: str) -> str:
        """The text with an axis for every letter of the result."""
        if self.letters == result or (self.letters == result[-1:] and not self.timed):
            return self.atom
        if self.letters == result[::-1]:
            return self.turned.atom
        axes = ", ".join(":" if letter in self.letters else "None" for letter in result)
        return f"{self.atom}[{'..., ' * self.timed}{axes}]"


def product_text(left: Factor, right: Factor, result: str) -> Written:
    """A product with one value for each entry of time and batch, if an operand has time."""
    shared = set(left.letters) & set(right.letters)
    gone = shared - set(result)
    if not gone:
        return f"{left.along(result)} * {right.along(result)}", PRODUCT
    if gone == shared and len(gone) == 1 and len(left.letters + right.letters) > 2:
        return _matrix_product(left, right, result, gone.pop())
    if not result and len(left.letters) == 1 and left.timed != right.timed:
        left, right = (left, right) if left.timed else (right, left)
        return f"{bracketed(left.written, PRODUCT)} @ {right.atom}", PRODUCT
    if left.letters == right.letters and left.letters == result + left.letters[-1]:
        return f"np.vecdot({left.written[0]}, {right.written[0]})", ATOM
    lead = "..." * (left.timed or right.timed)
    spec = f"{'...' * left.timed}{left.letters},{'...' * right.timed}{right.letters}->{lead}{result}"
    return f'np.einsum("{spec}", {left.written[0]}, {right.written[0]})', ATOM


def _matrix_product(left: Factor, right: Factor, result: str, gone: str) -> Written:
    """A product over one index, with the rows of the result first."""
    free = (left.letters + right.letters).replace(gone, "")
    if len(free) == 2 and result != free:
        left, right = right, left
    matrix, vector = (left, right) if len(left.letters) == 2 else (right, left)
    if len(vector.letters) == 2:
        return f"{left.with_axis(gone, 1)} @ {right.with_axis(gone, 0)}", PRODUCT
    if matrix.letters[1] == gone:
        return (
            (f"({matrix.atom} @ {vector.atom}[..., None])[..., 0]", ATOM) if vector.timed else (f"{matrix.atom} @ {vector.atom}", PRODUCT)
        )
    if vector.timed:
        return f"({vector.atom}[..., None, :] @ {matrix.atom})[..., 0, :]", ATOM
    return f"{vector.atom} @ {matrix.atom}", PRODUCT


def total_text(left: Factor, right: Factor, result: str) -> Written:
    """A product summed over time and batch, both of which both operands have."""
    if not result:
        return f"np.vdot({left.written[0]}, {right.written[0]})", ATOM
    shared = set(left.letters) & set(right.letters)
    if not shared:
        left, right = (left, right) if result == left.letters + right.letters else (right, left)
        return f"rows({left.written[0]}).T @ rows({right.written[0]})", PRODUCT
    free = "".join(letter for letter in left.letters + right.letters if letter not in shared)
    if shared & set(result) or set(free) != set(result):
        return f'np.einsum("yz{left.letters},yz{right.letters}->{result}", {left.written[0]}, {right.written[0]})', ATOM
    if free != result:
        left, right = right, left
    axes = (f"({', '.join(['0', '1', *(str(2 + f.letters.index(letter)) for letter in sorted(shared))])})" for f in (left, right))
    return f"np.tensordot({left.written[0]}, {right.written[0]}, axes=({', '.join(axes)}))", ATOM
