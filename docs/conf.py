"""Sphinx configuration. Built strictly in CI: sphinx-build -W --keep-going -n docs docs/_build."""

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "gateproof"
author = copyright = "The gateproof authors"
release = version = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "_program"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"gateproof {release}"
html_show_copyright = False

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"

# The inventories of other projects are on the network, and the build has none: names of these projects stay plain text.
OTHERS = "np|numpy|npt|sp|sympy|hypothesis|st|lark|pathlib|collections|typing|types|enum|fractions|decimal|datetime|os|re"
BARE = "Any|Callable|Iterable|Iterator|Mapping|Sequence|Path|Protocol|Literal|Enum|Fraction|Expr|NDArray|ndarray|SearchStrategy"
BARE += r"|DType|DTypeLike|ModuleType|Array|Sizes|numeric\.checks\.mutants\.Mutant"
BUILT_IN = "str|int|float|bool|bytes|object|tuple|list|dict|set|frozenset|None|Exception|ValueError|TypeError|KeyError|AssertionError"
nitpick_ignore_regex = [(r"py:.*", rf"({OTHERS})\..*"), (r"py:.*", f"({BARE}|{BUILT_IN})")]
