#!/usr/bin/python3
"""What survives restarts and kills, and what volumes hold, of the simulated FlashArray. usage: state_test.py PROGRAM"""
import signal

from simulator import Client, SimulatorTest, run


class State(SimulatorTest):
    SEED = "volumes: [{name: first, size: 1G}]\nhosts: [{name: h, iqns: ['iqn.2000-01.a:b']}]\n"

    def test_all_survives_a_kill_at_any_time(self):
        state = self.folder / "state"
        simulator = self.start("--state", state)
        client = Client(simulator)
        client.put("host/h", host_user="u", host_password="secret-of-chap")
        client.post("host/h/volume/first", lun=9)
        client.post("pgroup/g", vollist=["first"])
        client.post("pgroup", source=["g"], snap=True, suffix="x")
        client.post("volume/gone", size="1G", iops_limit=500)
        client.delete("volume/gone")
        simulator.control("POST", "clock", {"advance_s": 3600})
        client = Client(simulator)
        client.post("volume/last", size="2G")
        before = simulator.control("GET", "state")
        self.assertEqual(simulator.end(signal.SIGKILL), -9)
        with state.open("ab") as file:
            file.write(b'{"volume": [{"id": 99, "na')  # what a kill may leave
        again = self.start("--state", state)
        after = again.control("GET", "state")
        for one in (before, after):
            one.pop("sessions")
        self.assertEqual(after, before)
        client = Client(again)
        self.assertEqual(client.get("volume/first/host")[0]["lun"], 9)
        self.assertLess(client.get("volume/gone", pending=True)["time_remaining"], 86400 - 3500)
        self.assertEqual(client.post("volume/new", size="1G")["serial"][:16], before["array"]["serial_prefix"])
        self.assertEqual(len({row["serial"] for row in client.get("volume", pending=True)}), 4)
        self.assertEqual(again.end(), 0)

    def test_a_restart_forgets_sessions_and_does_not_seed_again(self):
        state = self.folder / "state"
        simulator = self.start("--state", state)
        client = Client(simulator)
        client.delete("volume/first")
        client.delete("volume/first", eradicate=True)
        simulator.end()
        again = self.start("--state", state)
        client.base = Client(again).base
        self.refusal(client.get, "volume", status=401)
        self.assertEqual(Client(again).get("volume", pending=True), [])

    def test_one_simulator_per_state_file_and_no_strange_file(self):
        state = self.folder / "state"
        simulator = self.start("--state", state)
        with self.assertRaisesRegex(AssertionError, "used by another simulator"):
            self.start("--state", state)
        simulator.end()
        text = state.read_text()
        for wrong, words in (("{}\n", "not the state"), (text.replace('"format":1', '"format":2'), "not the state"),
                             (text + "[]\n", "no JSON object"), (text + '{"volume": [{"id": 1}]}\n', "cannot be read")):
            state.write_text(wrong)
            with self.assertRaisesRegex(AssertionError, words):
                self.start("--state", state)

    def test_many_changes_are_packed(self):
        state = self.folder / "state"
        simulator = self.start("--state", state)
        client = Client(simulator)
        for _ in range(50):
            client.put("volume/first", size="2G")
            client.put("volume/first", size="1G", truncate=True)
        lines = len(state.read_text().splitlines())
        simulator.end()
        again = self.start("--state", state)
        self.assertLess(len(state.read_text().splitlines()), lines)
        self.assertEqual(len(Client(again).get("volume/first", snap=True, pending_only=True)), 50)

    def test_contents_are_copied_with_their_holes(self):
        folder = self.folder / "data"
        simulator = self.start("--data-dir", folder)
        client = Client(simulator)
        serial = client.get("volume/first")["serial"]
        image = folder / f"{serial}.img"
        self.assertEqual((image.stat().st_size, image.stat().st_blocks), (1 << 30, 0))
        with image.open("r+b") as file:
            file.seek(512 << 20)
            file.write(b"written by a host")
        copy = folder / f"{client.post('volume', source=['first'], snap=True)[0]['serial']}.img"
        with copy.open("rb") as file:
            file.seek(512 << 20)
            self.assertEqual(file.read(17), b"written by a host")
        self.assertLess(copy.stat().st_blocks * 512, 1 << 20)
        with image.open("r+b") as file:
            file.write(b"later")
        snapshot = client.get("volume/first", snap=True)[0]["name"]
        client.post("volume/first", source=snapshot, overwrite=True)
        with image.open("rb") as file:
            self.assertEqual(file.read(5), bytes(5))
        client.put("volume/first", size="2G")
        self.assertEqual(image.stat().st_size, 2 << 30)
        self.assertGreater(client.get("volume/first", space=True)["volumes"], 0)
        client.delete("volume/first")
        client.delete("volume/first", eradicate=True)
        self.assertEqual(list(folder.iterdir()), [])


if __name__ == "__main__":
    run()
