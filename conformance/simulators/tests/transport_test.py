#!/usr/bin/python3
"""Sessions, versions, parameters and certificates of the simulated FlashArray. usage: transport_test.py PROGRAM"""
import json
import os
import pathlib
import subprocess

import requests

from simulator import PATIENCE_S, TOKEN, Client, Refused, Simulator, SimulatorTest, run


class Transport(SimulatorTest):
    SEED = f"""
array: {{name: lab-fa, id: 0a1b2c3d-0000-4000-8000-000000000001, rest_versions: ["1.2", "1.5", "1.10", "1.19"]}}
users:
  - {{name: pureuser, password: secret-of-pureuser, api_token: {TOKEN}}}
  - {{name: watcher, api_token: token-of-watcher, role: readonly}}
"""

    def raw(self, method, path, **arguments):
        return requests.request(method, self.simulator.url + path, verify=False, timeout=PATIENCE_S,
                                allow_redirects=False, **arguments)

    def test_versions_need_no_session(self):
        answer = self.raw("GET", "/api/api_version")
        self.assertEqual(answer.json(), {"version": ["1.2", "1.5", "1.10", "1.19"]})
        self.assertEqual(self.raw("GET", "/api/1.3/volume").status_code, 450)
        self.assertEqual(self.raw("GET", "/api/2.0/volume").status_code, 450)
        self.assertEqual(self.raw("GET", "/api/1.19/nothing").status_code, 401)
        for broken in ("/api/1.19%ff/volume", "/api/1.19/volume?names=%c3"):
            self.assertEqual(self.raw("GET", broken).status_code, 400, broken)
            self.assertTrue(self.raw("GET", broken).content.decode(), broken)

    def test_login_by_token_and_by_password(self):
        self.assertEqual(self.raw("POST", "/api/1.5/auth/apitoken",
                                  json={"username": "pureuser", "password": "secret-of-pureuser"}).json(),
                         {"api_token": TOKEN})
        wrong = self.raw("POST", "/api/1.5/auth/apitoken", json={"username": "pureuser", "password": "x"})
        self.assertEqual((wrong.status_code, wrong.json()["msg"]), (400, "invalid credentials"))
        self.assertEqual(self.raw("POST", "/api/1.5/auth/session", json={"api_token": "x"}).status_code, 401)
        self.assertEqual(self.raw("POST", "/api/1.5/auth/session", json={"api_token": TOKEN}).json(),
                         {"username": "pureuser"})

    def test_the_cookie_is_all_and_comes_with_every_answer(self):
        self.assertEqual(self.raw("GET", "/api/1.5/array").status_code, 401)
        self.client.get("array")
        cookie = self.client.answer.headers["Set-Cookie"]
        self.assertRegex(cookie, r"^session=\S+; Expires=.*; HttpOnly; Path=/$")
        self.assertNotIn("Domain", cookie)
        self.assertEqual(self.client.delete("auth/session"), {"username": "pureuser"})
        with self.assertRaises(Refused) as caught:
            self.client.get("array")
        self.assertEqual(caught.exception.status, 401)

    def test_a_session_ends_when_it_is_idle(self):
        self.simulator.control("POST", "clock", {"advance_s": 1000})
        self.client.get("array")
        self.simulator.control("POST", "clock", {"advance_s": 1000})
        self.client.get("array")  # the first one counted
        self.simulator.control("POST", "clock", {"advance_s": 1800})
        self.refusal(self.client.get, "array", status=401)
        self.simulator.control("POST", "settings", {"idle_timeout_s": 60})
        other = Client(self.simulator)
        self.simulator.control("POST", "clock", {"advance_s": 60})
        self.refusal(other.get, "array", status=401)

    def test_a_reader_may_not_write(self):
        reader = Client(self.simulator, token="token-of-watcher")
        self.assertEqual(reader.get("volume"), [])
        self.refusal(reader.post, "volume/v1", size="1G", status=403)

    def test_parameters_travel_in_bodies_and_in_queries(self):
        self.client.post("volume/v1", size=1 << 30)
        self.client.delete("volume/v1")
        get = self.client.http.get
        base = self.client.base
        self.assertEqual(get(base + "volume").json(), [])
        for pending in ("volume?pending=true", "volume?pending_only=true"):
            self.assertEqual([row["name"] for row in get(base + pending).json()], ["v1"])
        self.assertEqual([row["name"] for row in self.client.get("volume", pending=True)], ["v1"])
        for body in ("null", "{}", "", " "):
            self.assertEqual(get(base + "volume", data=body).json(), [])
        for body in ("[]", "7", "{", '"x"', "{" * 40):
            self.assertEqual(get(base + "volume", data=body).status_code, 400, body)
        self.assertEqual(self.client.http.delete(base + "volume/v1?eradicate=true").json(), {"name": "v1"})
        self.assertEqual(self.client.get("volume", pending=True), [])

    def test_values_of_a_wrong_type_are_refused_by_name(self):
        for parameters in ({"size": "big"}, {"size": -1}, {"size": [1]}, {"size": 1.5}, {"size": {}}):
            self.assertIn("'size'", self.refusal(self.client.post, "volume/v1", **parameters))
        self.assertIn("'pending'", self.refusal(self.client.get, "volume", pending=["x"]))
        self.assertIn("'iqnlist'", self.refusal(self.client.post, "host/h1", iqnlist=[["iqn.2000-01.a:b"]]))
        self.assertEqual(self.client.get("host"), [])

    def test_single_objects_and_lists_and_unknown_paths(self):
        self.assertEqual(self.client.get("array")["id"], "0a1b2c3d-0000-4000-8000-000000000001")
        old = Client(self.simulator, "1.5")
        self.assertEqual(old.get("array", space=True)["hostname"], "lab-fa")
        self.assertEqual(self.client.get("array", space=True)[0]["hostname"], "lab-fa")
        self.assertEqual(len(old.get("array", action="monitor")), 1)
        self.assertEqual([row["name"] for row in old.get("array", controllers=True)], ["CT0", "CT1"])
        self.refusal(self.client.get, "nothing", status=404)
        self.refusal(self.client.put, "port", status=404)
        for row in old.get("port"):
            self.assertEqual(set(row), {"name", "iqn", "portal", "wwn", "failover"})
        self.assertEqual(len({row["iqn"] for row in old.get("port") if row["iqn"]}), 1)

    def test_the_certificate_can_be_verified(self):
        certificate = self.folder / "array.pem"
        simulator = self.start("--write-tls-cert", certificate)
        self.assertEqual(Client(simulator, verify=str(certificate)).get("array")["array_name"], "lab-fa")
        with self.assertRaises(requests.exceptions.SSLError):
            Client(self.simulator, verify=str(certificate))

    def test_the_documented_seed_is_one(self):
        example = pathlib.Path(__file__).resolve().parents[3] / "docs/array-sim.yml.example"
        simulator = Simulator("--seed", example)
        self.addCleanup(simulator.process.communicate)
        self.addCleanup(simulator.process.kill)
        client = Client(simulator)
        named = [line.split("name:")[1].split("#")[0].strip() for line in example.read_text().splitlines()
                 if line.startswith("  name:")]
        self.assertEqual([client.get("array")["array_name"]], named)
        self.assertTrue(client.get("volume"))
        self.assertEqual({bool(port["iqn"]) for port in client.get("port") if not port.get("nqn")}, {True, False})

    def test_wrong_usage_and_wrong_seeds_are_told(self):
        def says(status, words, *arguments):
            done = subprocess.run([os.environ["DROVER_ARRAY_SIM"], *map(str, arguments)], capture_output=True, text=True,
                                  timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
            self.assertIn(words, done.stderr)
        says(2, "there is no simulator of \"acme\"", "acme")
        says(2, "ends in no port number", "flasharray", "--listen", "127.0.0.1:70000")
        says(2, "no IP address", "flasharray", "--listen", "example:1")
        says(2, "a fault cannot do \"explode\"", "flasharray", "--fault", "do=explode")
        says(1, "there is no data plane \"magic\"", "flasharray", "--data-plane", "magic", "--data-dir", self.folder)
        for text, words in (("array: {nam: x}", 'array has no "nam"'), ("users: 7", "users is to be a list"),
                            ("volumes: [{size: 1G}]", 'needs "name"'), ("array: {capacity: x}", "capacity is a number"),
                            ("volumes: [{name: 'a b'}]", "between 1 and 63 characters"), ("{", "line 1")):
            seed = self.folder / "wrong.yml"
            seed.write_text(text)
            says(1, words, "flasharray", "--listen", "127.0.0.1:0", "--seed", seed)
        says(1, "cannot be read", "flasharray", "--listen", "127.0.0.1:0", "--seed", self.folder / "none.yml")

    def test_no_secret_is_kept(self):
        journal = self.folder / "journal"
        simulator = self.start("--journal", journal)
        client = Client(simulator)
        client.post("host/h1", iqnlist=["iqn.2000-01.a:b"])
        client.put("host/h1", host_user="u", host_password="secret-of-chap")
        kept = journal.read_text() + json.dumps(simulator.calls()) + json.dumps(simulator.control("GET", "state"))
        for secret in (TOKEN, "secret-of-chap", client.http.cookies["session"]):
            self.assertNotIn(secret, kept)
        self.assertEqual(len(journal.read_text().splitlines()), 3)
        self.assertEqual(client.get("host/h1", chap=True)["host_password"], "****")


if __name__ == "__main__":
    run()
