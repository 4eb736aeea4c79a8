#!/usr/bin/python3
"""The schema that `drover config schema` prints, in the hands of Debian's python3-jsonschema: it is a schema, it takes
the example, it refuses the wrong files of core/config/testdata, and on several hundred small files it says what
`drover config check` says.

usage: config_schema_test.py DROVER DRIVER.so...     the drivers: loopback and the loader's fixture every-key
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
failures = []

# Wrong files whose mistake a schema cannot see, and why. It must take them: a line that is not needed any more fails.
ONLY_THE_READER_KNOWS = {
    "backend-defined-twice": "which of two sections defines a backend with an unknown driver",
    "octal-port": "YAML 1.1 reads 010 as the number 8",
    "size-too-large": "the range of a size that is a text",
    "socket-path-too-long": "a sum of lengths",
}


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


class Trial:
    """One schema, and the reader with the same drivers."""

    def __init__(self, drover, folder):
        self.drover = drover
        self.folder = folder
        self.file = folder / "agent.yml"
        self.compared = 0
        text = subprocess.run([drover, "config", "schema", "--driver-dir", folder], check=True, capture_output=True, text=True)
        expect(text.stderr == "", f"config schema says nothing on stderr, not: {text.stderr}")
        schema = json.loads(text.stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.schema = schema

    def schema_says(self, text):
        """None when the schema takes the text, otherwise why not."""
        try:
            document = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            return f"no YAML: {error}"
        error = jsonschema.exceptions.best_match(self.validator.iter_errors(document))
        return None if error is None else f"{error.json_path}: {error.message}"

    def reader_says(self, text):
        self.file.write_text(text, encoding="utf-8")
        self.file.chmod(0o600)
        done = subprocess.run([self.drover, "--json", "config", "check", self.file, "--driver-dir", self.folder],
                              capture_output=True, text=True)
        report = json.loads(done.stdout)
        errors = [f'{p["key"]}: {p["message"]}' for p in report["problems"] if p["severity"] == "error"]
        return "; ".join(errors) or None

    def compare(self, text):
        self.compared += 1
        schema, reader = self.schema_says(text), self.reader_says(text)
        expect((schema is None) == (reader is None), f"one verdict on\n{text}schema: {schema}\nreader: {reader}")
        return reader is None


def try_examples(trial):
    example = (ROOT / "docs/agent.yml.example").read_text(encoding="utf-8")
    expect(trial.schema_says(example) is None, f"the example is taken: {trial.schema_says(example)}")
    all_on = re.sub(r"(?m)^( *)#(?! |$)", r"\1", example)
    expect(trial.schema_says(all_on) is None, f"the example with everything on is taken: {trial.schema_says(all_on)}")
    for name in ("loopback", "every-key"):
        for more in ([], ["--name", "gold"]):
            text = subprocess.run([trial.drover, "config", "example", name, *more, "--driver-dir", trial.folder],
                                  check=True, capture_output=True, text=True).stdout
            said = trial.schema_says(text)
            expect((said is None) == (name == "loopback"), f"example of {name} {more}: {said}")
            filled = re.sub(r"(?m)^( *)must-(text|number|words):$", r"\1must-\2: 7", text)
            expect(trial.schema_says(filled) is None, f"example of {name}, filled in: {trial.schema_says(filled)}")


def try_wrong_files(trial):
    for path in sorted((ROOT / "core/config/testdata/wrong").glob("*.yml")):
        said = trial.schema_says(path.read_bytes())
        if path.stem in ONLY_THE_READER_KNOWS:
            expect(said is None, f"{path.name} is listed as one that only the reader refuses: {said}")
        else:
            expect(said is not None, f"{path.name} is refused")


# What stands after "key: " for each kind of value; good ones and bad ones of all kinds against every key.
VALUES = ["", "5", "0", "-1", "1.5", "'5'", "true", "'true'", "Yes", "'off'", "maybe", "10GiB", "'10 g'", "1.5t", "10q", "2097152",
          "65535", "65536", "/a/b", "/", "/a/../b", "a/b", "word", "two words", "Word", "''", "[]", "[a]", "[a, b]", "[a, a]",
          "[A]", "[5]", "[[a]]", "[{a: b}]", "{a: b}", "ext4", "xfs", "json", "text", "debug", "keep", "process", "192.0.2.1",
          "'2001:db8::1'", "a.example.com", "-a.example.com", "6f1c0f2e-5d0a-4b8e-9c38-0d6a5f0f3a11", "[a, '']", "['']",
          "file:relative", "sealed:x", "env:1x", "env:", "18446744073709551616", "f" + "0" * 63]

# Where the two disagree, and may.
SKIPPED = {
    ("default-size", "'5'"),  # the range of a size that is a text
    # Booleans where a name is wanted, which the reader sees as words: most likely mistakes.
    ("node-id", "true"), ("node-id", "Yes"), ("hostname", "true"), ("hostname", "Yes"), ("names", "true"),
    ("run-as", "true"), ("run-as", "Yes"),
}


tried = set()


def values_for(name, schema):
    """All of them once for each kind of value; a few for further keys of the kind, since a process reads each file."""
    kind = json.dumps({k: v for k, v in schema.items() if k not in ("description", "default", "examples")}, sort_keys=True)
    values = VALUES[:8] if kind in tried else VALUES
    tried.add(kind)
    return [value for value in values if (name, value) not in SKIPPED]


def try_every_key(trial):
    taken = 0
    sections = {"agent": "", "docker": "", "logging": "", "control-service": "  hostname: h\n"}
    for section, others in sections.items():
        schema = trial.schema["properties"][section]
        for key, kind in schema.get("else", schema)["properties"].items():
            for value in values_for(key, kind):
                rest = "" if key == "hostname" else others
                text = f"version: 1\ndataset:\n  backend: loopback\n{section}:\n{rest}  {key}: {value}\n"
                taken += trial.compare(text)
    must = {"must-text": "x", "must-number": "7", "must-words": "[x]", "must-secret": "x"}
    definition = trial.schema["$defs"]["dataset.every-key"]["properties"]
    for key, kind in definition.items():
        if key in ("backend", "driver"):
            continue
        for value in values_for(key, kind):
            keys = must | {key: value}
            text = "version: 1\ndataset:\n  backend: every-key\n" + "".join(f"  {k}: {v}\n" for k, v in keys.items())
            taken += trial.compare(text)
    expect(taken > 200, f"more than 200 of the files are good, not {taken}")
    print(f"{taken} good files among {trial.compared}")


def try_backends(trial):
    must = "must-text: x, must-number: 7, must-words: x, must-secret: x"
    good = [
        "dataset: {backend: loopback}",
        "dataset: {backend: loopback, root_path: /x, profiles: [gold]}",
        "dataset: {backend: fast, driver: loopback, root_path: /x}",
        "dataset: {backend: unknown, anything: 5}",
        "dataset: {backend: loopback, driver: unknown, anything: 5}",
        "dataset: {backend: gold}\nbackends: {gold: {driver: loopback}, every-key: {" + must + "}}",
        "dataset: {backend: every-key}\nbackends: {every-key: {" + must + "}}",
        "dataset: {backend: every-key, " + must + "}\nbackends: {gold: {driver: loopback}}",
        "backends: {loopback: }",
        "backends: {loopback: {driver: every-key, " + must + "}}",
        "backends: {unknown: {anything: 5}}",
        "dataset: {backend: loopback}\nbackends:",
        "dataset: {backend: loopback, root_path: }",
        "dataset: {backend: loopback}\nlogging: {version: 1, handlers: {a: {b: c}}}",
        "dataset: {backend: loopback}\nagent:\ndocker:\nlogging:",
    ]
    bad = [
        "",
        "backends:",
        "backends: {}",
        "dataset:",
        "dataset: {}",
        "dataset: {root_path: /x}",
        "dataset: {backend: loopback, rootpath: /x}",
        "dataset: {backend: fast, driver: loopback, rootpath: /x}",
        "dataset: {backend: every-key}",
        "dataset: {backend: every-key, driver: every-key}",
        "dataset: {backend: loopback, root_path: /x}\nbackends: {loopback: {driver: loopback}}",
        "dataset: {backend: loopback, root_path: /x}\nbackends: {loopback: {}}",
        "backends: {loopback: {rootpath: /x}}",
        "backends: {loopback: {driver: every-key, root_path: /x}}",
        "backends: {gold: {driver: loopback, rootpath: /x}}",
        "backends: {every-key: }",
        "backends: {Gold: {driver: loopback}}",
        "backends: {loopback: [a]}",
        "backends: {loopback: {backend: loopback}}",
        "backends: [loopback]",
        "dataset: {backend: loopback}\ncontrol-service:",
        "dataset: {backend: loopback}\nlogging: {levels: debug}",
        "dataset: {backend: loopback}\nnonsense: 1",
    ]
    for verdict, texts in ((True, good), (False, bad)):
        for text in texts:
            expect(trial.compare(f"version: 1\n{text}\n") == verdict, f"{'taken' if verdict else 'refused'}: {text}")
    for text in ("dataset: {backend: loopback}\n", "version: 2\ndataset: {backend: loopback}\n", "[version]\n", "", "version\n"):
        expect(not trial.compare(text), f"refused: {text}")
    for version in ("1", "1.0", "'1'"):
        expect(trial.compare(f"version: {version}\ndataset: {{backend: loopback}}\n"), f"version {version}")


def main():
    drover, *drivers = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="drover-schema-test-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        for driver in drivers:
            shutil.copy(driver, folder)
            os.chmod(folder / pathlib.Path(driver).name, 0o755)
        trial = Trial(drover, folder)
        try_examples(trial)
        try_wrong_files(trial)
        try_every_key(trial)
        try_backends(trial)
    print(f"{len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
