#include "conformance/simulators/frame/lio/scsi_target.hpp"

#include "conformance/simulators/frame/lio/configfs.hpp"

#include <fmt/format.h>

#include <cctype>
#include <set>

namespace drover::sim {
namespace fs = std::filesystem;
namespace {

// What a file holds when there is nothing in it cannot be written: the kernel takes this word for "none".
constexpr const char *kNothing = "NULL";

constexpr const char *kLink = "drover"; // any name will do

std::string or_nothing(const std::string &text) {
    return text.empty() ? kNothing : text;
}

// Links first, then the folder: the kernel refuses it the other way round.
Result<void> remove_with_links(const fs::path &folder) {
    for (const auto &link : configfs::links_in(folder)) {
        if (auto removed = configfs::remove_link(link); !removed)
            return removed;
    }
    return configfs::remove_folder(folder);
}

Result<void> remove_each(const fs::path &folder) {
    for (const auto &name : configfs::names_in(folder)) {
        if (auto removed = remove_with_links(folder / name); !removed)
            return removed;
    }
    return {};
}

} // namespace

std::string with_colons(const std::string &wwn) {
    std::string text;
    for (std::size_t at = 0; at < wwn.size(); ++at) {
        if (at > 0 && at % 2 == 0)
            text += ':';
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(wwn[at])));
    }
    return text;
}

ScsiTarget::ScsiTarget(Protocol protocol, const std::string &name, std::vector<std::string> portals)
    : protocol_(protocol), portals_(std::move(portals)),
      folder_(configfs::target_root() /
              (protocol == Protocol::iscsi ? fs::path("iscsi") / name : fs::path("fc") / with_colons(name))),
      group_(folder_ / "tpgt_1") {}

std::vector<std::string> ScsiTarget::initiators_of(const DataHost &host) const {
    if (protocol_ == Protocol::iscsi)
        return host.iqns;
    std::vector<std::string> names;
    for (const auto &wwn : host.wwns)
        names.push_back(with_colons(wwn));
    return names;
}

fs::path ScsiTarget::acl(const std::string &initiator) const {
    return group_ / "acls" / initiator;
}
fs::path ScsiTarget::lun_folder(unsigned number) const {
    return group_ / "lun" / fmt::format("lun_{}", number);
}

Result<void> ScsiTarget::open() {
    if (auto closed = close(); !closed)
        return closed;
    if (auto made = configfs::make_folder(group_); !made)
        return made;
    for (const auto &portal : portals_) {
        if (auto made = configfs::make_folder(group_ / "np" / portal); !made)
            return fail(std::move(made).error().with_context(fmt::format("listening on {}", portal)));
    }
    if (protocol_ == Protocol::fibre_channel)
        return {}; // there are no others than those let in by name, and nothing to switch on
    // Only who is let in by name.
    for (const auto &[attribute, value] :
         {std::pair{"generate_node_acls", "0"}, std::pair{"authentication", "0"}}) {
        if (auto written = configfs::write(group_ / "attrib" / attribute, value); !written)
            return written;
    }
    return configfs::write(group_ / "enable", "1");
}

Result<void> ScsiTarget::close() {
    numbers_.clear();
    std::error_code error;
    if (!fs::is_directory(folder_, error))
        return {};
    configfs::try_write(group_ / "enable", "0"); // ends the sessions
    for (const auto &initiator : configfs::names_in(group_ / "acls")) {
        if (auto out = shut_out(initiator); !out)
            return out;
    }
    if (auto removed = remove_each(group_ / "lun"); !removed)
        return removed;
    if (auto removed = remove_each(group_ / "np"); !removed)
        return removed;
    if (auto removed = configfs::remove_folder(group_); !removed)
        return removed;
    return configfs::remove_folder(folder_);
}

Result<void> ScsiTarget::let_in(const std::string &initiator, const DataChap &chap) {
    if (auto made = configfs::make_folder(acl(initiator)); !made)
        return fail(std::move(made).error().with_context(fmt::format("letting {} in", initiator)));
    return protocol_ == Protocol::iscsi ? set_chap(initiator, chap) : Result<void>();
}

Result<void> ScsiTarget::set_chap(const std::string &initiator, const DataChap &chap) const {
    for (const auto *text : {&chap.user, &chap.password, &chap.target_user, &chap.target_secret}) {
        if (text->starts_with(kNothing)) {
            return fail(Code::unsupported,
                        fmt::format("a CHAP name or secret of {} begins with NULL, which the kernel's "
                                    "target takes for none: choose another",
                                    initiator));
        }
    }
    const auto folder = acl(initiator);
    const std::pair<const char *, std::string> secrets[] = {
        {"auth/userid", or_nothing(chap.user)},
        {"auth/password", or_nothing(chap.password)},
        {"auth/userid_mutual", or_nothing(chap.target_user)},
        {"auth/password_mutual", or_nothing(chap.target_secret)}};
    for (const auto &[file, value] : secrets) {
        if (auto written = configfs::write(folder / file, value); !written)
            return written;
    }
    return configfs::write(folder / "attrib/authentication", chap.user.empty() ? "0" : "1");
}

Result<void> ScsiTarget::shut_out(const std::string &initiator) {
    for (const auto &name : configfs::names_in(acl(initiator))) {
        if (!name.starts_with("lun_"))
            continue;
        if (auto removed = remove_with_links(acl(initiator) / name); !removed)
            return removed;
    }
    return configfs::remove_folder(acl(initiator));
}

unsigned ScsiTarget::free_number() const {
    std::set<unsigned> taken;
    for (const auto &[serial, number] : numbers_)
        taken.insert(number);
    unsigned number = 0;
    while (taken.contains(number))
        ++number;
    return number;
}

Result<void> ScsiTarget::show(const std::string &initiator, unsigned lun, const std::string &serial,
                              const fs::path &backstore) {
    auto known = numbers_.find(serial);
    if (known == numbers_.end())
        known = numbers_.emplace(serial, free_number()).first;
    const auto own = lun_folder(known->second);
    if (auto made = configfs::make_folder(own); !made)
        return made;
    if (auto linked = configfs::make_link(backstore, own / kLink); !linked)
        return linked;
    const auto seen = acl(initiator) / fmt::format("lun_{}", lun);
    auto shown = configfs::make_folder(seen);
    if (shown)
        shown = configfs::make_link(own, seen / kLink);
    if (!shown) {
        return fail(
            std::move(shown).error().with_context(fmt::format("showing LUN {} to {}", lun, initiator)));
    }
    return {};
}

Result<void> ScsiTarget::hide(const std::string &initiator, unsigned lun) {
    return remove_with_links(acl(initiator) / fmt::format("lun_{}", lun));
}

Result<void> ScsiTarget::drop(const std::string &serial) {
    const auto known = numbers_.find(serial);
    if (known == numbers_.end())
        return {};
    if (auto removed = remove_with_links(lun_folder(known->second)); !removed)
        return removed;
    numbers_.erase(known);
    return {};
}

} // namespace drover::sim
