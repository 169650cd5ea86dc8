"""The sources of the method; the source of the cell stands under the title."""

from __future__ import annotations

from derivations.documents.model import Rich

REFERENCES: tuple[tuple[str, Rich], ...] = (
    (
        "werbos",
        ("P. J. Werbos. Backpropagation through time: what it does and how to do it. Proceedings of the IEEE, 78(10):1550–1560, 1990.",),
    ),
    ("gw", ("A. Griewank and A. Walther. Evaluating Derivatives, 2nd edition. SIAM, 2008.",)),
    ("pascanu", ("R. Pascanu, T. Mikolov and Y. Bengio. On the difficulty of training recurrent neural networks. ICML, 2013.",)),
    (
        "squire",
        ("W. Squire and G. Trapp. Using complex variables to estimate derivatives of real functions. SIAM Review, 40(1):110–112, 1998.",),
    ),
)
