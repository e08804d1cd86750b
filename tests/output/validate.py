"""Checks what the binary writes over real templates: schemas where there are some, and places against the texts.

Needs jsonschema: python3 tests/output/validate.py BINARY [SARIF_SCHEMA] [FOLDER ...]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from jsonschema import Draft4Validator, Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["testdata/err", "testdata/syntax"]
SEVERITIES = {"error", "warning", "info"}
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
FORMATS = ["json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown"]
# A name and a text that are not ASCII, with a finding behind wide letters on its line.
WIDE_NAME = "größe 100% #1.yaml"
WIDE_TEXT = """\
Resources:
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties: {Tags: [{Key: Name, Value: "größe 😀"}], AcceptanceRequired: false, NetworkLoadBalancerArns: [!ImportValue a]}
"""

complaints = []


def expect(condition, words):
    if not condition:
        complaints.append(words)


def fits(document, schema, kind, words):
    for error in kind(schema).iter_errors(document):
        complaints.append(f"{words}: {error.json_path}: {error.message[:200]}")


def written(binary, folders):
    """The reports of one run, by format."""
    with tempfile.TemporaryDirectory() as place:
        files = {format: Path(place) / format for format in FORMATS}
        arguments = [f"--output-file={format}={path}" for format, path in files.items()]
        command = [binary, "check", "--quiet", "--format=concise", "--extend-select=pedantic,cost", *arguments, *folders]
        status = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL).returncode
        expect(status in (0, 1), f"the exit code is {status}")
        return status, {format: path.read_text(encoding="utf-8") for format, path in files.items()}


def text_of(name):
    """The lines of a file, as they are counted: only a line feed ends one."""
    return (ROOT / name).read_bytes().decode("utf-8", "replace").split("\n")


def inside(name, line, column, encode, words):
    lines = text_of(name)
    expect(line <= len(lines), f"{words}: {name} has no line {line}")
    if line <= len(lines):
        expect(column <= len(encode(lines[line - 1])) + 1, f"{words}: {name}:{line} has no column {column}")


def check_json(reports, schema):
    report = json.loads(reports["json"])
    fits(report, schema, Draft202012Validator, "json")
    lines = [json.loads(line) for line in reports["jsonl"].splitlines()]
    for number, line in enumerate(lines, 1):
        fits(line, {**schema["$defs"]["line"], "$defs": schema["$defs"]}, Draft202012Validator, f"jsonl, line {number}")
    expect(lines[:-1] == report["findings"], "jsonl and json have other findings")
    prints = [finding["fingerprint"] for finding in report["findings"]]
    expect(len(prints) == len(set(prints)), "two findings have one fingerprint")
    return report


def check_sarif(log, report, schema, status):
    if schema:
        fits(log, schema, Draft4Validator, "sarif")
    run = log["runs"][0]
    expect(run["columnKind"] == "unicodeCodePoints", "sarif: columns are not characters")
    expect(run["invocations"][0]["exitCode"] == status, "sarif: another exit code")
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    expect(all(rule["help"]["markdown"] for rule in rules), "sarif: a rule has no page")
    expect(len(results) == len(report["findings"]), "sarif: another number of findings")
    for result, finding in zip(results, report["findings"]):
        expect(rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding["rule"], "sarif: another rule")
        expect(result["level"] == LEVELS[finding["severity"]], "sarif: another level")
        expect(result["partialFingerprints"]["privatelint/v1"] == finding["fingerprint"], "sarif: another fingerprint")
        related = result.get("relatedLocations", [])
        expect(len(related) == len(finding["labels"]), "sarif: another number of places")
        for location in result["locations"] + related:
            place = location["physicalLocation"]
            name, region = unquote(place["artifactLocation"]["uri"], errors="strict"), place["region"]
            name = name.removeprefix("file://")
            inside(name, region["startLine"], region["startColumn"], list, "sarif")
            inside(name, region["endLine"], region["endColumn"], list, "sarif")


def check_gitlab(violations, report):
    expect(len(violations) == len(report["findings"]), "gitlab: another number of findings")
    prints = {violation["fingerprint"] for violation in violations}
    expect(len(prints) == len(violations), "gitlab: fingerprints are not unique")
    for violation in violations:
        expect(violation["severity"] in {"info", "minor", "major", "critical", "blocker"}, "gitlab: severity")
        expect(violation["description"] and violation["check_name"] and violation["location"]["path"], "gitlab: lacks a field")
        expect(violation["location"]["lines"]["begin"] >= 1, "gitlab: line")


def check_rdjson(result, report):
    expect(len(result["diagnostics"]) == len(report["findings"]), "rdjson: another number of findings")
    for diagnostic in result["diagnostics"]:
        expect(diagnostic["severity"] in {"ERROR", "WARNING", "INFO"}, "rdjson: severity")
        name, places = diagnostic["location"]["path"], diagnostic["location"]["range"]
        for place in places.values():
            inside(name, place["line"], place["column"], lambda line: line.encode("utf-8"), "rdjson")


def check_xml(reports, report):
    errors = ElementTree.fromstring(reports["checkstyle"]).findall("file/error")
    expect(len(errors) == len(report["findings"]), "checkstyle: another number of findings")
    expect({error.get("severity") for error in errors} <= SEVERITIES, "checkstyle: severity")
    root = ElementTree.fromstring(reports["junit"])
    failing = [finding for finding in report["findings"] if finding["severity"] != "info"]
    expect(len(root.findall("testsuite/testcase/failure")) == len(failing), "junit: another number of failures")
    for element in [root, *root.findall("testsuite")]:
        for attribute, name in {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            count = len(element.findall(f".//{name}"))
            expect(element.get(attribute) == str(count), f"junit: {attribute} are not counted right")
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    expect(len(cases) == len(set(cases)), "junit: two tests have one name")


def check_lines(reports, report):
    commands = reports["github"].splitlines()
    expect(len(commands) == len(report["findings"]), "github: another number of lines than findings")
    expect(all(command.startswith(("::error ", "::warning ", "::notice ")) for command in commands), "github: no command")
    expect(len(reports["markdown"].encode("utf-8")) <= 65_536, "markdown: too long for a comment")


def main():
    binary = str(Path(sys.argv[1]).resolve())
    schema = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")) if len(sys.argv) > 2 and sys.argv[2] else None
    report_schema = json.loads((ROOT / "src/output/report.schema.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / WIDE_NAME).write_text(WIDE_TEXT, encoding="utf-8")
        status, reports = written(binary, [*(sys.argv[3:] or FOLDERS), place])
        report = check_json(reports, report_schema)
        check_sarif(json.loads(reports["sarif"]), report, schema, status)
        check_gitlab(json.loads(reports["gitlab"]), report)
        check_rdjson(json.loads(reports["rdjson"]), report)
        check_xml(reports, report)
        check_lines(reports, report)
        wide = [finding for finding in report["findings"] if finding["file"].endswith(WIDE_NAME)]
        expect(wide, "the template with wide letters has no finding")
    for complaint in complaints[:50]:
        print(complaint)
    known = "with" if schema else "without"
    print(f"{len(report['findings'])} findings in {len(FORMATS)} formats, {known} the schema of SARIF: {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
