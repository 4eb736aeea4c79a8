#!/usr/bin/python3
"""Hosts, host groups and protection groups of the simulated FlashArray, and the words of its refusals.
usage: hosts_test.py PROGRAM"""
from simulator import Client, SimulatorTest, run

IQN = "iqn.1993-08.org.debian:01:{}"


class Hosts(SimulatorTest):
    SEED = "targets: [other-fa]\n"

    def setUp(self):
        super().setUp()
        for volume in ("v1", "v2", "v3"):
            self.client.post(f"volume/{volume}", size="1G")

    def test_a_host_from_its_making_to_its_end(self):
        made = self.client.post("host/Node-1", iqnlist=[IQN.format("a")], wwnlist=["50:01:43:80:16:7b:c5:de"])
        self.assertEqual(made, {"name": "Node-1", "iqn": [IQN.format("a")], "wwn": ["50014380167BC5DE"], "nqn": []})
        row = self.client.get("host/node-1")
        self.assertEqual(row, {**made, "hgroup": None})
        self.assertNotIn("nqn", Client(self.simulator, "1.15").get("host/node-1"))
        self.client.put("host/node-1", addiqnlist=[])  # as the old driver does at each start
        self.client.put("host/node-1", addiqnlist=[IQN.format("b")])
        self.client.put("host/node-1", remiqnlist=[IQN.format("a")])
        self.assertEqual(self.client.get("host/node-1")["iqn"], [IQN.format("b")])
        self.assertEqual(self.client.put("host/node-1", iqnlist=[IQN.format("c"), IQN.format("b")])["iqn"],
                         [IQN.format("c"), IQN.format("b")])
        self.client.put("host/node-1", addnqnlist=["nqn.2014-08.org.nvmexpress:uuid:1"])
        self.assertEqual(self.client.put("host/node-1", personality="aix"), {"name": "Node-1", "personality": "aix"})
        self.assertEqual(self.client.put("host/node-1", name="n"), {"name": "n"})
        self.assertEqual(self.client.delete("host/n"), {"name": "n"})
        self.assertEqual(self.client.get("host"), [])

    def test_chap_is_set_shown_masked_and_cleared(self):
        self.client.post("host/h")
        set_row = self.client.put("host/h", host_user="u", host_password="twelve-chars", target_user="t",
                                  target_password="other-twelve")
        self.assertEqual(set_row, {"name": "h", "host_user": "u", "host_password": "****", "target_user": "t",
                                   "target_password": "****"})
        for wrong in ("short", "with blanks in", "x" * 256):
            self.assertIn("between 12 and 255", self.refusal(self.client.put, "host/h", host_password=wrong))
        self.client.put("host/h", host_user="")
        row = self.client.get("host/h", chap=True)
        self.assertEqual((row["host_user"], row["host_password"], row["target_user"]), (None, None, "t"))

    def test_host_groups_share_their_volumes(self):
        for host in ("h1", "h2", "h3"):
            self.client.post(f"host/{host}", iqnlist=[IQN.format(host)])
        self.assertEqual(self.client.post("hgroup/g", hostlist=["h1", "h2"]), {"name": "g", "hosts": ["h1", "h2"]})
        self.assertEqual(self.client.post("hgroup/g/volume/v1"), {"name": "g", "vol": "v1", "lun": 254})
        self.assertEqual(self.client.get("host/h1/volume"), [{"name": "h1", "vol": "v1", "lun": 254, "hgroup": "g"}])
        self.assertEqual(self.client.get("host/h1/volume", private=True), [])
        self.assertEqual(self.client.get("volume/v1/hgroup"), [{"hgroup": "g", "name": "v1", "lun": 254, "size": 1 << 30}])
        self.assertIn("Connection already exists", self.refusal(self.client.post, "host/h1/volume/v1"))
        self.assertIn("already a member", self.refusal(self.client.post, "hgroup/g2", hostlist=["h1"]))
        self.assertEqual([row["name"] for row in self.client.get("hgroup")], ["g"])  # nothing is left of g2
        self.client.put("hgroup/g", addhostlist=["h3"], remhostlist=["h1"])
        self.assertEqual(self.client.get("host/h3/volume")[0]["vol"], "v1")
        self.assertEqual(self.client.get("host/h1/volume"), [])
        self.assertIn("existing connections", self.refusal(self.client.delete, "host/h3"))
        self.assertIn("existing connections", self.refusal(self.client.delete, "hgroup/g"))
        self.assertIn("connections", self.refusal(self.client.delete, "volume/v1"))
        self.client.delete("hgroup/g/volume/v1")
        self.client.put("hgroup/g", hostlist=[])
        self.client.delete("hgroup/g")
        self.assertIn("Host group does not exist", self.refusal(self.client.get, "hgroup/g"))

    def test_protection_groups_and_their_snapshots(self):
        made = self.client.post("pgroup/g")
        self.assertEqual(made, {"name": "g", "source": "sim-fa", "volumes": None, "hosts": None, "hgroups": None,
                                "targets": None})
        self.client.put("pgroup/g", addvollist=["v1", "v2"], remvollist=[])
        self.assertEqual(self.client.post("volume/v3/pgroup/g"), {"name": "v3", "protection_group": "g"})
        self.client.put("pgroup/g", addvollist=[], remvollist=["v3"])
        self.assertEqual(self.client.get("pgroup/g")["volumes"], ["v1", "v2"])
        self.assertEqual(self.client.get("volume/v1/pgroup"), [{"name": "v1", "protection_group": "g"}])
        snapshot = self.client.post("pgroup", source=["g"], snap=True, suffix="x")
        self.assertEqual([(row["name"], row["source"]) for row in snapshot], [("g.x", "g")])
        old = Client(self.simulator, "1.3").post("pgroup", source=["g"], snap=True, suffix="y")
        self.assertEqual(old["name"], "g.y")  # an object, before several were possible
        self.assertEqual([row["name"] for row in self.client.get("volume", snap=True)],
                         ["g.x.v1", "g.x.v2", "g.y.v1", "g.y.v2"])
        self.assertEqual(self.client.post("volume/copy", source="g.x.v1")["source"], "v1")
        self.refusal(self.client.delete, "volume/g.x.v1")
        self.client.delete("pgroup/g.x")
        self.assertIn("has been destroyed", self.refusal(self.client.delete, "pgroup/g.x"))
        self.client.put("pgroup/g.x", action="recover")
        self.client.put("pgroup/g", name="g2")
        self.assertEqual([row["name"] for row in self.client.get("pgroup", snap=True)], ["g2.x", "g2.y"])
        self.assertEqual(self.client.get("pgroup/g2", transfer=True)[0]["progress"], 1.0)
        self.client.delete("pgroup/g2")
        self.assertEqual(self.client.get("volume", snap=True), [])
        self.assertEqual([row["name"] for row in self.client.get("pgroup", pending_only=True)], ["g2"])
        self.client.delete("pgroup/g2", eradicate=True)
        self.assertEqual(self.client.get("volume", snap=True, pending=True), [])
        self.assertEqual(len(self.client.get("volume")), 4)  # members are not touched

    def test_replication_is_remembered(self):
        self.client.post("pgroup/g", targetlist=["other-fa"])
        self.assertEqual(self.client.get("pgroup/g")["targets"], [{"name": "other-fa", "allowed": False}])
        self.assertIn("already includes", self.refusal(self.client.put, "pgroup/g", addtargetlist=["other-fa"]))
        self.client.put("pgroup/g", allowed=True)
        self.assertIn("already allowed on", self.refusal(self.client.put, "pgroup/g", allowed=True))
        self.client.put("pgroup/g", replicate_enabled=True, replicate_frequency=900)
        row = self.client.get("pgroup/g", schedule=True)
        self.assertEqual((row["replicate_enabled"], row["replicate_frequency"]), (True, 900))
        self.client.put("pgroup/g", target_all_for=14400, target_per_day=3, target_days=7)
        self.assertEqual(self.client.get("pgroup/g", retention=True)["target_all_for"], 14400)
        self.assertEqual(self.client.get("array/connection")[0]["array_name"], "other-fa")

    def test_volume_groups_and_pods_hold_volumes(self):
        self.client.post("vgroup/vg")
        self.assertEqual(self.client.post("volume/vg/v1", size="1G")["name"], "vg/v1")
        self.assertEqual(self.client.get("volume/vg/v1")["size"], 1 << 30)
        self.assertEqual(self.client.get("volume/vg/v1/host"), [])
        self.assertEqual(self.client.get("vgroup/vg")["volumes"], ["vg/v1"])
        self.client.post("pod/p")
        self.client.put("volume/v2", container="p")
        self.assertEqual(self.client.get("volume/p::v2")["name"], "p::v2")
        self.client.put("volume/p::v2", container="")
        self.assertIn("Pod does not exist", self.refusal(self.client.post, "volume/none::v", size="1G"))
        self.refusal(self.client.delete, "vgroup/vg")
        self.client.delete("pod/p")
        self.refusal(Client(self.simulator, "1.12").get, "pod", status=404)


class Nvme(SimulatorTest):
    SEED = """
ports:
  - {name: CT0.ETH4, portal: "127.0.0.1:3260"}
  - {name: CT0.ETH8, portal: "127.0.0.1:4420", nqn: "nqn.2010-06.com.purestorage:flasharray.1"}
"""
    NQN = "nqn.2014-08.org.nvmexpress:uuid:{}"

    def test_ports_and_hosts_have_nqns_from_1_16(self):
        iscsi, nvme = self.client.get("port")
        self.assertEqual((iscsi["nqn"], nvme["iqn"], nvme["wwn"]), (None, None, None))
        self.assertEqual((nvme["nqn"], nvme["portal"]), ("nqn.2010-06.com.purestorage:flasharray.1", "127.0.0.1:4420"))
        made = self.client.post("host/h", nqnlist=[self.NQN.format("a")])
        self.assertEqual((made["nqn"], made["iqn"]), ([self.NQN.format("a")], []))
        self.assertEqual(self.client.put("host/h", addnqnlist=[self.NQN.format("b")], remnqnlist=[self.NQN.format("a")])["nqn"],
                         [self.NQN.format("b")])
        self.assertEqual([row["nqn"] for row in self.client.get("port", initiators=True)], [self.NQN.format("b")])
        self.assertIn("NQN is already in use", self.refusal(self.client.post, "host/h2", nqnlist=[self.NQN.format("b")]))
        self.assertIn("Invalid NQN", self.refusal(self.client.post, "host/h2", nqnlist=["iqn.1993-08.org.debian:01:a"]))
        self.client.post("volume/v", size="1G")
        self.assertEqual(self.client.post("host/h/volume/v")["lun"], 1)
        old = Client(self.simulator, "1.15")
        self.assertEqual([row["name"] for row in old.get("port")], ["CT0.ETH4"])
        self.assertNotIn("nqn", old.get("port")[0])
        self.assertEqual(old.get("port", initiators=True), [])
        self.refusal(old.put, "host/h", addnqnlist=[self.NQN.format("c")])


class Words(SimulatorTest):
    """What old clients look for in a refusal: status 400, a list of one object per failed item."""

    def test_each_situation_has_its_words(self):
        c = self.client
        for volume in ("v1", "v2", "gone"):
            c.post(f"volume/{volume}", size="1G")
        c.delete("volume/gone")
        c.post("host/h1", iqnlist=[IQN.format("a")], wwnlist=["5001438016700001"])
        c.post("host/h2")
        c.post("host/h1/volume/v1")
        c.post("pgroup/g", vollist=["v1"])
        c.post("pgroup/old")
        c.delete("pgroup/old")
        c.post("volume", source=["v1"], snap=True, suffix="s")
        rows = [
            ("Volume does not exist", c.get, "volume/none", {}),
            ("Volume does not exist", c.get, "volume/gone", {}),
            ("Volume does not exist", c.put, "volume/none", {"size": "2G"}),
            ("Host does not exist", c.get, "host/none", {}),
            ("Host does not exist", c.post, "host/none/volume/v1", {}),
            ("Host does not exist", c.delete, "host/none/volume/v1", {}),
            ("Host does not exist", c.put, "host/none", {"host_user": "u"}),
            ("Protection group does not exist", c.get, "pgroup/none", {}),
            ("Snapshot does not exist", c.get, "volume/v1.none", {}),
            ("Snapshot does not exist", c.post, "volume/n", {"source": "v1.none"}),
            ("No such volume or snapshot", c.delete, "volume/v1.none", {}),
            ("does not exist", c.post, "host/h1/volume/gone", {}),
            ("does not exist", c.get, "volume/gone/host", {}),
            ("does not exist", c.put, "pgroup/g", {"addvollist": ["none"]}),
            ("has been destroyed", c.delete, "volume/gone", {}),
            ("has been destroyed", c.post, "pgroup/old", {}),
            ("has been destroyed", c.delete, "pgroup/old", {}),
            ("already exists", c.post, "volume/v1", {"size": "1G"}),
            ("already exists", c.post, "volume/gone", {"size": "1G"}),
            ("already exists", c.post, "volume/v1", {"source": "v2"}),
            ("already exists", c.put, "volume/v1", {"name": "v2"}),
            ("already exists", c.post, "host/H1", {}),
            ("already exists", c.post, "pgroup/g", {}),
            ("already exists", c.post, "volume", {"source": ["v1"], "snap": True, "suffix": "s"}),
            ("Connection already exists", c.post, "host/h1/volume/v1", {}),
            ("Connection already exists", c.post, "host/h1/volume/v1", {"lun": 7}),
            ("IQN is already in use", c.put, "host/h2", {"addiqnlist": [IQN.format("a")]}),
            ("WWN is already in use", c.post, "host/h3", {"wwnlist": ["50:01:43:80:16:70:00:01"]}),
            ("is not connected", c.delete, "host/h2/volume/v1", {}),
            ("cannot be deleted due to existing connections", c.delete, "host/h1", {}),
            ("already belongs to", c.put, "pgroup/g", {"addvollist": ["v1"]}),
            ("could not be found", c.put, "pgroup/g", {"remvollist": ["v2"]}),
            ("connections", c.delete, "volume/v1", {}),
            ("must be destroyed before", c.delete, "volume/v1", {"eradicate": True}),
            ("Invalid combination of parameters", c.put, "volume/v1", {"name": "n", "size": "2G"}),
        ]
        for words, call, path, parameters in rows:
            self.assertIn(words, self.refusal(call, path, **parameters), f"{call.__name__} {path} {parameters}")
            body = c.answer.json()
            self.assertEqual(set(body[0]), {"pure_err_key", "code", "ctx", "pure_err_code", "msg"})
        self.assertEqual([row["name"] for row in c.get("host")], ["h1", "h2"])  # h3 was not half made

    def test_every_failed_item_has_its_own(self):
        self.client.post("volume/v1", size="1G")
        self.refusal(self.client.post, "volume", source=["v1", "a", "b"], snap=True, suffix="x")
        self.assertEqual([row["ctx"] for row in self.client.answer.json()], ["a", "b"])
        self.assertEqual(self.client.get("volume", snap=True), [])  # all or none


if __name__ == "__main__":
    run()
