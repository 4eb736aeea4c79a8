#!/usr/bin/python3
"""`drover group` on a FlashArray. usage: groups_test.py BUILD_DIR"""
from agent_on_array import AgentTest, id_of, run


class Groups(AgentTest):
    def setUp(self):
        super().setUp()
        for name in ("db", "web"):
            self.drover("volume", "create", name, "--size", "64m")

    @staticmethod
    def volumes(group):
        return [each["volume"] for each in group["volumes"]]

    def test_the_life_of_a_group(self):
        self.assertEqual(self.drover("group", "create", "shop", "db"), "created group shop: db\n")
        self.assertEqual(self.drover("group", "create", "shop", "db"), "created group shop: db\n")  # may be repeated
        self.assertEqual(self.drover("group", "add", "shop", "web"), "changed group shop: db, web\n")
        self.assertEqual(self.volumes(self.json("group", "remove", "shop", "db")), ["web"])
        self.assertEqual(self.volumes(self.json("group", "add", "shop", "db", "web")), ["db", "web"])
        self.assertEqual(self.drover("-q", "group", "create", "empty"), "empty\n")
        self.assertEqual(len(self.on_array("pgroup")), 2)
        rows = {row[0]: row for row in self.table("group", "ls")}
        self.assertEqual(rows["shop"][1:4], ["ready", "flasharray", "0"])
        self.assertEqual(rows["shop"][5:], ["db,", "web"])
        self.assertEqual(self.drover("-q", "group", "ls"), "empty\nshop\n")
        self.assertEqual([each["name"] for each in self.json("group", "ls")["groups"]], ["empty", "shop"])
        self.assertRegex(self.drover("group", "inspect", "shop"), "(?m)^Volumes: +db, web$")
        shop = self.json("group", "inspect", "shop")
        self.assertEqual((shop["backend"], shop["status"], shop["snapshots"]), ("flasharray", "ready", 0))
        self.assertEqual([each["volume_id"] for each in shop["volumes"]], [id_of("db"), id_of("web")])
        self.assertEqual(self.json("group", "inspect", shop["id"]), shop)
        self.restart_agent()
        self.assertEqual(self.json("group", "inspect", "shop"), shop)
        self.assertIn("it is in group shop", self.refusal("volume", "rm", "db", code="conflict"))
        self.assertIn("it is in group shop", self.refusal("volume", "release", "db", code="conflict"))
        self.assertEqual(self.drover("group", "rm", "shop"), "removed shop\n")
        self.assertEqual(self.drover("--json", "group", "rm", "empty"), "")
        self.assertEqual(self.json("group", "ls"), {"groups": []})
        self.assertEqual((self.on_array("pgroup"), len(self.on_array("volume"))), ({}, 2))

    def test_snapshots_of_a_group(self):
        self.drover("group", "create", "shop", "db", "web")
        self.assertEqual(self.drover("group", "snapshot", "shop", "monday"), "snapshot monday of shop: db, web\n")
        monday = self.json("group", "snapshot", "shop", "monday")  # the same one
        self.assertEqual([each["volume"] for each in monday["snapshots"]], ["db", "web"])
        unnamed = self.drover("-q", "group", "snapshot", "shop").strip()
        self.assertEqual(len(self.on_array("volume")), 6)
        self.assertEqual([row[:4] for row in self.table("group", "snapshots")],
                         [["shop", "monday", "ready", "yes"], ["shop", unnamed, "ready", "yes"]])
        listed = self.json("group", "snapshots", "shop")
        self.assertEqual(listed, self.json("group", "snapshots"))
        self.assertEqual(listed["group_snapshots"][0], monday)
        self.assertRegex(self.drover("group", "inspect", "shop"), f"(?m)^Snapshots: +monday, {unnamed}$")
        of_db = {each["name"]: each for each in self.json("snapshot", "ls", "db")["snapshots"]}
        self.assertEqual(sorted(of_db), sorted(["monday", unnamed]))
        self.assertEqual(of_db["monday"]["id"], monday["snapshots"][0]["snapshot_id"])
        self.assertEqual(self.json("volume", "clone", "db", "copy", "--snapshot", "monday")["name"], "copy")
        words = self.refusal("group", "rm", "shop", code="conflict")
        self.assertIn("it has snapshots (monday, ", words)
        self.restart_agent()
        self.assertEqual(self.json("group", "snapshots"), listed)
        self.assertEqual(self.drover("group", "snapshot-rm", "shop", "monday"), "removed monday\n")
        self.assertEqual(self.drover("--json", "group", "snapshot-rm", "shop", unnamed), "")
        self.assertEqual(self.json("snapshot", "ls"), {"snapshots": []})
        self.drover("group", "rm", "shop")
        self.assertEqual(len(self.on_array("volume")), 3)

    def test_what_is_not_there(self):
        self.drover("group", "create", "shop", "db")
        for command in (("inspect", "none"), ("rm", "none"), ("add", "none", "db"), ("remove", "none", "db"), ("snapshot", "none"),
                        ("snapshots", "none"), ("snapshot-rm", "none", "monday")):
            self.assertIn("no such group: none", self.refusal("group", *command, code="not-found", status=3))
        for command in (("create", "other", "none"), ("add", "shop", "web", "none")):
            self.assertIn("no such volume: none", self.refusal("group", *command, code="not-found", status=3))
        self.assertIn("none", self.refusal("group", "snapshot-rm", "shop", "none", code="not-found", status=3))
        self.assertIn("none", self.refusal("group", "create", "other", "--backend", "none", code="not-found", status=3))
        self.assertEqual(self.drover("group", "rm", "--if-exists", "none"), "")
        self.assertEqual(self.drover("group", "snapshot-rm", "--if-exists", "shop", "none"), "")
        self.assertEqual([len(each["volumes"]) for each in self.on_array("pgroup").values()], [1])

    def test_what_cannot_be(self):
        self.drover("group", "create", "shop", "db")
        self.drover("volume", "create", "lb", "--size", "64m", "--backend", "loop")
        self.drover("volume", "create", "lone", "--size", "64m", "--backend", "plain")
        self.assertIn("with other volumes", self.refusal("group", "create", "shop", "web", code="exists"))
        self.assertIn("is in group shop", self.refusal("group", "create", "other", "db", code="conflict"))
        self.assertIn("lb", self.refusal("group", "create", "other", "web", "lb", code="invalid"))
        self.assertIn("lb", self.refusal("group", "add", "shop", "lb", code="invalid"))
        words = "driver cfile of backend plain has no consistency groups"
        self.assertIn(words, self.refusal("group", "create", "other", "lone", code="unsupported"))
        self.assertIn(words, self.refusal("group", "create", "other", "--backend", "plain", code="unsupported"))
        for arguments in (("group",), ("group", "create"), ("group", "add", "shop"), ("group", "frob"), ("group", "ls", "shop"),
                          ("group", "snapshot-rm", "shop"), ("group", "rm", "shop", "--force")):
            self.assertIn("--help", self.misuse(*arguments))
        self.assertEqual(self.volumes(self.json("group", "inspect", "shop")), ["db"])
        self.assertEqual(self.drover("-q", "group", "ls"), "shop\n")
        self.assertEqual([each["status"] for each in self.json("volume", "ls")["volumes"]], ["available"] * 4)


if __name__ == "__main__":
    run()
