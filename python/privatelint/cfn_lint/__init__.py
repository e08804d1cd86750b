"""Rules of privatelint for `cfn-lint --append-rules`."""

from pathlib import Path

#: The folder to append.
RULES = Path(__file__).resolve().parent / "rules"
