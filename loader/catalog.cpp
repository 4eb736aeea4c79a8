// The driver folder: from a name to a checked file, and what to say when there is none.
#include "loader/descriptor.hpp"
#include "loader/driver_text.hpp"
#include "loader/library.hpp"
#include "loader/open.hpp"
#include "loader/trusted_path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <system_error>

namespace drover {

struct Catalog::State {
    std::filesystem::path folder;
};

namespace {

namespace fs = std::filesystem;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

// Stems of the *.so in the folder, sorted.
std::vector<std::string> names_in(const fs::path &folder, std::error_code &error) {
    std::vector<std::string> names;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() == ".so" && !entry->path().stem().empty())
            names.push_back(entry->path().stem().native());
    }
    std::sort(names.begin(), names.end());
    return names;
}

Error no_such_driver(const fs::path &folder, std::string_view name) {
    std::error_code error;
    const std::vector<std::string> names = names_in(folder, error);
    std::string message =
        fmt::format("no driver \"{}\": there is no {}", name, (folder / name).native() + ".so");
    if (error) {
        message += fmt::format(", and the folder cannot be read: {}", error.message());
    } else if (names.empty()) {
        message += "; the folder has no drivers at all. Is driver-dir right?";
    } else {
        const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto &a, const auto &b) {
            return edit_distance(name, a) < edit_distance(name, b);
        });
        if (edit_distance(name, *nearest) <= std::max<std::size_t>(2, name.size() / 3)) {
            message += fmt::format(". Did you mean \"{}\"?", *nearest);
        } else {
            message += '.';
        }
        message += fmt::format(" Drivers there: {}", fmt::join(names, ", "));
    }
    return Error{.code = Code::not_found, .message = std::move(message)};
}

} // namespace

Catalog::Catalog(fs::path folder) : state_(std::make_unique<State>(State{std::move(folder)})) {}
Catalog::~Catalog() = default;

Result<fs::path> Catalog::find(std::string_view name) const {
    if (!is_driver_name(name)) {
        return fail(
            Code::invalid,
            fmt::format("\"{}\" cannot be a driver's name: it must be 1 to 63 characters of a-z, 0-9, \"_\" "
                        "and \"-\", and begin with a letter",
                        one_line(name, 100)));
    }
    const fs::path &folder = state_->folder;
    if (!folder.is_absolute()) {
        return fail(Code::invalid,
                    fmt::format("the driver folder \"{}\" is not an absolute path", folder.native()));
    }
    const fs::path file = folder / fmt::format("{}.so", name);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(file, error)) &&
        (!error || error == std::errc::no_such_file_or_directory))
        return fail(no_such_driver(folder, name));
    return check_trusted_file(file);
}

Result<std::shared_ptr<DriverLibrary>> Catalog::load(std::string_view name) const {
    auto file = find(name);
    if (!file)
        return fail(std::move(file).error());
    return DriverLibrary::load(*file);
}

Result<std::shared_ptr<DriverLibrary>> Catalog::load_file(const fs::path &file) {
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    if (error)
        return fail_errno(error.value(), fmt::format("{} cannot be found", file.native()));
    auto trusted = check_trusted_file(absolute);
    if (!trusted)
        return fail(std::move(trusted).error());
    return DriverLibrary::load(*trusted);
}

std::vector<std::string> Catalog::names() const {
    std::error_code ignored;
    auto names = names_in(state_->folder, ignored);
    std::erase_if(names, [](const std::string &name) { return !is_driver_name(name); });
    return names;
}

std::vector<CatalogEntry> Catalog::scan() {
    std::vector<CatalogEntry> entries;
    std::error_code error;
    for (const std::string &name : names_in(state_->folder, error)) {
        auto library = load(name);
        entries.push_back(CatalogEntry{
            .name = name,
            .path = state_->folder / (name + ".so"),
            .description = library ? Result<DriverDescription>((*library)->description())
                                   : Result<DriverDescription>(fail(std::move(library).error()))});
    }
    // A folder that cannot be read must not look like an empty one.
    if (error) {
        entries.push_back(CatalogEntry{
            .name = {},
            .path = state_->folder,
            .description = fail_errno(
                error.value(), fmt::format("the driver folder {} cannot be read", state_->folder.native()))});
    }
    return entries;
}

const DriverDescription &description(const DriverLibrary &library) noexcept {
    return library.description();
}

} // namespace drover
