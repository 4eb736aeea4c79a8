"""An iSCSI initiator in user space, Debian's libiscsi, for the tests in this folder."""
import ctypes

BLOCK = 512
NORMAL_SESSION = 2
GOOD, CHECK_CONDITION = 0, 2

library = ctypes.CDLL("libiscsi.so.7")
for name in ("iscsi_create_context", "scsi_cdb_read10", "scsi_cdb_write10", "scsi_cdb_readcapacity16", "scsi_cdb_inquiry",
             "scsi_reportluns_cdb", "iscsi_scsi_command_sync"):
    getattr(library, name).restype = ctypes.c_void_p
library.iscsi_get_error.restype = ctypes.c_char_p


class LoginFailed(Exception):
    pass


class CommandFailed(Exception):
    pass


class Session:
    """One connection to one portal. It does not come back by itself."""

    def __init__(self, iqn, portal, target, user=None, password=None, target_user=None, target_password=None, timeout_s=30):
        self.context = ctypes.c_void_p(library.iscsi_create_context(iqn.encode()))
        assert self.context
        library.iscsi_set_targetname(self.context, target.encode())
        library.iscsi_set_session_type(self.context, NORMAL_SESSION)
        library.iscsi_set_noautoreconnect(self.context, 1)
        library.iscsi_set_timeout(self.context, timeout_s)
        if user:
            library.iscsi_set_initiator_username_pwd(self.context, user.encode(), password.encode())
        if target_user:
            library.iscsi_set_target_username_pwd(self.context, target_user.encode(), target_password.encode())
        if library.iscsi_full_connect_sync(self.context, portal.encode(), -1) != 0:
            why = self.error()
            self.close()
            raise LoginFailed(why)

    def error(self):
        return (library.iscsi_get_error(self.context) or b"").decode().strip()

    def close(self):
        if self.context:
            library.iscsi_destroy_context(self.context)
        self.context = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self, lun, make, *arguments, receive=0, send=None):
        # A unit attention ("your LUNs have changed") is told once, in place of an answer.
        for attempt in range(4):
            task = ctypes.c_void_p(make(*arguments))
            assert task
            buffer = ctypes.create_string_buffer(send if send is not None else receive, len(send) if send else receive)
            if receive:
                library.scsi_task_add_data_in_buffer(task, receive, buffer)
            if send:
                library.scsi_task_add_data_out_buffer(task, len(send), buffer)
            done = library.iscsi_scsi_command_sync(self.context, lun, task, None)
            status = ctypes.c_int.from_address(task.value).value if done else None  # the first member
            why = self.error()
            library.scsi_free_scsi_task(task)
            if status == GOOD:
                return buffer.raw
            if status != CHECK_CONDITION or attempt == 3:
                raise CommandFailed(f"status {status}: {why}")
        return None

    def read(self, lun, block, count=1):
        return self.command(lun, library.scsi_cdb_read10, block, count * BLOCK, BLOCK, 0, 0, 0, 0, 0, receive=count * BLOCK)

    def write(self, lun, block, data):
        self.command(lun, library.scsi_cdb_write10, block, len(data), BLOCK, 0, 0, 0, 0, 0, send=data)

    def size(self, lun):
        answer = self.command(lun, library.scsi_cdb_readcapacity16, receive=32)
        return (int.from_bytes(answer[0:8], "big") + 1) * int.from_bytes(answer[8:12], "big")

    def page(self, lun, page):
        """What is in a page of vital product data, behind its head; None: the standard inquiry data."""
        answer = self.command(lun, library.scsi_cdb_inquiry, int(page is not None), page or 0, 255, receive=255)
        return answer if page is None else answer[4:4 + int.from_bytes(answer[2:4], "big")]

    def luns(self):
        """All but the controller, which is LUN 0."""
        answer = self.command(0, library.scsi_reportluns_cdb, 0, 4096, receive=4096)
        entries = range(8, 8 + int.from_bytes(answer[0:4], "big"), 8)
        return sorted(int.from_bytes(answer[at:at + 2], "big") & 0x3fff for at in entries if any(answer[at:at + 2]))
