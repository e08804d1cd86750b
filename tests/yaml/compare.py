"""Compares what is read of every template of the corpus with what PyYAML reads: structure, decoded text, tags.

Needs PyYAML and the built example: cargo build --example values; python3 tests/yaml/compare.py [FOLDER] [-v]
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SUFFIXES = {".yaml", ".yml", ".json", ".template", ".j2"}
# Mistakes that PyYAML's parser passes over, with the values being the same.
ABOUT_MEANING = ("duplicate key `", "a key is a text")
CORE = "tag:yaml.org,2002:"


class Refused(Exception):
    """PyYAML takes the text for one that is not one YAML document."""


def expected(text, yaml):
    """The value that PyYAML reads, in the shape that the example prints."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    anchors, stack, documents = {}, [[]], 0
    for event in yaml.parse(text, Loader=loader):
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                raise Refused("several documents")
        elif kind == "AliasEvent":
            if event.anchor not in anchors:
                raise Refused("unknown anchor")
            stack[-1].append(anchors[event.anchor])
        elif kind == "ScalarEvent":
            value = tagged(event.tag, {"s": event.value, "plain": event.style is None or event.style == ""})
            stack[-1].append(value)
            if event.anchor:
                anchors[event.anchor] = value
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            stack.append([event])
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            start, *children = stack.pop()
            if kind == "MappingEndEvent":
                children = {"m": [list(pair) for pair in zip(children[::2], children[1::2])]}
            value = tagged(start.tag, children)
            stack[-1].append(value)
            if start.anchor:
                anchors[start.anchor] = value
    value = stack[0][0] if stack[0] else None
    return None if value == {"s": "", "plain": True} else value


def tagged(tag, value):
    if tag is None:
        return value
    name = "!!" + tag[len(CORE):] if tag.startswith(CORE) else tag
    return {name: value}


def without_last_break(value):
    """A block scalar at the end of a file without line break: PyYAML gives it no line break, the example one."""
    if isinstance(value, dict) and set(value) == {"s", "plain"}:
        return value if value["plain"] else {**value, "s": value["s"].removesuffix("\n")}
    if isinstance(value, dict):
        return {key: without_last_break(child) for key, child in value.items()}
    if isinstance(value, list):
        return value[:-1] + [without_last_break(value[-1])] if value else value
    return value


def main():
    folders = [argument for argument in sys.argv[1:] if argument != "-v"]
    corpus = Path(folders[0]) if folders else ROOT.parent / "shared" / "corpus"
    if not corpus.is_dir():
        print(f"compare: skipped, there is no corpus in {corpus}")
        return 0
    import yaml

    paths = sorted(path for path in corpus.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    example = TARGET / os.environ.get("PROFILE_DIRECTORY", "debug") / "examples" / "values"
    names = "".join(f"{path}\n" for path in paths)
    output = subprocess.run([example], input=names, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    counts, differences = Counter(), []
    for path, line in zip(paths, output.splitlines(), strict=True):
        ours = json.loads(line)
        errors = [error for error in ours["errors"] if not error.split(": ", 1)[1].startswith(ABOUT_MEANING)]
        try:
            text = path.read_bytes().decode("utf-8")
            theirs = expected(text, yaml)
        except (yaml.YAMLError, Refused, UnicodeDecodeError) as error:
            counts["refused by both" if errors else "refused by PyYAML only"] += 1
            if not errors:
                print(f"refused by PyYAML only: {path.relative_to(corpus)}: {' '.join(str(error).split())[:120]}")
            elif "-v" in sys.argv:
                print(f"refused by both: {path.relative_to(corpus)}: {errors[:4]}")
            continue
        if errors:
            differences.append(f"{path.relative_to(corpus)}: refused by us only: {errors[0]}")
        elif ours["value"] == theirs:
            counts["the same"] += 1
        elif not text.endswith("\n") and without_last_break(ours["value"]) == without_last_break(theirs):
            counts["the same but for the line break that ends the file"] += 1
        else:
            differences.append(f"{path.relative_to(corpus)}: other values")
    print(f"{len(paths)} files: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    for difference in differences:
        print("difference:", difference)
    print(f"{len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
