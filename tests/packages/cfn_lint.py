"""Compares what cfn-lint reports with the rules of the wheel to what privatelint reports itself."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

CFN_LINT, INSTALLED, SCRATCH = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
PRIVATELINT = str(INSTALLED / "privatelint")
# cfn-lint takes a second for each.
TEMPLATES = ["testdata/example.yaml", *sorted(map(str, Path("testdata/err").iterdir())), "testdata/ok/isolated-fargate.json"]
LETTERS = {"error": "E", "warning": "W", "info": "I"}


def output(*command: str, **options) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True, **options).stdout


RULES = output(str(INSTALLED / "python"), "-m", "privatelint.cfn_lint").strip()


def cfn_lint(*arguments: str) -> list[dict]:
    """The matches of our rules."""
    told = output(CFN_LINT, "--format", "json", "--append-rules", RULES, *arguments)
    try:
        matches = json.loads(told)
    except ValueError:
        sys.exit(f"cfn-lint says:\n{told}")
    return [match for match in matches if match["Rule"]["Id"][1:3] in ("95", "96", "97", "00")]


def places(matches: list[dict]) -> list[tuple]:
    def place(match: dict) -> tuple:
        start, end = match["Location"]["Start"], match["Location"]["End"]
        ends = (start["LineNumber"], start["ColumnNumber"], end["LineNumber"], end["ColumnNumber"])
        return (match["Filename"], *ends, match["Rule"]["Id"], match["Level"])

    return sorted(map(place, matches))


def numbers() -> dict[str, str]:
    lines = Path("python/privatelint/cfn_lint/numbers.txt").read_text().splitlines()
    return {name: number for number, name in (line.split()[:2] for line in lines if not line.startswith("#"))}


def same_findings_at_the_same_places() -> None:
    levels = {"error": "Error", "warning": "Warning", "info": "Informational"}
    report = json.loads(output(PRIVATELINT, "check", "--format", "json", *TEMPLATES))
    number = numbers()
    own = sorted(
        (
            *(finding[name] for name in ("file", "line", "column", "end_line", "end_column")),
            LETTERS[finding["severity"]] + number[finding["rule"]],
            levels[finding["severity"]],
        )
        for finding in report["findings"]
    )
    assert len(own) > 15, own
    matches = cfn_lint("--include-checks", "I", "--", *TEMPLATES)
    theirs = places(matches)
    assert own == theirs, f"only ours: {set(own) - set(theirs)}; only theirs: {set(theirs) - set(own)}"
    messages = [match["Message"] for match in matches]
    for finding in report["findings"]:
        wanted = [finding["message"], f"help: {finding['help']}", f"[{finding['rule']}]"]
        assert any(all(part in message for part in wanted) for message in messages), wanted
    template = "testdata/err/wildcard-endpoint-policies.yaml"
    assert {place[-2][0] for place in places(cfn_lint("--", template))} == {"W"}, "as for its own, I is to be asked for"


def ignores_hold() -> None:
    template = "testdata/example.yaml"
    (match,) = cfn_lint("--", template)
    rule = match["Rule"]["Id"]
    assert match["Location"]["Path"] == ["Resources", "Objects"], match
    assert not cfn_lint("--ignore-checks", rule, "--", template)
    text = Path(template).read_text()
    metadata = f"  Objects:\n    Metadata: {{cfn-lint: {{config: {{ignore_checks: [{rule}]}}}}}}\n"
    ignored = SCRATCH / "ignored.yaml"
    ignored.write_text(text.replace("  Objects:\n", metadata))
    assert not cfn_lint("--", str(ignored))
    # Ignores in our own form hold too, for it is privatelint that looks.
    ignored.write_text(text.replace("  Objects:\n", "  # privatelint: ignore[gateway-route-coverage] a test\n  Objects:\n"))
    assert not cfn_lint("--", str(ignored))


def json_templates_have_places() -> None:
    template = SCRATCH / "template.json"
    properties = {"VpcId": "vpc-0123456789abcdef0", "ServiceName": "com.amazonaws.eu-west-1.logs"}
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": properties}
    template.write_text(json.dumps({"Resources": {"Endpoint": endpoint}}, indent="\t"))
    own = json.loads(output(PRIVATELINT, "check", "--format", "json", str(template)))["findings"]
    theirs = places(cfn_lint("--include-checks", "I", "--", str(template)))
    assert own and [place[1:3] for place in theirs] == [(it["line"], it["column"]) for it in own], (own, theirs)


def all_rules_are_listed() -> None:
    listed = output(CFN_LINT, "--append-rules", RULES, "--list-rules")
    for rule in json.loads(output(PRIVATELINT, "rules", "--format", "json")):
        for letter in LETTERS.values():
            line = f"{letter}{numbers()[rule['name']]}: {rule['name']}\n{rule['summary']}"
            assert line in listed, line


def a_missing_program_is_said() -> None:
    alone = SCRATCH / "alone"
    shutil.rmtree(alone, ignore_errors=True)
    shutil.copytree(Path(RULES).parents[1], alone / "privatelint")
    done = subprocess.run(
        [CFN_LINT, "--append-rules", str(alone / "privatelint/cfn_lint/rules"), "--", "testdata/example.yaml"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode != 0 and "privatelint" in done.stdout + done.stderr, done
    assert "neither installed beside this package nor on the PATH" in done.stdout + done.stderr, done


SCRATCH.mkdir(parents=True, exist_ok=True)
for test in (
    same_findings_at_the_same_places,
    ignores_hold,
    json_templates_have_places,
    all_rules_are_listed,
    a_missing_program_is_said,
):
    test()
    print(f"{test.__name__.replace('_', ' ')}: ok")
