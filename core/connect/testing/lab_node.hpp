// For tests in the lab's guest: a node with open-iscsi and multipath-tools as an operator would have them,
// and a real target of the kernel (LIO) on two loopback portals. Everything is taken down at the end of each
// test.
#pragma once

#include "core/connect/connector.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace drover::connect::testing {

// Runs a program to its end and gives its output; a failure of the test when it exits with another code than
// 0.
std::string run(const std::string &file, std::vector<std::string> arguments);
// The same, without looking at the exit code.
int try_run(const std::string &file, std::vector<std::string> arguments);
void put(const std::filesystem::path &file, const std::string &text);
bool load_modules(const std::vector<std::string> &modules);

// Why these tests cannot run here; empty in the lab. Loads the modules.
std::string not_in_lab(const std::vector<std::string> &modules);

// A volume on a loop device, so that it can grow.
class LabVolume {
public:
    LabVolume(unsigned number, unsigned mebibytes);
    ~LabVolume();
    LabVolume(const LabVolume &) = delete;
    LabVolume &operator=(const LabVolume &) = delete;

    void grow(unsigned mebibytes) const;
    [[nodiscard]] std::string wwid() const;
    [[nodiscard]] const std::string &loop() const { return loop_; }
    [[nodiscard]] const std::filesystem::path &store() const { return store_; } // in configfs

private:
    std::filesystem::path file_;
    std::string loop_;
    std::filesystem::path store_;
    std::string serial_;
};

class LioTarget {
public:
    static constexpr const char *kIqn = "iqn.2010-06.com.purestorage:flasharray.1a2b3c";
    static constexpr const char *kInitiator = "iqn.1993-08.org.debian:01:drover-lab";

    explicit LioTarget(const std::vector<std::string> &portals);
    ~LioTarget();
    LioTarget(const LioTarget &) = delete;
    LioTarget &operator=(const LioTarget &) = delete;

    void demand_chap(const std::string &user, const std::string &secret, const std::string &mutual_user,
                     const std::string &mutual_secret) const;
    void map(const LabVolume &volume, unsigned lun);
    void unmap(unsigned lun);

private:
    std::filesystem::path group_;
    std::vector<std::string> portals_;
    std::vector<unsigned> luns_;
};

// iscsid and multipathd, started and ended by the test.
class Daemon {
public:
    explicit Daemon(const std::string &name); // "iscsid"; waits until it listens
    ~Daemon();
    Daemon(const Daemon &) = delete;
    Daemon &operator=(const Daemon &) = delete;

private:
    pid_t process_ = -1;
};

void write_multipath_conf(const std::string &no_path_retry);

Connection iscsi_connection(const LabVolume &volume, unsigned lun, const std::vector<std::string> &portals);
Deadline in_seconds(unsigned seconds);
std::vector<std::string> folder_names(const std::filesystem::path &folder);

} // namespace drover::connect::testing
