// What an isolated driver's process and the agent send each other: every frame is read within its bounds, or
// refused. Either side may lie about sizes, kinds and ids; what is read obeys what the ABI's checks rely on.
#include "fuzz/check.hpp"
#include "loader/driver_text.hpp"
#include "loader/records.hpp"
#include "loader/wire/calls.hpp"
#include "loader/wire/opening.hpp"
#include "loader/wire/rows.hpp"

#include <cstring>
#include <vector>

namespace {

using namespace drover;
using fuzz::require;

// Whatever was read means the same when it is written and read again.
void check_volume(const wire::Field &field) {
    wire::RowReader reader;
    const drv_volume *row = nullptr;
    if (!reader.volume(field, &row))
        return;
    BackendVolume first;
    const auto problem = copy_volume(row, first);
    if (problem)
        return fuzz::require_message(*problem);
    wire::FrameWriter out;
    out.begin(wire::Kind::rows, 0);
    wire::write_volume(out, row);
    const auto frame = out.finish();
    wire::FieldReader again({frame.data() + wire::kHeaderBytes, frame.size() - wire::kHeaderBytes});
    wire::Field second_field;
    require(again.next(second_field), "what was written can be read");
    wire::RowReader second_reader;
    require(second_reader.volume(second_field, &row), "a volume that was read can be written");
    BackendVolume second;
    require(!copy_volume(row, second) && first == second, "a volume stays what it is", first.id);
}

// What may be followed is there.
void check_text(drv_str text) {
    require(text.data == nullptr || text.len > wire::kMaxTextBytes || text.data[text.len] == '\0',
            "text that can be followed is terminated");
}

void check_pairs(const drv_kv *pairs, std::uint64_t count) {
    if (pairs == nullptr || count > kMaxRows)
        return;
    for (std::uint64_t i = 0; i < count; ++i) {
        check_text(pairs[i].key);
        check_text(pairs[i].value);
    }
}

void check_group(const wire::Field &field) {
    wire::RowReader reader;
    const drv_group *row = nullptr;
    if (!reader.group(field, &row) || row == nullptr)
        return;
    check_text(row->id);
    check_pairs(row->attrs, row->attr_count);
    if (row->members != nullptr && row->member_count <= kMaxRows) {
        for (std::uint64_t i = 0; i < row->member_count; ++i)
            check_text(row->members[i]);
    }
}

void check_row(const wire::Field &field) {
    check_volume(field);
    wire::RowReader reader;
    const drv_connection *connection = nullptr;
    if (reader.connection(field, &connection)) {
        Connection copy;
        bool known = false;
        if (const auto problem = copy_connection(connection, copy, &known))
            fuzz::require_message(*problem);
    }
    const drv_profile *profile = nullptr;
    if (reader.profile(field, &profile)) {
        Profile copy;
        if (const auto problem = copy_profile(profile, copy))
            fuzz::require_message(*problem);
    }
    check_group(field);
    const drv_stats *stats = nullptr;
    if (reader.stats(field, &stats) && stats != nullptr)
        check_pairs(stats->attrs, stats->attr_count);
    drv_qos limits{};
    (void)wire::RowReader::limits(field, limits);
    drv_caps caps{};
    if (wire::RowReader::capabilities(field, caps))
        (void)to_capabilities(caps);
}

void check_arguments(std::string_view fields) {
    wire::CallArguments arguments;
    if (!arguments.read(fields))
        return;
    const drv_create_req create = arguments.create();
    for (const drv_str text :
         {create.id, create.name, create.pool, create.profile, arguments.list().page_token,
          arguments.attach().node_id, arguments.snapshot().volume_id})
        require(text.data != nullptr && text.data[text.len] == '\0', "a driver gets terminated text");
    for (std::uint64_t i = 0; i < create.attr_count; ++i)
        require(create.attrs[i].value.data[create.attrs[i].value.len] == '\0', "so are attributes");
    const drv_group_req group = arguments.group();
    for (std::uint64_t i = 0; i < group.add_count; ++i)
        check_text(group.add[i]);
    for (std::uint64_t i = 0; i < group.remove_count; ++i)
        check_text(group.remove[i]);
    const drv_group_snapshot_req snapshot = arguments.group_snapshot();
    check_pairs(snapshot.snapshots, snapshot.snapshot_count);
    check_text(arguments.adopt().backend_id);
    check_text(arguments.retype().profile);
}

void check_fields(std::string_view fields) {
    check_arguments(fields);
    wire::OpenArguments opening;
    (void)wire::read_open(fields, opening);
    if (const auto hello = wire::read_hello(fields, "/drivers/acme.so"); !hello)
        fuzz::require_message(hello.error().message);
    wire::OutcomeReader outcome;
    wire::FieldReader reader(fields);
    bool ok = true;
    for (wire::Field field; ok && reader.next(field);) {
        if (field.is_unreadable) {
            require(field.text().data == nullptr || field.text().len > wire::kMaxTextBytes,
                    "text that is not there cannot be read");
        }
        check_row(field);
        ok = outcome.take(field);
    }
    if (const auto ended = std::move(outcome).finish(); ended && ended->failure)
        require(is_text(ended->failure->message), "a failure is text", ended->failure->message);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < wire::kHeaderBytes)
        return 0;
    // In memory of exactly its size, so that AddressSanitizer sees a reader that goes one byte too far.
    const std::vector<char> bytes(data, data + size);
    if (const auto header = wire::read_header(bytes.data())) {
        require(header->length % 8 == 0 && header->length < wire::kMaxFrameBytes,
                "a length is one of a frame");
    }
    check_fields({bytes.data() + wire::kHeaderBytes, size - wire::kHeaderBytes});
    return 0;
}
