"""Validates templates with the engine of cloudformation-validate that has all of its rules. It has no command of its own."""

import sys

from cloudformation_validate import CompositeEngine

engine = CompositeEngine()
found = 0
for path in sys.argv[1:]:
    try:
        found += len(engine.validate_template(path).diagnostics)
    except Exception as error:  # what one template does must not keep the others from being measured
        print(f"{path}: {error}", file=sys.stderr)
print(found)
