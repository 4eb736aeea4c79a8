#include "core/api/metrics.hpp"
#include "core/api/testing/fake_service.hpp"

#include <gmock/gmock.h>

#include <sstream>
#include <thread>

namespace drover {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines(const std::string &text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        out.push_back(line);
    return out;
}

TEST(Metrics, show_volumes_backends_and_the_process) {
    testing::FakeService service;
    service.add("a");
    service.add("b").uses = 2;
    service.add("c", "silver").status = VolumeStatus::in_use;
    const Metrics metrics({.version = "1.2", .started_unix_ns = 1'500'000'000});
    const auto shown = lines(metrics.text(service));
    for (const char *line :
         {R"(drover_build_info{version="1.2"} 1)", "process_start_time_seconds 1.5",
          R"(drover_volumes{backend="gold",status="available"} 2)",
          R"(drover_volumes{backend="gold",status="error"} 0)",
          R"(drover_volumes{backend="silver",status="in-use"} 1)",
          R"(drover_volume_bytes{backend="gold"} 21474836480)", R"(drover_volume_uses{backend="gold"} 2)",
          R"(drover_backend_up{backend="gold",driver="loopback"} 1)",
          R"(drover_backend_free_bytes{backend="gold"} 1024)", "# TYPE drover_volumes gauge"})
        EXPECT_THAT(shown, Contains(line));
    EXPECT_THAT(metrics.text(service), Not(HasSubstr("drover_backend_total_bytes")));
    service.backend_state = "failed";
    EXPECT_THAT(lines(metrics.text(service)),
                Contains(R"(drover_backend_up{backend="gold",driver="loopback"} 0)"));
}

TEST(Metrics, count_operations_by_outcome_and_time_them) {
    testing::FakeService service;
    Metrics metrics({.version = "1", .started_unix_ns = 0});
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 100; ++j)
                metrics.record("mount", std::nullopt, std::chrono::milliseconds(20));
        });
    }
    for (auto &thread : threads)
        thread.join();
    metrics.record("mount", Code::no_space, std::chrono::seconds(1));
    const auto shown = lines(metrics.text(service));
    for (const char *line : {R"(drover_operations_total{kind="mount",outcome="ok"} 400)",
                             R"(drover_operations_total{kind="mount",outcome="no-space"} 1)",
                             R"(drover_operation_duration_seconds_count{kind="mount"} 401)",
                             R"(drover_operation_duration_seconds_bucket{kind="mount",le="0.025"} 400)",
                             R"(drover_operation_duration_seconds_bucket{kind="mount",le="+Inf"} 401)"})
        EXPECT_THAT(shown, Contains(line));
}

TEST(Metrics, pass_on_the_calls_of_drivers) {
    testing::FakeService service;
    const Metrics metrics(
        {.version = "1", .driver_calls = [] {
             return std::vector<BackendCalls>{
                 {.backend = "gold",
                  .ops = {
                      {.op = "create", .calls = 3, .failures = 1, .in_flight = 1, .total_ns = 2'500'000'000},
                      {.op = "clone"}}}};
         }});
    const auto shown = lines(metrics.text(service));
    for (const char *line : {R"(drover_driver_calls_total{backend="gold",op="create"} 3)",
                             R"(drover_driver_call_failures_total{backend="gold",op="create"} 1)",
                             R"(drover_driver_calls_in_flight{backend="gold",op="create"} 1)",
                             R"(drover_driver_call_seconds_total{backend="gold",op="create"} 2.5)"})
        EXPECT_THAT(shown, Contains(line));
    EXPECT_THAT(metrics.text(service), Not(HasSubstr("clone")));
}

TEST(Metrics, have_a_type_for_every_line_and_no_names_of_volumes) {
    testing::FakeService service;
    service.add("secretname");
    const Metrics metrics({.version = "a\"b\\c", .started_unix_ns = 0});
    const std::string text = metrics.text(service);
    EXPECT_THAT(text, HasSubstr(R"(drover_build_info{version="a\"b\\c"} 1)"));
    EXPECT_THAT(text, Not(HasSubstr("secretname")));
    std::string type;
    for (const std::string &line : lines(text)) {
        if (line.starts_with("# TYPE ")) {
            type = line.substr(7, line.find(' ', 7) - 7);
        } else if (!line.starts_with("#")) {
            EXPECT_TRUE(line.starts_with(type)) << line;
        }
    }
}

} // namespace
} // namespace drover
