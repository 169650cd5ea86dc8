"""The directive `program`: runs a command while the documentation is built, and shows the command and what it prints.

A command that fails makes the build fail.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Program(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = False
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        command = self.arguments[0]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        env = os.environ | {"PATH": path, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "PYTHONUTF8": "1"}
        done = subprocess.run(command, shell=True, env=env, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)
        if done.returncode:
            raise self.error(f"{command}: exit code {done.returncode}\n{done.stderr}")
        lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
        text = "\n".join([f"$ {command}", *lines])
        return [nodes.literal_block(text, text, language="console")]


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("program", Program)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
