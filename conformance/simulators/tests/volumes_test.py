#!/usr/bin/python3
"""Volumes, snapshots and connections of the simulated FlashArray. usage: volumes_test.py PROGRAM"""
import re
import time

from simulator import Client, SimulatorTest, run

GIB = 1 << 30
DAY = 86400


class Volumes(SimulatorTest):
    def names(self, **parameters):
        return [row["name"] for row in self.client.get("volume", **parameters)]

    def test_a_volume_from_its_making_to_its_end(self):
        made = self.client.post("volume/Vol-1", size="1G")
        self.assertEqual((made["name"], made["size"], made["source"]), ("Vol-1", GIB, None))
        self.assertRegex(made["serial"], "^[0-9A-F]{24}$")
        self.assertRegex(made["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(self.client.get("volume/vol-1"), made)  # whatever the case
        self.assertEqual(self.client.get("volume"), [made])
        self.assertEqual(self.client.put("volume/Vol-1", size=2 * GIB, truncate=False), {"name": "Vol-1", "size": 2 * GIB})
        self.assertEqual(self.client.put("volume/Vol-1", name="other"), {"name": "other"})
        self.assertEqual(self.client.get("volume/other")["serial"], made["serial"])
        self.assertEqual(self.client.delete("volume/other"), {"name": "other"})
        self.assertEqual(self.names(), [])
        row = self.client.get("volume", pending=True)[0]
        self.assertTrue(0 < row["time_remaining"] <= DAY)
        self.assertEqual(self.client.put("volume/other", action="recover"), {"name": "other"})
        self.assertEqual(self.client.get("volume/other", pending=True)["time_remaining"], None)
        self.client.delete("volume/other")
        self.client.delete("volume/other", eradicate=True)
        self.assertEqual(self.names(pending=True), [])

    def test_sizes_are_rounded_and_checked(self):
        self.assertEqual(self.client.post("volume/small", size=512)["size"], 1 << 20)
        self.assertEqual(self.client.post("volume/units", size="4096S")["size"], 1 << 21)
        for size in (513, 0, (4 << 50) + 512, "5P"):
            self.assertIn("multiple of 512", self.refusal(self.client.post, "volume/v", size=size))
        self.assertIn("truncate", self.refusal(self.client.put, "volume/units", size="1M", truncate=False))
        self.client.put("volume/units", size="1M", truncate=True)
        undo = self.client.get("volume/units", snap=True, pending_only=True)
        self.assertEqual([row["size"] for row in undo], [1 << 21])

    def test_copies_overwrites_and_restores(self):
        self.client.post("volume/a", size="1G")
        snapshot = self.client.post("volume", source=["a"], snap=True, suffix="s1")
        self.assertEqual([(row["name"], row["source"]) for row in snapshot], [("a.s1", "a")])
        copy = self.client.post("volume/b", source="a.s1")
        self.assertEqual((copy["source"], copy["size"]), ("a", GIB))
        self.client.put("volume/b", size="3G")
        self.assertIn("already exists", self.refusal(self.client.post, "volume/b", source="a"))
        again = self.client.post("volume/b", source="a", overwrite=True)
        self.assertEqual((again["serial"], again["size"]), (copy["serial"], GIB))
        self.assertEqual(len(self.client.get("volume/b", snap=True, pending_only=True)), 1)
        self.assertEqual(len({row["serial"] for row in self.client.get("volume", snap=True, pending=True)} |
                             {row["serial"] for row in self.client.get("volume")}), 4)
        self.assertIn("Invalid combination", self.refusal(self.client.post, "volume/c", source="a", size="1G"))

    def test_snapshots_follow_their_volume(self):
        self.client.post("volume/a", size="1G")
        self.client.post("volume/b", size="1G")
        rows = self.client.post("volume", source=["a", "b"], snap=True, suffix="x")
        self.assertEqual([row["name"] for row in rows], ["a.x", "b.x"])
        number = self.client.post("volume", source=["a"], snap=True)[0]["name"]
        self.assertRegex(number, r"^a\.\d+$")
        self.client.put("volume/a", name="c")
        self.assertEqual([row["name"] for row in self.client.get("volume/c", snap=True)],
                         sorted(["c.x", number.replace("a.", "c.")]))
        self.client.put("volume/c.x", name="c.y")
        self.assertIn("suffix", self.refusal(self.client.put, "volume/c.y", name="c.y.z"))
        self.assertIn("suffix", self.refusal(self.client.put, "volume/c.y", name="b.z"))
        self.client.delete("volume/c.y")
        self.client.delete("volume/c")
        self.assertEqual(self.names(snap=True), ["b.x"])
        self.client.put("volume/c", action="recover")
        self.assertEqual(len(self.client.get("volume/c", snap=True)), 1)  # c.y had been destroyed before
        self.assertEqual(self.names(snap=True, names=["c"]), [number.replace("a.", "c.")])
        self.assertIn("cannot be renamed",
                      self.refusal(Client(self.simulator, "1.3").put, "volume/b.x", name="b.z"))

    def test_time_eradicates_and_safe_mode_keeps(self):
        self.client.post("volume/a", size="1G")
        self.client.post("volume", source=["a"], snap=True, suffix="x")
        self.client.delete("volume/a")
        self.simulator.control("POST", "clock", {"advance_s": DAY - 60})
        self.client = Client(self.simulator)  # nobody asked for a day
        self.assertTrue(self.client.get("volume/a", pending=True)["time_remaining"] <= 60)
        self.simulator.control("POST", "clock", {"advance_s": 61})
        self.assertEqual(self.names(pending=True) + self.names(pending=True, snap=True), [])
        self.simulator.control("POST", "settings", {"safe_mode": True, "eradication_delay_s": 30 * DAY})
        self.client.post("volume/a", size="1G")
        self.client.delete("volume/a")
        self.assertIn("Eradication is disabled", self.refusal(self.client.delete, "volume/a", eradicate=True))
        self.assertGreater(self.client.get("volume/a", pending=True)["time_remaining"], 29 * DAY)

    def test_limits_of_speed_come_with_their_versions(self):
        self.client.post("volume/a", size="1G", bandwidth_limit="10M", iops_limit=1000)
        self.assertEqual(self.client.get("volume/a", qos=True),
                         {"name": "a", "bandwidth_limit": 10 << 20, "iops_limit": 1000})
        self.client.put("volume/a", bandwidth_limit="", iops_limit=100000000)
        self.assertEqual(self.client.get("volume", qos=True)[0],
                         {"name": "a", "bandwidth_limit": None, "iops_limit": 100000000})
        self.assertIn("iops_limit", self.refusal(self.client.put, "volume/a", iops_limit=99))
        self.assertIn("Unrecognized", self.refusal(Client(self.simulator, "1.13").put, "volume/a", bandwidth_limit="1M"))
        self.assertIn("Unrecognized", self.refusal(Client(self.simulator, "1.16").put, "volume/a", iops_limit=100))

    def test_names_keep_the_arrays_rules(self):
        for name in ("a", "a_b-c", "9a", "A" * 63):
            self.client.post(f"volume/{name}", size="1M")
        for name in ("A" * 64, "-a", "a-", "123", "a b", "a$b", "\u00e4"):
            self.assertIn("between 1 and 63 characters", self.refusal(self.client.post, f"volume/{name}", size="1M"), name)
        self.assertIn("already exists", self.refusal(self.client.post, "volume/A_B-c", size="1M"))
        self.assertIn("between 1 and 63", self.refusal(self.client.post, "host/a_b"))
        self.assertIn("between 1 and 63", self.refusal(self.client.post, "pgroup/a_b"))
        self.assertIn("between 1 and 63", self.refusal(self.client.post, "volume", source=["a"], snap=True, suffix="a.b"))

    def test_pages_end_with_an_empty_one(self):
        for number in range(7):
            self.client.post(f"volume/v{number}", size="1M")
        seen, token = [], None
        for _ in range(10):
            rows = self.client.get("volume", limit=3, **({"token": token} if token else {}))
            if not rows:
                break
            seen += [row["name"] for row in rows]
            token = self.client.answer.headers["x-next-token"]
        self.assertEqual(seen, [f"v{number}" for number in range(7)])
        self.assertNotIn("x-next-token", self.client.answer.headers)
        rows = self.client.get("volume", limit=2, sort="name-", filter="name='v*' and not (name='v6' or name=v5)")
        self.assertEqual([row["name"] for row in rows], ["v4", "v3"])
        token = self.client.answer.headers["x-next-token"]
        rows = self.client.get("volume", limit=2, sort="name-", filter="name='v*' and not (name='v6' or name=v5)", token=token)
        self.assertEqual([row["name"] for row in rows], ["v2", "v1"])
        self.assertEqual(self.names(names="v1,V2"), ["v1", "v2"])
        self.assertEqual(self.names(names=["v*"], filter="size<1048576"), [])
        self.assertIn("does not exist", self.refusal(self.client.get, "volume", names=["v1", "none"]))
        for wrong in ("name", "name=", "(name=a", "name='a", "name=a b", "(" * 50, "name~a"):
            self.assertIn("Invalid filter", self.refusal(self.client.get, "volume", filter=wrong), wrong)
        self.assertIn("Unrecognized", self.refusal(Client(self.simulator, "1.6").get, "volume", limit=3))

    def test_an_array_may_answer_with_fewer_rows_than_asked_for(self):
        for number in range(5):
            self.client.post(f"volume/v{number}", size="1M")
        self.simulator.control("POST", "settings", {"max_rows": 2})
        for asked in ({}, {"limit": 4}, {"filter": "name='v*'"}):
            seen, token = [], None
            while rows := self.client.get("volume", **asked, **({"token": token} if token else {})):
                self.assertLessEqual(len(rows), 2)
                seen += [row["name"] for row in rows]
                token = self.client.answer.headers["x-next-token"]
            self.assertEqual(seen, [f"v{number}" for number in range(5)], asked)
        self.assertEqual(len(Client(self.simulator, "1.6").get("volume")), 5)

    def test_luns_are_the_lowest_free_ones(self):
        self.client.post("host/h", iqnlist=["iqn.2000-01.a:b"])
        for number in range(1, 5):
            self.client.post(f"volume/v{number}", size="1M")
        self.assertEqual([self.client.post(f"host/h/volume/v{n}")["lun"] for n in (1, 2, 3)], [1, 2, 3])
        self.assertEqual(self.client.delete("host/h/volume/v2"), {"name": "h", "vol": "v2"})
        self.assertEqual(self.client.post("host/h/volume/v4"), {"name": "h", "vol": "v4", "lun": 2})
        self.assertIn("LUN", self.refusal(self.client.post, "host/h/volume/v2", lun=3))
        self.assertEqual(self.client.post("host/h/volume/v2", lun=300)["lun"], 300)
        # "name" is the volume in one list and the host in the other.
        self.assertEqual(self.client.get("volume/v4/host"), [{"host": "h", "name": "v4", "lun": 2, "size": 1 << 20}])
        self.assertIn({"name": "h", "vol": "v4", "lun": 2, "hgroup": None}, self.client.get("host/h/volume"))
        self.assertEqual(self.client.get("volume/v1/host", private=True)[0]["lun"], 1)
        rows = self.client.get("host", all=True)
        self.assertEqual([(row["vol"], row["lun"]) for row in rows], [("v1", 1), ("v3", 3), ("v4", 2), ("v2", 300)])
        self.assertEqual(rows[0]["iqn"], ["iqn.2000-01.a:b"])
        self.assertEqual({(row["name"], row["host"], row["lun"]) for row in self.client.get("volume", connect=True)},
                         {("v1", "h", 1), ("v2", "h", 300), ("v3", "h", 3), ("v4", "h", 2)})
        self.client.post("volume/v5", size="1M")
        for lun in (0, 5000):
            self.assertIn("Invalid LUN", self.refusal(self.client.post, "host/h/volume/v5", lun=lun))

    def test_ten_thousand_volumes_list_quickly(self):
        seed = self.folder / "many.yml"
        seed.write_text("volumes: [{name: flocker-, size: 10G, count: 10000}]\n")
        client = Client(self.start("--seed", seed))
        begin = time.monotonic()
        rows = client.get("volume")
        self.assertEqual(len(rows), 10000)
        self.assertEqual(rows[9999]["name"], "flocker-10000")
        page = client.get("volume", limit=100, token="name:flocker-05000")
        self.assertEqual(page[0]["name"], "flocker-05001")
        self.assertEqual(len({row["serial"] for row in rows}), 10000)
        print(f"10,000 volumes and a page of 100: {time.monotonic() - begin:.3f} s", end=" ", flush=True)


class Space(SimulatorTest):
    SEED = "array: {capacity: 1T, max_volumes: 3}\n"

    def test_capacity_and_limits(self):
        self.client.post("volume/a", size="1G")
        row = self.client.get("array", space=True)[0]
        self.assertEqual((row["capacity"], row["provisioned"]), (1 << 40, GIB))
        self.assertEqual(self.client.get("volume/a", space=True)["size"], GIB)
        self.assertNotIn("serial", self.client.get("volume", space=True)[0])
        self.client.post("volume/b", size="1G")
        self.client.post("volume", source=["a"], snap=True)
        words = self.refusal(self.client.post, "volume/c", size="1G")
        self.assertTrue(re.search("limit reached.*maximum number of volumes", words), words)


if __name__ == "__main__":
    run()
