#include "core/cli/driver_project.hpp"

#include "core/config/agent_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

namespace drover::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDotPrefix = "dot-";

// The driver is a CMake target of its name, and these are CMake's own.
constexpr std::array<std::string_view, 11> kTargetsOfCMake = {
    "all",     "clean",          "depend",        "edit_cache", "help", "install", "list_install_components",
    "package", "package_source", "rebuild_cache", "test"};

std::string replaced(std::string text, std::string_view placeholder, std::string_view value) {
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += value.size())
        text.replace(at, placeholder.size(), value);
    return text;
}

std::string final_name(const std::string &name) {
    return name.starts_with(kDotPrefix) ? "." + name.substr(kDotPrefix.size()) : name;
}

tl::unexpected<Error> cannot(std::string_view what, const fs::path &path, const std::error_code &why) {
    return fail(Code::internal, fmt::format("cannot {} {}: {}", what, path.native(), why.message()));
}

// The files of a template.
Result<std::vector<fs::path>> template_files(const fs::path &folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator each(folder, error); !error && each != fs::directory_iterator();
         each.increment(error))
        files.push_back(each->path());
    if (error || files.empty()) {
        return fail(Code::not_found, fmt::format("there are no driver templates in {}; they come with the "
                                                 "package drover-sdk: install it",
                                                 folder.native()));
    }
    std::ranges::sort(files);
    return files;
}

Result<std::string> read_file(const fs::path &file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || !text)
        return cannot("read", file, {errno, std::generic_category()});
    return text.str();
}

Result<void> write_file(const fs::path &file, const std::string &text) {
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out)
        return cannot("write", file, {errno, std::generic_category()});
    return {};
}

// The folder of a project while it is made. Unless it is kept, what was made is taken away.
class NewFolder {
public:
    static Result<NewFolder> make(const fs::path &folder) {
        std::error_code error;
        const auto status = fs::status(folder, error);
        if (fs::exists(status)) {
            if (!fs::is_directory(status)) {
                return fail(Code::conflict, fmt::format("{} is no folder; name another one with --directory",
                                                        folder.native()));
            }
            const bool is_empty = fs::is_empty(folder, error);
            if (error)
                return cannot("look into", folder, error);
            if (!is_empty) {
                return fail(Code::conflict, fmt::format("{} is not empty, and nothing is written over; name "
                                                        "another folder with --directory",
                                                        folder.native()));
            }
            return NewFolder({});
        }
        fs::path first = folder; // of those that are made
        while (first.has_relative_path() && !fs::exists(first.parent_path(), error))
            first = first.parent_path();
        NewFolder made(first);
        if (!fs::create_directories(folder, error) && error)
            return cannot("make the folder", folder, error);
        return made;
    }
    NewFolder(NewFolder &&other) noexcept
        : made_(std::exchange(other.made_, {})), files_(std::move(other.files_)) {}
    NewFolder &operator=(NewFolder &&) = delete;
    ~NewFolder() {
        std::error_code ignored;
        for (const auto &file : files_)
            fs::remove(file, ignored);
        if (!made_.empty())
            fs::remove_all(made_, ignored);
    }

    void will_write(const fs::path &file) { files_.push_back(file); }
    void keep() noexcept {
        files_.clear();
        made_.clear();
    }

private:
    explicit NewFolder(fs::path made) : made_(std::move(made)) {}

    fs::path made_; // the uppermost folder that was not there; empty: all were
    std::vector<fs::path> files_;
};

} // namespace

std::optional<std::string> problem_with_driver_name(std::string_view name) {
    if (!is_valid_name(name)) {
        return fmt::format("{} is no name for a driver: it needs a lower case letter, then up to 62 of a-z, "
                           "0-9, _ and -",
                           name);
    }
    if (std::ranges::find(kTargetsOfCMake, name) != kTargetsOfCMake.end())
        return fmt::format("a driver cannot be called {}: CMake has a target of that name", name);
    return std::nullopt;
}

fs::path program_prefix() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
}

Result<std::vector<std::string>> make_driver_project(const fs::path &prefix, const DriverProject &project) {
    const auto templates = template_files(prefix / "share/drover/templates" / project.language);
    if (!templates)
        return tl::unexpected(templates.error());
    auto folder = NewFolder::make(project.folder);
    if (!folder)
        return tl::unexpected(folder.error());
    std::vector<std::string> names;
    for (const auto &source : *templates) {
        auto text = read_file(source);
        if (!text)
            return tl::unexpected(text.error());
        text = replaced(*std::move(text), "@NAME@", project.name);
        text = replaced(*std::move(text), "@SDK_VERSION@", DROVER_VERSION);
        text = replaced(*std::move(text), "@YEAR@", std::to_string(project.year));
        names.push_back(final_name(source.filename().native()));
        const auto file = project.folder / names.back();
        folder->will_write(file);
        if (auto written = write_file(file, *text); !written)
            return tl::unexpected(written.error());
    }
    folder->keep();
    std::ranges::sort(names);
    return names;
}

} // namespace drover::cli
