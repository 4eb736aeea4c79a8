#include "loader/host/fence.hpp"

#include <array>
#include <cerrno>
#include <linux/fs.h>
#include <linux/sched.h>
#include <memory>
#include <seccomp.h>

namespace drover::host {
namespace {

constexpr std::array kDenied = {
    // what is mounted where, for whom
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
    SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr), SCMP_SYS(setns), SCMP_SYS(unshare),
    // other processes
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(process_madvise), SCMP_SYS(userfaultfd),
    // the kernel itself
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(syslog),
    SCMP_SYS(lookup_dcookie), SCMP_SYS(iopl), SCMP_SYS(ioperm),
    // the whole node's settings
    SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(vhangup),
    // keys of others
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    // files by handle: past the folders above them, and past Landlock
    SCMP_SYS(open_by_handle_at)};

// Commands to the hardware behind a device, and what destroys data in one call. The numbers of SCSI and NVMe
// are from headers that not every kernel package has.
constexpr std::array<unsigned, 11> kDeniedRequests = {0x0001,     // SCSI_IOCTL_SEND_COMMAND
                                                      0x2285,     // SG_IO
                                                      0xC0484E41, // NVME_IOCTL_ADMIN_CMD
                                                      0xC0484E43, // NVME_IOCTL_IO_CMD
                                                      0xC0484E47, // NVME_IOCTL_ADMIN64_CMD
                                                      0xC0484E48, // NVME_IOCTL_IO64_CMD
                                                      0x5412,     // TIOCSTI
                                                      BLKDISCARD, BLKSECDISCARD, BLKZEROOUT, BLKRRPART};

constexpr std::array<unsigned, 7> kNamespaces = {CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                                 CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

using Filter = std::unique_ptr<void, decltype(&::seccomp_release)>;

// 0, or a negative errno.
int fill(const Filter &filter) {
    constexpr std::uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);
    int error = 0;
    const auto add = [&](std::uint32_t action, int call, auto... arguments) {
        const std::array<scmp_arg_cmp, sizeof...(arguments)> compared = {arguments...};
        const int added = ::seccomp_rule_add_array(filter.get(), action, call,
                                                   static_cast<unsigned>(compared.size()), compared.data());
        if (error == 0)
            error = added;
    };
    for (const int call : kDenied)
        add(kRefuse, call);
    for (const unsigned request : kDeniedRequests) // the kernel looks at 32 bits only
        add(kRefuse, SCMP_SYS(ioctl), scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, request});
    for (const unsigned space : kNamespaces)
        add(kRefuse, SCMP_SYS(clone), scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, space, space});
    // What clone3 is asked for stands in memory, where no filter can read it. glibc goes on with clone when
    // the kernel does not know clone3.
    add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    return error != 0 ? error : ::seccomp_load(filter.get());
}

} // namespace

Result<void> deny_system_calls() {
    const Filter filter(::seccomp_init(SCMP_ACT_ALLOW), &::seccomp_release);
    const int error = filter ? fill(filter) : -ENOMEM;
    if (error != 0)
        return fail_errno(-error, "the filter of system calls cannot be set");
    return {};
}

} // namespace drover::host
