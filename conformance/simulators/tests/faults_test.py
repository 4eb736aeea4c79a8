#!/usr/bin/python3
"""Faults on request, and the journal, of the simulated FlashArray. usage: faults_test.py PROGRAM"""
import concurrent.futures
import signal
import time

import requests

from simulator import Client, SimulatorTest, run


class Faults(SimulatorTest):
    def test_a_status_instead_of_the_answer(self):
        for status in (401, 403, 404, 450, 500, 503):
            self.simulator.fault(do="status", status=status, path="/volume/", method="POST")
            self.refusal(self.client.post, "volume/v1", size="1G", status=status)
        self.assertEqual(self.client.get("volume"), [])  # nothing was done
        self.simulator.fault(do="status", status=400, body=[{"msg": "Volume limit reached.", "ctx": "v1"}])
        self.assertEqual(self.refusal(self.client.post, "volume/v1", size="1G"), "Volume limit reached.")
        self.client.post("volume/v1", size="1G")  # each struck once

    def test_skip_and_times_count_what_matches(self):
        fault = self.simulator.fault(do="status", status=500, path="/volume$", skip=2, times=2)
        seen = []
        for _ in range(6):
            answer = self.client.http.get(self.client.base + "volume")
            self.client.get("array")
            seen.append(answer.status_code)
        self.assertEqual(seen, [200, 200, 500, 500, 200, 200])
        row = self.simulator.control("GET", "faults")[0]
        self.assertEqual((row["id"], row["seen"], row["hit"]), (fault, 6, 2))
        self.simulator.control("DELETE", f"faults/{fault}")
        self.assertEqual(self.simulator.control("GET", "faults"), [])

    def test_a_connection_dropped_before_or_after_the_change(self):
        for kind in ("drop", "reset"):
            for when, there in (("before", False), ("after", True)):
                name = f"{kind}-{when}"
                self.simulator.fault(do=kind, when=when, method="POST", path="/volume/")
                with self.assertRaises(requests.exceptions.ConnectionError):
                    self.client.post(f"volume/{name}", size="1G")
                self.assertEqual(name in [row["name"] for row in self.client.get("volume")], there, name)
        self.assertEqual([call["delivery"] for call in self.simulator.calls() if call["faults"]],
                         ["dropped", "dropped", "reset", "reset"])

    def test_answers_that_are_none(self):
        self.client.post("volume/v1", size="1G")
        get = lambda: self.client.http.get(self.client.base + "volume/v1", allow_redirects=False)
        self.simulator.fault(do="garbage")
        self.assertRaises(ValueError, get().json)
        self.simulator.fault(do="huge", bytes=10 << 20)
        self.assertGreater(len(get().content), 10 << 20)
        self.simulator.fault(do="wrong-types")
        self.assertEqual(get().json(), {"name": 7, "size": "1073741824x", "serial": 7, "created": 7,
                                        "source": {"is": "not null"}})
        self.simulator.fault(do="truncate")
        half = get()
        self.assertEqual(len(half.content), int(half.headers["Content-Length"]) // 2)
        self.simulator.fault(do="redirect", times=0)
        self.assertEqual((get().status_code, get().headers["Location"]), (302, "/api/1.19/volume/v1"))
        with self.assertRaises(requests.exceptions.TooManyRedirects):
            self.client.http.get(self.client.base + "volume/v1")

    def test_an_array_that_lies_about_success(self):
        self.simulator.fault(do="pretend", method="POST", path="/volume/")
        lie = self.client.post("volume/v1", size="1G")
        self.assertEqual((lie["name"], lie["size"]), ("v1", 1 << 30))
        self.assertEqual(self.client.get("volume"), [])

    def test_sessions_that_end(self):
        self.simulator.fault(do="expire", path="/volume$")
        self.refusal(self.client.get, "volume", status=401)
        self.client = Client(self.simulator)
        self.simulator.control("DELETE", "sessions")
        self.refusal(self.client.get, "volume", status=401)

    def test_delays_end_with_the_program(self):
        self.simulator.fault(do="delay", delay_ms=300, path="/array$")
        begin = time.monotonic()
        self.client.get("array")
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)
        self.simulator.fault(do="delay", delay_ms=3600000, path="/array$")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            late = pool.submit(self.client.get, "array")
            while self.simulator.control("GET", "faults")[-1]["hit"] == 0:
                pass
            self.assertEqual(Client(self.simulator).get("volume"), [])  # others are served
            self.assertEqual(self.simulator.end(signal.SIGTERM), 0)
            with self.assertRaises(requests.exceptions.ConnectionError):
                late.result()

    def test_faults_to_begin_with(self):
        simulator = self.start("--fault", "do=status,status=503,path=/volume$,times=1",
                               "--fault", '{"do": "drop", "path": "/host$"}')
        client = Client(simulator)
        self.refusal(client.get, "volume", status=503)
        with self.assertRaises(requests.exceptions.ConnectionError):
            client.get("host")
        self.assertEqual(client.get("host"), [])

    def test_wrong_control_calls_are_told(self):
        for method, path, body, status in (
                ("POST", "faults", {"do": "explode"}, 400), ("POST", "faults", {"path": "("}, 400),
                ("POST", "faults", {"when": "now"}, 400), ("POST", "faults", [], 400), ("POST", "faults", {"x": 1}, 400),
                ("POST", "faults", {"skip": -1}, 400), ("POST", "faults", {"do": "delay"}, 400),
                ("POST", "faults", {"headers": {"a": "b\r\nc: d"}}, 400), ("DELETE", "faults/7", None, 404),
                ("POST", "clock", {"advance_s": "x"}, 400), ("POST", "clock", {"advance_s": 10**15}, 400),
                ("GET", "calls?since=x", None, 400), ("POST", "settings", {"x": 1}, 400),
                ("POST", "settings", {"rest_versions": ["2.0"]}, 400), ("GET", "none", None, 404)):
            answer = requests.request(method, f"{self.simulator.url}/sim/{path}", json=body, verify=False, timeout=60)
            self.assertEqual(answer.status_code, status, f"{method} {path} {body} {answer.text}")
            self.assertTrue(answer.json()["error"])

    def test_the_journal_tells_what_was_asked(self):
        since = self.simulator.control("GET", "calls?since=0")["next"]
        self.client.get("volume", pendng=True)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(self.simulator.control, "GET", f"calls?since={since + 1}&wait_ms=60000")
            self.client.http.get(self.client.base + "host?names=a")
            calls = self.simulator.calls(since) + waiting.result()["calls"]
        self.assertEqual([(call["method"], call["path"], call["status"]) for call in calls],
                         [("GET", "/api/1.19/volume", 200)] + [("GET", "/api/1.19/host", 400)] * 2)
        self.assertEqual((calls[0]["body"], calls[0]["unread"]), ({"pendng": True}, ["pendng"]))
        self.assertEqual((calls[1]["query"], calls[1]["user"]), ({"names": "a"}, "pureuser"))

    def test_versions_that_an_upgrade_drops(self):
        self.simulator.control("POST", "settings", {"rest_versions": ["1.4"]})
        self.refusal(self.client.get, "volume", status=450)
        self.assertEqual(Client(self.simulator, "1.4").get("volume"), [])

    def test_twenty_clients_at_once(self):
        def work(number):
            client = Client(self.simulator)
            client.post(f"host/h{number}", iqnlist=[f"iqn.2000-01.a:{number}"])
            for n in range(10):
                client.post(f"volume/v{number}-{n}", size="1G")
                client.post(f"host/h{number}/volume/v{number}-{n}")
            return sorted(row["lun"] for row in client.get(f"host/h{number}/volume"))
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            self.assertEqual(list(pool.map(work, range(20))), [list(range(1, 11))] * 20)
        self.assertEqual(len({row["serial"] for row in self.client.get("volume")}), 200)


if __name__ == "__main__":
    run()
