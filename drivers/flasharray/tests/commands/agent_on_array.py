"""The real agent and the real `drover` on a simulated array, beside a backend whose driver has fewer extensions and one
whose driver has none: shared by the tests in this folder. As root, in a mount namespace of its own."""
import collections
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import requests
import urllib3

urllib3.disable_warnings()
TOKEN = "2c9e7b44-51a7-4d0f-9b1e-0b8f6a1d7e55"
CLUSTER = uuid.UUID("9d3c1f00-1111-4222-8333-444455556666")
PATIENCE_S = 60
USAGE = "usage: X_test.py BUILD_DIR [unittest's arguments]"

Ran = collections.namedtuple("Ran", "status out err")


def id_of(name):
    """Of a volume that an agent of this cluster makes."""
    return str(uuid.uuid5(CLUSTER, name))


class AgentTest(unittest.TestCase):
    """An array, and an agent with three backends: flasharray (the default), loop and plain."""

    SEED = ""  # more of the array's

    def setUp(self):
        self.build = pathlib.Path(os.environ["DROVER_TEST_BUILD_DIR"])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-commands-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.said = []
        self.addCleanup(self.expect_no_secret)
        self.start_array()
        self.write_config()
        self.start_agent()

    def start_array(self):
        (self.folder / "seed.yml").write_text(f"array: {{name: lab-fa}}\nusers: [{{name: tester, api_token: {TOKEN}}}]\n{self.SEED}")
        with open(self.folder / "array.log", "w") as log:
            array = subprocess.Popen(
                [self.build / "bin/drover-array-sim", "flasharray", "--listen", "127.0.0.1:0", "--seed", self.folder / "seed.yml",
                 "--write-tls-cert", self.folder / "array.pem", "--journal", self.folder / "journal"],
                stdout=subprocess.PIPE, stderr=log, text=True)
        self.addCleanup(self.end, array)
        readable, _, _ = select.select([array.stdout], [], [], PATIENCE_S)
        line = array.stdout.readline() if readable else ""
        self.assertTrue(line.startswith("ready https://"), line)
        self.array_url = line.split()[1]

    def write_config(self):
        drivers = self.folder / "drivers"
        drivers.mkdir(mode=0o755)
        for file in ("drivers/flasharray.so", "drivers/loopback.so", "test-drivers/cfile.so"):
            shutil.copyfile(self.build / file, drivers / pathlib.Path(file).name)
        (self.folder / "agent.yml").write_text(f"""version: 1
dataset:
  backend: flasharray
  pure_ip: "{self.array_url.removeprefix('https://')}"
  pure_api_token: "{TOKEN}"
  pure_verify_https: true
  pure_ssl_cert: {self.folder}/array.pem
  pure_profiles: ["gold=iops:20k,bandwidth:400M", "silver=iops:1k"]
backends:
  loop: {{driver: loopback, root_path: {self.folder}/loopback}}
  plain: {{driver: cfile, folder: {self.folder}/images}}
agent:
  state-dir: {self.folder}/state
  run-dir: {self.folder}/run
  mount-root: {self.folder}/mnt
  node-id: node-a
  cluster-id: {CLUSTER}
  driver-dir: {drivers}
docker:
  plugin-dir: {self.folder}/plugins
""")
        (self.folder / "agent.yml").chmod(0o600)

    def start_agent(self):
        with open(self.folder / "agent.log", "a") as log:
            self.agent = subprocess.Popen([self.build / "bin/drover-agent", "--config", self.folder / "agent.yml"],
                                          stdout=log, stderr=log)
        self.addCleanup(self.end_agent, self.agent)
        limit = time.monotonic() + PATIENCE_S
        while True:
            ran = self.run_drover("--json", "driver", "ls")
            if ran.status == 0 and {each["state"] for each in json.loads(ran.out)["drivers"]} == {"ready"}:
                return
            self.assertLess(time.monotonic(), limit, (self.folder / "agent.log").read_text())
            self.assertIsNone(self.agent.poll(), (self.folder / "agent.log").read_text())
            select.select([], [], [], 0.02)

    def restart_agent(self):
        self.agent.kill()
        self.agent.wait()
        self.start_agent()

    @staticmethod
    def end(process):
        process.terminate()
        process.communicate(timeout=PATIENCE_S)

    def end_agent(self, agent):
        if agent.poll() is None:
            self.end(agent)
        subprocess.run(["umount", "--lazy", self.folder / "mnt"], stderr=subprocess.DEVNULL, check=False)

    def expect_no_secret(self):
        texts = ["\n".join(self.said)]
        texts += [(self.folder / name).read_text() for name in ("agent.log", "array.log", "journal") if (self.folder / name).exists()]
        self.assertFalse([text for text in texts if TOKEN in text], "the token was written")

    def run_drover(self, *arguments):
        ran = subprocess.run([self.build / "bin/drover", "--socket", self.folder / "run/api.sock", *arguments],
                             capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
        self.said += [ran.stdout, ran.stderr]
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def drover(self, *arguments):
        """What a command prints that succeeds."""
        ran = self.run_drover(*arguments)
        self.assertEqual((ran.status, ran.err), (0, ""), f"{arguments}: {ran.out}")
        return ran.out

    def json(self, *arguments):
        return json.loads(self.drover("--json", *arguments))

    def refusal(self, *arguments, code="", status=1):
        """The words of a command that fails, the same for people and for programs."""
        ran = self.run_drover(*arguments)
        self.assertEqual((ran.status, ran.out), (status, ""), f"{arguments}: {ran.err}")
        self.assertTrue(ran.err.startswith("drover: "), ran.err)
        for_programs = self.run_drover("--json", *arguments)
        self.assertEqual(for_programs.status, status)
        error = json.loads(for_programs.out)["error"]
        self.assertEqual(error["code"], code, error)
        self.assertIn(error["message"], ran.err)
        return error["message"]

    def misuse(self, *arguments):
        ran = self.run_drover(*arguments)
        self.assertEqual((ran.status, ran.out), (2, ""), f"{arguments}: {ran.err}")
        return ran.err

    def table(self, *arguments):
        """The words of each row of a command that prints a table, without its head."""
        lines = self.drover(*arguments).splitlines()
        return [line.split() for line in lines[1:]]

    def on_array(self, kind):
        """What the array has of a kind, by name, without what is destroyed."""
        state = requests.get(f"{self.array_url}/sim/state", verify=False, timeout=PATIENCE_S).json()
        return {each["name"]: each for each in state[kind] if each.get("destroyed") is None}


def run():
    if len(sys.argv) < 2:
        sys.exit(USAGE)
    if "DROVER_TEST_NAMESPACE" not in os.environ:
        os.environ["DROVER_TEST_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    os.environ["DROVER_TEST_BUILD_DIR"] = sys.argv.pop(1)
    unittest.main(module="__main__", verbosity=2, warnings="ignore")
