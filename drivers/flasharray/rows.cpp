#include "drivers/flasharray/rows.hpp"

#include "drivers/flasharray/names.hpp"
#include "drover/sdk/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace flasharray {

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 50U; // 4 PiB, the largest volume
constexpr std::uint64_t kMostLun = 16383;

drv::Error strange(const char *what, const std::string &value) {
    return {drv::Code::internal,
            std::string("the array answered ") + what + " \"" + drv::one_line(value, 200) + "\""};
}

bool is_hex(std::string_view text, std::size_t length) {
    return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The text, empty when absent or null.
std::string text_or_none(const Json &row, std::string_view key) {
    const auto field = row.find(key);
    return field ? field->text() : std::string();
}

std::string name_of(const Json &row, std::string_view key = "name") {
    std::string name = row.at(key).text();
    if (name.empty() || name.size() > 255 || drv::has_control_characters(name) || !drv::is_utf8(name))
        throw strange("with a name that cannot be one:", name);
    return name;
}

std::vector<std::string> texts_or_none(const Json &row, std::string_view key) {
    std::vector<std::string> texts;
    if (const auto field = row.find(key)) { // null is how the array says "none"
        for (const Json &item : field->items())
            texts.push_back(item.text());
    }
    return texts;
}

// A number that may be absent, null, or a float without a fraction.
std::optional<std::uint64_t> count_of(const Json &row, std::string_view key) {
    const auto field = row.find(key);
    if (!field)
        return std::nullopt;
    const double number = field->number();
    if (!(number >= 0) || number > 1.8e19)
        throw strange("a number that cannot be one:", std::to_string(number));
    return number == std::floor(number) && number < 9e15 ? static_cast<std::uint64_t>(number) : field->u64();
}

std::optional<double> ratio_of(const Json &row, std::string_view key) {
    const auto field = row.find(key);
    if (!field)
        return std::nullopt;
    const double number = field->number();
    if (!(number >= 0) || number > 1e9)
        throw strange("a ratio that cannot be one:", std::to_string(number));
    return number;
}

std::uint64_t lun_of(const Json &row) {
    const std::uint64_t lun = row.at("lun").u64();
    if (lun > kMostLun)
        throw strange("a LUN that no host can have:", std::to_string(lun));
    return lun;
}

std::string wwn_of(const std::string &text) {
    auto wwn = normal_wwn(text);
    if (!wwn)
        throw strange("a WWN that is none:", text);
    return std::move(*wwn);
}

std::string serial_of(const Json &row) {
    std::string serial = lower_case(row.at("serial").text());
    if (!is_hex(serial, 24))
        throw strange("a serial that is not 24 hex digits:", serial);
    return serial;
}

std::uint64_t size_of(const Json &row) {
    const std::uint64_t bytes = row.at("size").u64();
    if (bytes == 0 || bytes > kMostBytes || bytes % 512 != 0)
        throw strange("a size that no volume can have:", std::to_string(bytes));
    return bytes;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    int value = 0;
    const char *start = text.data() + at;
    const auto [stop, problem] = std::from_chars(start, start + count, value);
    if (problem != std::errc() || stop != start + count || value < 0)
        return std::nullopt;
    return value;
}

} // namespace

std::optional<std::string> normal_wwn(std::string_view text) {
    std::string wwn = lower_case(text);
    std::erase(wwn, ':');
    if (!is_hex(wwn, 16))
        return std::nullopt;
    return wwn;
}

std::uint64_t unix_ns_of(std::string_view time) {
    using namespace std::chrono;
    if (time.size() != 20 || time[4] != '-' || time[7] != '-' || time[10] != 'T' || time[13] != ':' ||
        time[16] != ':' || time[19] != 'Z')
        return DRV_UNKNOWN;
    const auto part_year = digits(time, 0, 4);
    const auto part_month = digits(time, 5, 2);
    const auto part_day = digits(time, 8, 2);
    const auto hour = digits(time, 11, 2);
    const auto minute = digits(time, 14, 2);
    const auto second = digits(time, 17, 2);
    if (!part_year || !part_month || !part_day || !hour || !minute || !second)
        return DRV_UNKNOWN;
    const year_month_day date{year(*part_year), month(static_cast<unsigned>(*part_month)),
                              day(static_cast<unsigned>(*part_day))};
    if (!date.ok() || *part_year < 1970 || *part_year > 2500 || *hour > 23 || *minute > 59 || *second > 60)
        return DRV_UNKNOWN;
    const auto point = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
    return static_cast<std::uint64_t>(duration_cast<nanoseconds>(point.time_since_epoch()).count());
}

Json only_row(const Json &answer) {
    if (!answer.is_list())
        return answer;
    auto items = answer.items();
    if (items.size() != 1) {
        throw drv::Error(drv::Code::internal, "the array answered with " + std::to_string(items.size()) +
                                                  " rows where there is one");
    }
    return std::move(items.front());
}

VolumeRow volume_row(const Json &row) {
    return {.name = name_of(row),
            .serial = serial_of(row),
            .source = text_or_none(row, "source"),
            .bytes = size_of(row),
            .created_unix_ns = unix_ns_of(text_or_none(row, "created")),
            .seconds_left = count_of(row, "time_remaining")};
}

ConnectionRow connection_of_volume(const Json &row) {
    return {.volume = name_of(row),
            .host = name_of(row, "host"),
            .lun = lun_of(row),
            .host_group = text_or_none(row, "hgroup")};
}

ConnectionRow connection_of_host(const Json &row) {
    return {.volume = name_of(row, "vol"),
            .host = name_of(row),
            .lun = lun_of(row),
            .host_group = text_or_none(row, "hgroup")};
}

std::optional<ConnectionRow> connection_of_all(const Json &row) {
    // A host without a connection. Whoever takes another thing for one fences a node that is connected.
    if (!row.find("vol")) {
        static_cast<void>(name_of(row));
        return std::nullopt;
    }
    return connection_of_host(row);
}

HostRow host_row(const Json &row) {
    HostRow host{.name = name_of(row),
                 .iqns = texts_or_none(row, "iqn"),
                 .wwns = {},
                 .nqns = texts_or_none(row, "nqn"),
                 .host_group = text_or_none(row, "hgroup")};
    for (const std::string &wwn : texts_or_none(row, "wwn"))
        host.wwns.push_back(wwn_of(wwn));
    return host;
}

PortRow port_row(const Json &row) {
    PortRow port{.name = text_or_none(row, "name"),
                 .iqn = text_or_none(row, "iqn"),
                 .nqn = text_or_none(row, "nqn"),
                 .portal = text_or_none(row, "portal"),
                 .wwn = text_or_none(row, "wwn")};
    if (!port.wwn.empty())
        port.wwn = wwn_of(port.wwn);
    const std::size_t colon = port.portal.rfind(':');
    if (!port.portal.empty() && (colon == std::string::npos || colon == 0 || colon + 1 == port.portal.size()))
        throw strange("a portal that is no address:port:", port.portal);
    return port;
}

GroupRow group_row(const Json &row) {
    return {.name = name_of(row), .volumes = texts_or_none(row, "volumes")};
}

LimitsRow limits_row(const Json &row) {
    LimitsRow limits{.name = name_of(row),
                     .iops = count_of(row, "iops_limit"),
                     .bytes_per_second = count_of(row, "bandwidth_limit")};
    const auto drop_none = [](std::optional<std::uint64_t> &limit) {
        if (limit == std::uint64_t{0})
            limit.reset();
    };
    drop_none(limits.iops);
    drop_none(limits.bytes_per_second);
    return limits;
}

SpaceRow space_row(const Json &row) {
    return {.name = text_or_none(row, "name"),
            .capacity = count_of(row, "capacity"),
            .total = count_of(row, "total"),
            .provisioned = count_of(row, "provisioned"),
            .volumes = count_of(row, "volumes"),
            .snapshots = count_of(row, "snapshots"),
            .shared = count_of(row, "shared_space"),
            .system = count_of(row, "system"),
            .size = count_of(row, "size"),
            .data_reduction = ratio_of(row, "data_reduction"),
            .total_reduction = ratio_of(row, "total_reduction"),
            .thin_provisioning = ratio_of(row, "thin_provisioning")};
}

LoadRow load_row(const Json &row) {
    return {.reads = count_of(row, "reads_per_sec"),
            .writes = count_of(row, "writes_per_sec"),
            .bytes_out = count_of(row, "output_per_sec"),
            .bytes_in = count_of(row, "input_per_sec"),
            .read_usec = count_of(row, "usec_per_read_op"),
            .write_usec = count_of(row, "usec_per_write_op"),
            .queue_depth = count_of(row, "queue_depth")};
}

ArrayRow array_row(const Json &row) {
    return {.name = name_of(row, "array_name"),
            .id = text_or_none(row, "id"),
            .purity = text_or_none(row, "version")};
}

} // namespace flasharray
