"""Runs privatelint on the template that cfn-lint looks at, and hands over what it finds.

cfn-lint reads this file by its path, perhaps in an environment without the package: it imports nothing of it.
"""

from __future__ import annotations

import json
import runpy
import subprocess
from pathlib import Path

from cfnlint.rules import CloudFormationLintRule, RuleMatch

HERE = Path(__file__).resolve().parent

#: A file with each rule's number, and the number of the rule that runs the program.
NUMBERS = HERE.parent / "numbers.txt"
RUNNER = 9500

#: The letters of cfn-lint by our severities. What is only possible is one severity lower, and a configuration may set
#: another, so a rule has one number and three letters.
LETTERS = {"error": "E", "warning": "W", "info": "I"}


def _program() -> str:
    return runpy.run_path(str(HERE.parents[1] / "_binary.py"))["find"]()


def _run(*arguments: str) -> tuple[subprocess.CompletedProcess, dict | list | None]:
    done = subprocess.run([_program(), *arguments], capture_output=True, check=False)
    try:
        return done, json.loads(done.stdout)
    except ValueError:
        return done, None


def _numbers() -> dict[str, int]:
    """The number of each rule."""
    numbers = {}
    for line in NUMBERS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            number, name = line.split()[:2]
            numbers[name] = int(number)
    return numbers


def _message(finding: dict) -> str:
    parts = [finding["message"]]
    if finding.get("when"):
        parts.append(f" ({finding['when']})")
    if finding.get("help"):
        parts.append(f"; help: {finding['help']}")
    parts.append(f" [{finding['rule']}]")
    return "".join(parts)


def _location(finding: dict) -> tuple[int, int, int, int]:
    """From lines and columns that start with 1 to those of cfn-lint, which start with 0."""
    return tuple(finding[name] - 1 for name in ("line", "column", "end_line", "end_column"))


class PrivatelintRule(CloudFormationLintRule):
    """A rule of privatelint in one severity; it only lends its id, so that it can be ignored and listed."""

    source_url = ""
    tags = ["privatelint", "network"]


class PrivatelintRunner(PrivatelintRule):
    """The rule that runs the program and reports for all others."""

    id = f"E{RUNNER}"
    shortdesc = "privatelint runs"
    description = "Runs privatelint; what it finds has ids of its own, and ignoring this one ignores nothing"

    def match(self, cfn):
        # A template that came through a pipe has been read already, and without its text there are no places.
        if not cfn.filename:
            return []
        done, report = _run(
            "check", "--format", "json", "--quiet", "--color", "never", "--templates-only", "--", cfn.filename
        )
        if report is None:
            told = done.stderr.decode("utf-8", "replace").strip()
            raise RuntimeError(f"privatelint ended with {done.returncode}: {told}")
        return [self._match(finding) for finding in report["findings"]]

    def _match(self, finding: dict) -> RuleMatch:
        # cfn-lint has read what is wrong in the text differently if it comes this far; it is not silent all the same.
        rule = RULES.get((finding["rule"], LETTERS[finding["severity"]]), self)
        # Ignores in the metadata of a resource are found by this path.
        path = ["Resources", finding["owner"]] if finding.get("owner") else []
        return RuleMatch(path, _message(finding), rule=rule, location=_location(finding))


def _rules() -> dict[tuple[str, str], PrivatelintRule]:
    numbers = _numbers()
    _, listed = _run("rules", "--format", "json")
    rules = {}
    for rule in listed or []:
        for letter in LETTERS.values():
            # cfn-lint makes an object of each class that it finds among the names of this module.
            name = f"Privatelint{letter}{numbers[rule['name']]}"
            globals()[name] = type(
                name,
                (PrivatelintRule,),
                {
                    "__module__": __name__,
                    "id": f"{letter}{numbers[rule['name']]}",
                    "shortdesc": rule["name"],
                    "description": rule["summary"],
                    "source_url": rule["url"],
                },
            )
            rules[rule["name"], letter] = globals()[name]()
    return rules


RULES = _rules()
