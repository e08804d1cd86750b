"""Finds the program that was installed with this package."""

import importlib.metadata
import shutil
from pathlib import Path


def find() -> str:
    """The path of the program: that of this installation, else the one that a shell would find.

    Where an installer puts programs differs (virtual environments, --user, --target, Windows), and whoever asks may be
    a Python elsewhere: cfn-lint has often an environment of its own. The list of installed files tells.
    """
    site = Path(__file__).resolve().parents[1]
    for distribution in importlib.metadata.distributions(name="privatelint", path=[str(site)]):
        for file in distribution.files or []:
            if file.name in ("privatelint", "privatelint.exe"):
                program = Path(distribution.locate_file(file)).resolve()
                if program.is_file():
                    return str(program)
    program = shutil.which("privatelint")
    if program is None:
        raise FileNotFoundError("the program `privatelint` is neither installed beside this package nor on the PATH")
    return program
