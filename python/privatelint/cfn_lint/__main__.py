"""Prints the folder of rules: `cfn-lint --append-rules "$(python -m privatelint.cfn_lint)"`."""

from . import RULES

print(RULES)
