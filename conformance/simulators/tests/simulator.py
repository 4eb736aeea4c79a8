"""Starts drover-array-sim and speaks to it as a client of the array does: shared by the tests in this folder."""
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import unittest

import requests
import urllib3

urllib3.disable_warnings()
TOKEN = "3bdf3b60-f0c0-fa8a-83c1-b794ba8f562c"
PATIENCE_S = 60


class Simulator:
    """One process; `url` when it is ready."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [os.environ["DROVER_ARRAY_SIM"], "flasharray", "--listen", "127.0.0.1:0", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        line = self.process.stdout.readline() if readable else ""
        if not line.startswith("ready https://127.0.0.1:"):
            self.process.kill()
            raise AssertionError(f"not ready: {line!r} {self.process.communicate()[1]!r}")
        self.url = line.split()[1]

    def end(self, signal_number=15):
        """Its exit status; negative for a signal."""
        self.process.send_signal(signal_number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        assert out == "", f"more than one line on stdout: {out!r}"
        self.errors = err
        return self.process.returncode

    def control(self, method, path, body=None):
        answer = requests.request(method, f"{self.url}/sim/{path}", json=body, verify=False, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, **rule):
        return self.control("POST", "faults", rule)["id"]

    def calls(self, since=0):
        return self.control("GET", f"calls?since={since}")["calls"]


class Refused(Exception):
    """An answer that is not 200."""

    def __init__(self, answer):
        super().__init__(f"{answer.status_code}: {answer.text[:300]}")
        self.status = answer.status_code
        self.text = answer.text

    @property
    def words(self):
        """What the array says, item by item."""
        rows = json.loads(self.text)
        return " | ".join(row["msg"] for row in (rows if isinstance(rows, list) else [rows]))


class Client:
    """As the vendor's own client: every parameter in a JSON body, `null` when there is none, on every method."""

    def __init__(self, simulator, version="1.19", token=TOKEN, verify=False):
        self.base = f"{simulator.url}/api/{version}/"
        self.http = requests.Session()
        self.http.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`, and proxies have no part in this
        self.http.verify = verify
        if token:
            self.post("auth/session", api_token=token)

    def call(self, method, path, parameters):
        answer = self.http.request(method, self.base + path, data=json.dumps(parameters or None), timeout=PATIENCE_S,
                                   headers={"Content-Type": "application/json"}, allow_redirects=False)
        self.answer = answer
        if answer.status_code != 200:
            raise Refused(answer)
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    def get(self, path, **parameters):
        return self.call("GET", path, parameters)

    def post(self, path, **parameters):
        return self.call("POST", path, parameters)

    def put(self, path, **parameters):
        return self.call("PUT", path, parameters)

    def delete(self, path, **parameters):
        return self.call("DELETE", path, parameters)


class SimulatorTest(unittest.TestCase):
    """A folder, and simulators that end with the test."""

    SEED = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext_(tempfile.TemporaryDirectory(prefix="drover-sim-test-")))
        self.simulator = self.start()
        self.client = Client(self.simulator)

    def enterContext_(self, context):  # unittest has it from Python 3.11.4 on
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def start(self, *arguments):
        if self.SEED is not None:
            seed = self.folder / "seed.yml"
            seed.write_text(self.SEED)
            arguments = ("--seed", seed, *arguments)
        simulator = Simulator(*arguments)

        def end():
            if simulator.process.poll() is None:
                simulator.process.kill()
            simulator.process.communicate()

        self.addCleanup(end)
        return simulator

    def refusal(self, call, *arguments, status=400, **parameters):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **parameters)
        self.assertEqual(caught.exception.status, status, caught.exception.text)
        return caught.exception.words


def run():
    """usage: X_test.py DROVER_ARRAY_SIM [unittest's arguments]"""
    if len(sys.argv) < 2:
        sys.exit(run.__doc__)
    os.environ["DROVER_ARRAY_SIM"] = sys.argv.pop(1)
    unittest.main(module="__main__", verbosity=2, warnings="ignore")
