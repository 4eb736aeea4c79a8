// A driver folder of a test's own, under /tmp, into which the fixture drivers are copied: the build tree may
// lie where the loader rightly refuses to load from.
#pragma once

#include "loader/open.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>

namespace drover::testing {

inline std::filesystem::path fixture_path(const std::string &name) {
    return std::filesystem::path(DROVER_LOADER_FIXTURES) / (name + ".so");
}

class DriverFolder {
public:
    DriverFolder() {
        std::string pattern = "/tmp/drover-loader-test-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no folder for the test");
        path_ = pattern;
    }
    ~DriverFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    DriverFolder(const DriverFolder &) = delete;
    DriverFolder &operator=(const DriverFolder &) = delete;

    [[nodiscard]] const std::filesystem::path &path() const { return path_; }
    [[nodiscard]] std::filesystem::path file(const std::string &name) const { return path_ / (name + ".so"); }

    // A copy of the fixture; mode 0755.
    std::filesystem::path put(const std::string &fixture) const { return put_as(fixture, fixture); }
    std::filesystem::path put_as(const std::string &fixture, const std::string &name) const {
        std::filesystem::copy_file(fixture_path(fixture), file(name));
        chmod(file(name), 0755);
        return file(name);
    }
    std::filesystem::path write(const std::string &name, const std::string &bytes) const {
        std::ofstream(file(name), std::ios::binary) << bytes;
        chmod(file(name), 0755);
        return file(name);
    }
    static void chmod(const std::filesystem::path &path, mode_t mode) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    }

private:
    std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace drover::testing
