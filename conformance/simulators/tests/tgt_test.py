#!/usr/bin/python3
"""The data plane of a tgtd of its own: what initiators see, and that nothing is left. usage: tgt_test.py PROGRAM"""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from initiator import CommandFailed, LoginFailed, Session
from simulator import PATIENCE_S, Client, Refused, SimulatorTest, run

MIB = 1 << 20
TARGET = "iqn.2010-06.com.purestorage:flasharray.5a5e1ab5e1ab5e1a"
NODE, OTHER = "iqn.2026-11.io.drover:node", "iqn.2026-11.io.drover:other"
CHAP = {"user": "node", "password": "a-secret,of-20-chars"}
MUTUAL = {"target_user": "array", "target_password": "the-array's-own-one"}


def own_address():
    """Of the loopback network, and of no other process: tests run side by side."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 64}.{(pid >> 8) % 256}.{pid % 256}"


def free_ports(address):
    with socket.create_server((address, 0)) as one, socket.create_server((address, 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


def eventually(is_so):
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def users_of(folder):
    """Processes with something open in it, by id, with their names."""
    users = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            links = [os.readlink(link) for link in [process / "cwd", *(process / "fd").iterdir()]]
            if any(link == str(folder) or link.startswith(f"{folder}/") for link in links):
                users[int(process.name)] = (process / "comm").read_text().strip()
        except OSError:  # it ended, or is not ours to look into
            continue
    return users


class Tgt(SimulatorTest):
    def setUp(self):
        address = own_address()
        self.portals = [f"{address}:{port}" for port in free_ports(address)]
        self.SEED = self.seed(self.portals)
        super().setUp()
        self.client.post("host/h", iqnlist=[NODE])
        self.client.put("host/h", host_user=CHAP["user"], host_password=CHAP["password"])
        self.client.post("volume/v", size="8M")

    @staticmethod
    def seed(portals):
        ports = ", ".join(f'{{name: CT{number}.ETH4, portal: "{portal}"}}' for number, portal in enumerate(portals))
        return f"array: {{iqn: '{TARGET}'}}\nports: [{ports}]\n"

    def start(self, *arguments):
        self.data = self.folder.resolve() / "data"
        # Last of all, when it has been killed.
        self.addCleanup(lambda: self.assertTrue(eventually(lambda: not users_of(self.data))))
        return super().start("--data-plane", "tgt", "--data-dir", self.data, "--state", self.folder / "state", *arguments)

    def session(self, iqn=NODE, portal=0, **more):
        session = Session(iqn, self.portals[portal], TARGET, **{**CHAP, **more})
        self.addCleanup(session.close)
        return session

    def fails_to_log_in(self, words, **arguments):
        with self.assertRaises(LoginFailed) as caught:
            self.session(**arguments)
        self.assertIn(words, str(caught.exception))

    def connect(self, host="h", volume="v", **parameters):
        return self.client.post(f"host/{host}/volume/{volume}", **parameters)["lun"]

    def tool(self, program, *arguments):
        done = subprocess.run([program, "-i", NODE, *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_hosts_initiators_with_its_chap_log_in_and_nobody_else(self):
        self.fails_to_log_in("Target not found")
        lun = self.connect()
        self.assertEqual(self.session().luns(), [lun])
        self.fails_to_log_in("Authentication fail", password="a-secret,of-20-charS")
        self.fails_to_log_in("Authentication fail", user="nodE")
        self.fails_to_log_in("Authentication fail", user=None)
        self.fails_to_log_in("Target not found", iqn=OTHER)
        # The array proves itself, once it has been told how.
        self.fails_to_log_in("", **MUTUAL)
        self.client.put("host/h", **MUTUAL)
        self.session(**MUTUAL)
        self.session()
        self.fails_to_log_in("Invalid CHAP_R", target_user="array", target_password="another-arrays-one")

    def test_new_chap_and_new_initiators_hold_for_the_next_login(self):
        lun = self.connect()
        session = self.session()
        self.client.put("host/h", host_password="another-secret")
        self.fails_to_log_in("Authentication fail")
        self.session(password="another-secret")
        self.client.put("host/h", addiqnlist=[OTHER])
        other = self.session(iqn=OTHER, password="another-secret")
        self.assertEqual((session.luns(), other.luns()), ([lun], [lun]))  # both were in all the time
        self.client.put("host/h", remiqnlist=[NODE])
        self.fails_to_log_in("Target not found", password="another-secret")
        with self.assertRaises(CommandFailed):
            session.read(lun, 0)
        self.assertEqual(len(other.read(lun, 0)), 512)
        self.client.put("host/h", host_user="")
        self.session(iqn=OTHER, user=None)
        self.assertIn("CHAP user cannot both be same", self.fault_of(
            self.client.put, "host/h", host_user="same", host_password="a-secret-of-20-chars", target_user="same",
            target_password="another-secret-of-it"))
        self.session(iqn=OTHER, user=None)  # undone
        self.client.put("host/h", host_user=CHAP["user"], host_password=CHAP["password"])
        self.session(iqn=OTHER)

    def fault_of(self, call, *arguments, **parameters):
        return self.refusal(call, *arguments, status=500, **parameters)

    def test_luns_are_as_the_array_says(self):
        self.client.post("volume/w", size="3M")
        self.connect(lun=7)
        self.connect(volume="w", lun=300)
        serial = self.client.get("volume/v")["serial"]
        for portal, address in enumerate(self.portals):
            session = self.session(portal=portal)
            self.assertEqual(session.luns(), [7, 300])
            self.assertEqual((session.size(7), session.size(300 | 0x4000)), (8 * MIB, 3 * MIB))
            self.assertEqual(session.page(7, 0x80).strip(), serial.encode())
            url = f"iscsi://{CHAP['user']}%{CHAP['password']}@{address}"
            self.assertIn(f"Target:{TARGET} Portal:{address},1", self.tool("iscsi-ls", url))
            told = self.tool("iscsi-inq", f"{url}/{TARGET}/7")
            for line in ("Vendor:PURE    \n", "Product:FlashArray      \n"):
                self.assertIn(line, told)
            self.assertIn(f"[{serial.rjust(36)}]", self.tool("iscsi-inq", "-e", "1", "-c", "128", f"{url}/{TARGET}/7"))
            self.assertIn(f"Total size:{8 * MIB}\n", self.tool("iscsi-readcapacity16", f"{url}/{TARGET}/7"))
        listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
        daemon = next(pid for pid, name in users_of(self.data).items() if name == "tgtd")
        self.assertEqual(sorted(line.split()[3] for line in listening if f"pid={daemon}," in line), sorted(self.portals))

    def test_what_is_written_is_in_copies_and_what_is_restored_is_read(self):
        lun = self.connect()
        with self.session() as one, self.session(portal=1) as two:
            self.assertEqual(one.read(lun, 0, 8), bytes(4096))
            one.write(lun, 8, b"first..." * 512)
            self.assertEqual(two.read(lun, 8, 8), b"first..." * 512)
            self.client.post("volume", source=["v"], snap=True, suffix="s1")
            two.write(lun, 8, b"second.." * 512)
            self.client.post("volume/copy", source="v")
            self.client.post("volume/v", source="v.s1", overwrite=True)
            self.assertEqual(two.read(lun, 8, 8), b"first..." * 512)
            self.assertEqual(one.read(lun, 0), bytes(512))
        image = self.data / f"{self.client.get('volume/copy')['serial']}.img"
        self.assertEqual(image.read_bytes()[4096:8192], b"second.." * 512)

    def test_a_new_size_is_seen_by_sessions_and_readers_notice_nothing(self):
        lun = self.connect()
        with self.session() as session, self.session(portal=1) as reader:
            reads, failures, is_over = [], [], threading.Event()

            def keep_reading():
                while not is_over.is_set() and not failures:
                    try:
                        reads.append(len(reader.read(lun, 0, 8)))
                    except CommandFailed as failure:
                        failures.append(failure)
            thread = threading.Thread(target=keep_reading)
            thread.start()
            try:
                for size in (9, 12, 1024, 4097):
                    before = len(reads)
                    self.client.put("volume/v", size=size * MIB)
                    self.assertEqual(session.size(lun), size * MIB)
                    self.assertTrue(eventually(lambda: len(reads) > before or failures))
            finally:
                is_over.set()
                thread.join()
            self.assertEqual(failures, [])
            session.write(lun, 4097 * MIB // 512 - 1, b"the end." * 64)
            self.client.put("volume/v", size=2 * MIB, truncate=True)
            self.assertEqual(session.size(lun), 2 * MIB)
            with self.assertRaises(CommandFailed):
                session.read(lun, 2 * MIB // 512)

    def test_a_disconnected_lun_is_gone_at_once_though_it_is_in_use(self):
        self.client.post("volume/w", size="4M")
        lun = self.connect()
        kept = self.connect(volume="w")
        with self.session() as session, self.session(portal=1) as reader:
            reads, ended = [], threading.Event()

            def read_to_the_end():
                try:
                    while True:
                        reads.append(len(reader.read(lun, 0, 256)))
                except CommandFailed:
                    ended.set()
            thread = threading.Thread(target=read_to_the_end)
            thread.start()
            self.assertTrue(eventually(lambda: reads))
            self.client.delete("host/h/volume/v")
            self.assertTrue(ended.wait(PATIENCE_S))
            thread.join()
            self.assertEqual(session.luns(), [kept])
            with self.assertRaises(CommandFailed):
                session.size(lun)
            self.assertEqual(session.size(kept), 4 * MIB)
            # The number is free for another volume.
            self.client.post("volume/x", size="5M")
            self.assertEqual((self.connect(volume="x", lun=lun), session.size(lun)), (lun, 5 * MIB))
            self.client.delete("host/h/volume/x")
            self.client.delete("host/h/volume/w")
            self.assertEqual(session.luns(), [])
        self.client.delete("volume/v")
        self.client.delete("volume/v", eradicate=True)
        self.client.delete("host/h")
        self.fails_to_log_in("Target not found")

    def test_a_second_host_is_refused_until_the_first_has_no_volumes(self):
        lun = self.connect()
        self.client.post("host/other", iqnlist=[OTHER])
        self.client.post("host/fc", wwnlist=["50014380167BC5DE"])
        self.client.post("volume/w", size="4M")
        said = self.fault_of(self.client.post, "host/other/volume/w")
        for words in ("host h has volumes over iSCSI", "one host at a time", "data plane lio"):
            self.assertIn(words, said)
        self.assertEqual(self.client.get("host/other/volume"), [])  # undone
        self.connect(host="fc", volume="w")  # it sees nothing here
        session = self.session()
        self.assertEqual(session.luns(), [lun])
        self.client.delete("host/h/volume/v")
        self.connect(host="other", volume="v")
        with self.assertRaises(CommandFailed):
            session.luns()
        self.fails_to_log_in("Target not found")
        self.assertEqual(self.session(iqn=OTHER, user=None).luns(), [1])
        self.assertIn("one host at a time", self.fault_of(self.connect, volume="w"))

    def test_nothing_is_left_and_a_restart_shows_the_luns_again(self):
        lun = self.connect()
        for how, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 0)):
            session = self.session()
            session.write(lun, 1, bytes([how]) * 512)
            self.assertEqual(sorted(users_of(self.data).values()), ["array-sim-keep", "drover-array-si", "tgtd"])
            self.assertEqual(self.simulator.end(how), status)
            # By itself after a kill, before it ends otherwise.
            self.assertTrue(how == signal.SIGKILL or not users_of(self.data))
            self.assertTrue(eventually(lambda: not users_of(self.data)))
            self.assertEqual([entry.suffix for entry in self.data.iterdir()], [".img"])
            with self.assertRaises(CommandFailed):
                session.read(lun, 0)
            self.simulator = self.start()
            self.client = Client(self.simulator)
            self.assertEqual(self.session().read(lun, 1), bytes([how]) * 512)

    def test_a_kill_of_all_but_the_daemon_ends_it_too(self):
        lun = self.connect()
        users = users_of(self.data)
        for pid in (pid for pid, name in users.items() if name != "tgtd"):
            os.kill(pid, signal.SIGKILL)
        self.simulator.process.wait(PATIENCE_S)
        # Which waits for the end of that tgtd, and takes its leftovers away.
        self.simulator = self.start()
        self.client = Client(self.simulator)
        self.assertEqual(self.session().luns(), [lun])
        self.assertFalse(set(users) & set(users_of(self.data)))

    def test_a_daemon_that_dies_is_told_of(self):
        daemon = next(pid for pid, name in users_of(self.data).items() if name == "tgtd")
        os.kill(daemon, signal.SIGKILL)
        with self.assertRaises(Refused) as caught:
            self.connect()
        self.assertEqual(caught.exception.status, 500)
        self.assertIn("tgtd was ended by signal 9 (Killed); start the simulator again", caught.exception.text)
        self.assertEqual(self.simulator.end(), 0)

    def fails_to_start(self, words, portals=None, data=None, shell=None):
        seed = self.folder / "other.yml"
        seed.write_text(self.seed(portals or [f"{own_address()}:{free_ports(own_address())[0]}"]))
        data = data or self.folder.resolve() / "other"
        data.mkdir(exist_ok=True)
        before = sorted(data.iterdir()), users_of(data)
        program = [os.environ["DROVER_ARRAY_SIM"], "flasharray", "--listen", "127.0.0.1:0", "--data-plane", "tgt",
                   "--seed", str(seed), "--data-dir", str(data)]
        if shell:
            program = ["unshare", "--mount", "sh", "-ec", shell + '; exec "$@"', "sh", *program]
        done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn(words, done.stderr)
        self.assertEqual((sorted(data.iterdir()), users_of(data)), before)
        return done.stderr

    def test_why_it_cannot_start_is_told(self):
        with socket.create_server((own_address(), 0)) as taken:
            portal = f"{own_address()}:{taken.getsockname()[1]}"
            self.assertIn("Address already in use", self.fails_to_start(f"tgtd cannot listen on {portal}", portals=[portal]))
        self.fails_to_start("tgtd cannot listen on 192.0.2.1:3260", portals=["192.0.2.1:3260"])
        self.fails_to_start("another drover-array-sim", data=self.data)
        self.fails_to_start("install Debian's package tgt", shell="mount --bind /dev/null /usr/sbin/tgtd")
        self.fails_to_start("tgtd ended with exit code 1", shell="mount --bind /bin/false /usr/sbin/tgtd")


if __name__ == "__main__":
    run()
