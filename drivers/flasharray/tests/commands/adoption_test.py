#!/usr/bin/python3
"""`drover volume unmanaged|adopt|recover|release` and those of snapshots on a FlashArray. usage: adoption_test.py BUILD_DIR"""
from agent_on_array import AgentTest, id_of, run


class Adoption(AgentTest):
    SEED = ("hosts: [{name: esx1, iqns: [iqn.2026-01.test:esx]}]\n"
            "volumes: [{name: oracle, size: 64M}, {name: vmfs, size: 64M, hosts: [esx1]}]\n")

    def handles(self, *arguments):
        """By the name that the array knows it by."""
        rows = self.json(*arguments)["unmanaged"]
        return {each["attributes"].get("array_volume", each["attributes"].get("array_snapshot")): each["handle"] for each in rows}

    def test_a_volume_is_adopted_and_given_back(self):
        rows = {row[1]: row for row in self.table("volume", "unmanaged")}
        self.assertEqual(sorted(rows), ["oracle", "vmfs"])
        self.assertEqual(rows["oracle"][-1], "yes")
        by_name = self.handles("volume", "unmanaged")
        self.assertEqual(sorted(self.drover("-q", "volume", "unmanaged").split()), sorted(by_name.values()))
        refused = [each["refused"] for each in self.json("volume", "unmanaged", "--backend", "flasharray")["unmanaged"]]
        self.assertEqual(sorted(refused), ["", "it is connected to esx1, which is no node that we know"])
        handle = by_name["oracle"]
        self.assertEqual(self.drover("volume", "adopt", handle, "legacy"), "adopted legacy: 64 MiB on flasharray\n")
        self.assertEqual(self.drover("volume", "adopt", handle, "legacy"), "adopted legacy: 64 MiB on flasharray\n")
        legacy = self.json("volume", "adopt", handle, "legacy")
        self.assertEqual((legacy["name"], legacy["backend_id"], legacy["bytes"], legacy["created_by_us"], legacy["error"]),
                         ("legacy", handle, 64 << 20, False, None))
        self.assertNotIn("oracle", self.on_array("volume"))
        self.restart_agent()
        self.assertEqual(self.json("volume", "inspect", "legacy"), legacy)
        self.assertEqual(self.json("volume", "release", "legacy")["id"], legacy["id"])
        self.refusal("volume", "inspect", "legacy", code="not-found", status=3)
        self.assertIn(handle, self.handles("volume", "unmanaged").values())
        self.assertEqual(len(self.on_array("volume")), 2)

    def test_what_is_refused_changes_nothing(self):
        before = self.on_array("volume")
        by_name = self.handles("volume", "unmanaged")
        self.assertIn("it is connected to esx1", self.refusal("volume", "adopt", by_name["vmfs"], "vmfs", code="conflict"))
        self.assertIn("no volume with the serial ffff", self.refusal("volume", "adopt", "ffff", "x", code="not-found", status=3))
        self.assertIn("none", self.refusal("volume", "adopt", "ffff", "x", "--backend", "none", code="not-found", status=3))
        self.assertIn("there are flasharray, loop, plain",
                      self.refusal("volume", "unmanaged", "--backend", "none", code="not-found", status=3))
        self.refusal("volume", "release", "none", code="not-found", status=3)
        words = "driver cfile of backend plain can neither adopt nor release"
        self.drover("volume", "create", "lone", "--size", "64m", "--backend", "plain")
        for command in (("volume", "unmanaged", "--backend", "plain"), ("volume", "adopt", "x", "y", "--backend", "plain"),
                        ("volume", "recover", "x", "y", "--backend", "plain"), ("volume", "release", "lone"),
                        ("snapshot", "unmanaged", "lone"), ("snapshot", "adopt", "lone", "x", "y")):
            self.assertIn(words, self.refusal(*command, code="unsupported"))
        self.drover("volume", "adopt", by_name["oracle"], "legacy")
        self.assertIn("is volume legacy already", self.refusal("volume", "adopt", by_name["oracle"], "other", code="exists"))
        self.drover("volume", "release", "legacy")
        for arguments in (("volume", "adopt"), ("volume", "recover"), ("volume", "release"), ("volume", "unmanaged", "x"),
                          ("snapshot", "unmanaged"), ("snapshot", "adopt", "db"), ("snapshot", "release", "db")):
            self.assertIn("--help", self.misuse(*arguments))
        self.assertEqual([each["name"] for each in self.json("volume", "ls")["volumes"]], ["lone"])
        self.assertEqual({each["serial"] for each in before.values()}, {each["serial"] for each in self.on_array("volume").values()})

    def test_a_destroyed_volume_is_recovered(self):
        self.drover("volume", "create", "db", "--size", "64m")
        serial = self.json("volume", "inspect", "db")["backend_id"]
        self.assertEqual(self.json("volume", "unmanaged", "--destroyed"), {"unmanaged": []})
        self.drover("volume", "rm", "db")
        row, = self.json("volume", "unmanaged", "--destroyed")["unmanaged"]
        self.assertEqual(row["handle"], serial)
        self.assertRegex(row["destroyed"], "^eradicated in [0-9]+ s$")
        self.assertIn("yes, recovers it", self.drover("volume", "unmanaged"))
        self.drover("volume", "create", "db", "--size", "1g")  # the name is free
        self.refusal("volume", "recover", serial, "db", code="exists")
        recovered = self.json("volume", "recover", serial, "old-db")
        self.assertEqual((recovered["backend_id"], recovered["bytes"]), (serial, 64 << 20))
        self.assertNotEqual(recovered["id"], id_of("db"))
        self.assertEqual(self.drover("volume", "recover", serial, "old-db"), "adopted old-db: 64 MiB on flasharray\n")
        self.assertEqual(self.json("volume", "unmanaged", "--destroyed"), {"unmanaged": []})

    def test_a_snapshot_is_given_back_and_adopted(self):
        self.drover("volume", "create", "db", "--size", "64m")
        self.drover("snapshot", "create", "db", "monday")
        monday = self.json("snapshot", "inspect", "db", "monday")
        self.assertEqual(self.json("snapshot", "unmanaged", "db"), {"unmanaged": []})
        self.assertIn("it has snapshots (monday)", self.refusal("volume", "release", "db", code="conflict"))
        self.assertEqual(self.json("snapshot", "release", "db", "monday"), monday)
        self.assertEqual(self.json("snapshot", "ls", "db"), {"snapshots": []})
        handle = self.drover("-q", "snapshot", "unmanaged", "db").strip()
        self.assertEqual(list(self.handles("snapshot", "unmanaged", "db").values()), [handle])
        self.assertEqual(self.table("snapshot", "unmanaged", "db")[0][0], handle)
        adopted = self.json("snapshot", "adopt", "db", handle, "tuesday")
        self.assertEqual((adopted["name"], adopted["volume"], adopted["bytes"]), ("tuesday", "db", 64 << 20))
        self.assertEqual(self.drover("snapshot", "adopt", "db", handle, "tuesday"), "snapshot tuesday of db\n")
        self.assertEqual([each["name"] for each in self.json("snapshot", "ls", "db")["snapshots"]], ["tuesday"])
        self.refusal("snapshot", "adopt", "db", "ffff", "x", code="not-found", status=3)
        self.refusal("snapshot", "release", "db", "none", code="not-found", status=3)
        self.refusal("snapshot", "unmanaged", "none", code="not-found", status=3)
        self.drover("snapshot", "rm", "db", "tuesday")
        self.drover("volume", "rm", "db")


if __name__ == "__main__":
    run()
