// A folder that looks like a node's root (sysfs, configuration), and programs that are written down instead
// of run.
#pragma once

#include "core/connect/host_access.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace drover::connect::testing {

class MadeUpNode {
public:
    MadeUpNode() {
        std::string name = ::testing::TempDir() + "drover-node-XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        root_ = name;
    }
    ~MadeUpNode() {
        std::error_code error;
        std::filesystem::remove_all(root_, error);
    }
    MadeUpNode(const MadeUpNode &) = delete;
    MadeUpNode &operator=(const MadeUpNode &) = delete;

    void put(const std::string &file, const std::string &content) const {
        std::filesystem::create_directories((root_ / file).parent_path());
        std::ofstream(root_ / file, std::ios::binary) << content;
    }
    void folder(const std::string &path) const { std::filesystem::create_directories(root_ / path); }
    // `link` leads to `target`, both below the root.
    void link(const std::string &target, const std::string &link) const {
        std::filesystem::create_directories((root_ / link).parent_path());
        std::filesystem::create_directory_symlink(root_ / target, root_ / link);
    }
    // A session of open-iscsi, as sysfs shows it.
    void iscsi_session(unsigned number, unsigned host, const std::string &target, const std::string &address,
                       const std::string &state = "LOGGED_IN",
                       const std::string &initiator = "iqn.1993-08.org.debian:01:own") const {
        const std::string name = "session" + std::to_string(number);
        const std::string device = "sys/devices/platform/host" + std::to_string(host) + "/" + name;
        const std::string of = device + "/iscsi_session/" + name;
        put(of + "/targetname", target + "\n");
        put(of + "/target_id", "0\n");
        put(of + "/state", state + "\n");
        put(of + "/initiatorname", initiator + "\n");
        link(of, "sys/class/iscsi_session/" + name);
        link(device, of + "/device");
        const std::string connection =
            "sys/class/iscsi_connection/connection" + std::to_string(number) + ":0";
        put(connection + "/persistent_address", address + "\n");
        put(connection + "/persistent_port", "3260\n");
    }
    // What `file` prints when it is run; other programs exit with 1. Also what "multipathd" answers on its
    // socket, and the kernel as "multipath_status".
    void answer(const std::string &file, const std::string &output, int exit_code = 0) {
        answers_[file] = {exit_code, output};
    }

    [[nodiscard]] HostAccess host(bool has_multipathd = false) {
        return {.root = root_,
                .run = [this](const Program &program, Deadline) { return run(program); },
                .multipathd_listens = [has_multipathd] { return has_multipathd; },
                .ask_multipathd = [this](std::string_view command, Deadline) -> Result<std::string> {
                    auto answer =
                        run({.file = "multipathd", .arguments = {std::string(command)}, .package = {}});
                    return std::move(answer->output);
                },
                .multipath_status = [this](unsigned, unsigned) -> Result<std::string> {
                    auto answer = run({.file = "multipath_status", .arguments = {}, .package = {}});
                    if (answer->exit_code != 0)
                        return fail(Code::not_found, answer->output);
                    return std::move(answer->output);
                }};
    }
    [[nodiscard]] const std::vector<std::string> &ran() const { return ran_; }

private:
    Result<ProgramResult> run(const Program &program) {
        const std::lock_guard lock(mutex_);
        std::string line = program.file.filename().string();
        for (const auto &word : program.arguments)
            line += " " + word;
        ran_.push_back(std::move(line));
        const auto found = answers_.find(program.file.filename().string());
        return found == answers_.end() ? ProgramResult{.exit_code = 1, .output = {}} : found->second;
    }

    std::filesystem::path root_;
    std::mutex mutex_;
    std::map<std::string, ProgramResult> answers_;
    std::vector<std::string> ran_;
};

} // namespace drover::connect::testing
