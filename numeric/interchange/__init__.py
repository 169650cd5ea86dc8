"""Weights of libraries: layouts as data, one converter that reads them, and the files that hold them."""

from numeric.interchange.convert import Converted, from_library, to_library
from numeric.interchange.layout import Layout, find_layout, layouts
from numeric.interchange.modules import read_params, write_params

__all__ = ["Converted", "Layout", "find_layout", "from_library", "layouts", "read_params", "to_library", "write_params"]
