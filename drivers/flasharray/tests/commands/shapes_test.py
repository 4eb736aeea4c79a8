#!/usr/bin/python3
"""`drover volume retype|qos`, `driver stats` and `node fence` on a FlashArray. usage: shapes_test.py BUILD_DIR"""
from agent_on_array import AgentTest, id_of, run

MIB = 1 << 20


class Shapes(AgentTest):
    def test_retype(self):
        self.drover("volume", "create", "db", "--size", "64m", "--profile", "gold")
        self.assertEqual(self.drover("volume", "retype", "db", "silver"), "retyped db: 64 MiB on flasharray, profile silver\n")
        volume, = self.on_array("volume").values()
        self.assertEqual((volume["iops_limit"], volume["bandwidth_limit"]), (1000, None))
        gold = self.json("volume", "retype", "db", "gold")
        self.assertEqual(gold["profile"], "gold")
        self.assertIn("known are: gold, silver", self.refusal("volume", "retype", "db", "copper", code="invalid"))
        self.assertEqual(self.json("volume", "inspect", "db"), gold, "a refusal is no error of the volume")
        self.refusal("volume", "retype", "none", "gold", code="not-found", status=3)
        self.refusal("volume", "retype", "db", code="invalid")
        self.assertIn("--help", self.misuse("volume", "retype"))
        self.drover("volume", "create", "lone", "--size", "64m", "--backend", "plain")
        self.assertIn("driver cfile of backend plain cannot give a volume another profile",
                      self.refusal("volume", "retype", "lone", "gold", code="unsupported"))

    def test_qos(self):
        self.drover("volume", "create", "db", "--size", "64m", "--profile", "gold")
        self.assertEqual(self.drover("volume", "qos", "db"), "Max IOPS:   20000\nMax bytes:  400 MiB/s\n")
        self.assertEqual(self.json("volume", "qos", "db", "--max-iops", "5000", "--max-bytes-per-second", "200m"),
                         {"max_iops": 5000, "min_iops": None, "burst_iops": None, "max_bytes_per_second": 200 * MIB,
                          "supported": ["max_iops", "max_bytes_per_second"]})
        self.assertEqual(self.json("volume", "inspect", "db")["profile"], "")
        volume, = self.on_array("volume").values()
        self.assertEqual((volume["iops_limit"], volume["bandwidth_limit"]), (5000, 200 * MIB))
        self.assertIn("100 to 100000000", self.refusal("volume", "qos", "db", "--max-iops", "1", code="invalid"))
        self.assertIn("has no limit min_iops", self.refusal("volume", "qos", "db", "--min-iops", "500", code="unsupported"))
        self.refusal("volume", "qos", "none", code="not-found", status=3)
        self.assertIn("is no number of operations", self.misuse("volume", "qos", "db", "--max-iops", "-1"))
        self.assertIn("--help", self.misuse("volume", "qos", "db", "--none", "--max-iops", "500"))
        self.assertEqual(self.json("volume", "qos", "db")["max_iops"], 5000)
        self.assertEqual(self.drover("-q", "volume", "qos", "db", "--none"), "")
        self.assertEqual(self.drover("volume", "qos", "db"), "Max IOPS:   no limit\nMax bytes:  no limit\n")
        self.assertEqual(self.json("volume", "inspect", "db")["status"], "available")
        for name, backend, driver in (("lb", "loop", "loopback"), ("lone", "plain", "cfile")):
            self.drover("volume", "create", name, "--size", "64m", "--backend", backend)
            for arguments in ((), ("--max-iops", "500")):
                self.assertIn(f"driver {driver} of backend {backend} has no limits for volumes",
                              self.refusal("volume", "qos", name, *arguments, code="unsupported"))

    def test_statistics(self):
        self.drover("volume", "create", "db", "--size", "1g")
        row, = self.table("driver", "stats")
        self.assertEqual((row[:4], row[-1]), (["flasharray", "lab-fa", "100", "TiB"], "1.0:1"))
        self.assertEqual(self.drover("-q", "driver", "stats"), "lab-fa\n")
        backends = {each["backend"]: each["pools"] for each in self.json("driver", "stats")["backends"]}
        self.assertEqual((sorted(backends), backends["loop"]), (["flasharray", "loop"], []))
        pool, = backends["flasharray"]
        self.assertEqual((pool["pool"], pool["total_bytes"], pool["provisioned_bytes"]), ("lab-fa", 100 << 40, 1 << 30))
        only, = self.json("driver", "stats", "flasharray")["backends"]
        self.assertEqual(only["pools"][0]["total_bytes"], 100 << 40)
        self.assertIn("does not offer drv.stats/1", self.refusal("driver", "stats", "plain", code="unsupported"))
        self.assertIn("there are flasharray, loop, plain", self.refusal("driver", "stats", "none", code="not-found", status=3))


class Fence(AgentTest):
    SEED = ("hosts: [{name: drover-node-b, iqns: [iqn.2026-01.test:b]}]\n"
            f"volumes: [{{name: drover-{id_of('held')}, size: 64M, hosts: [drover-node-b]}}, {{name: theirs, size: 1M, hosts: [drover-node-b]}}]\n")

    def setUp(self):
        super().setUp()
        self.drover("volume", "create", "held", "--size", "64m")

    def held(self):
        volume = self.json("volume", "inspect", "held")
        return volume["status"], volume["node"]

    def test_a_dead_nodes_volumes_are_taken_away(self):
        self.assertEqual(self.held(), ("elsewhere", "node-b"))
        self.assertIn("node-b", self.refusal("volume", "rm", "--destroy", "held", code="conflict"))
        self.assertEqual(self.drover("node", "fence", "node-b", "--yes", "--backend", "flasharray", "--backend", "loop"),
                         "node node-b is fenced, backend flasharray: it had held; backend loop: it had no volume\n")
        self.assertEqual(self.held(), ("available", ""))
        operation = self.json("node", "fence", "node-b", "--yes", "--backend", "flasharray")
        self.assertTrue(operation["done"])
        self.assertEqual((operation["error"], operation["stage"]), (None, "backend flasharray: it had no volume"))
        self.drover("volume", "rm", "held")

    def test_nothing_is_fenced_by_mistake(self):
        self.assertIn("say --yes", self.misuse("node", "fence", "node-b"))
        self.assertIn("cannot cut itself off", self.refusal("node", "fence", "node-a", "--yes", code="invalid"))
        self.refusal("node", "fence", "node-b", "--yes", "--backend", "none", code="not-found", status=3)
        self.assertIn("--help", self.misuse("node", "fence", "--yes"))
        self.assertEqual(self.held(), ("elsewhere", "node-b"))

    def test_a_backend_that_cannot_is_named_and_the_others_are_fenced(self):
        words = self.run_drover("node", "fence", "node-b", "--yes")
        self.assertEqual(words.status, 1)
        self.assertIn('not fenced on backend plain: fence: the driver "cfile"', words.err)
        self.assertIn("it is on backend flasharray: it had held", words.err)
        self.assertEqual(self.held(), ("available", ""))


if __name__ == "__main__":
    run()
