#include "conformance/report/listing.hpp"
#include "conformance/suite/registry.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

TEST(Listing, IsOneLinePerCase) {
    const std::vector<Case> cases{
        {.id = "core.probe", .description = "Probe answers OK."},
        {.id = "load.scan-time", .binding = Binding::quality, .description = "Loading is quick."}};
    EXPECT_EQ(list_as_text(cases), "core.probe      mandatory      Probe answers OK.\n"
                                   "load.scan-time  quality        Loading is quick.\n");
}

TEST(Listing, HasTheSameAsJson) {
    const Registry all = make_registry();
    const auto rows = boost::json::parse(list_as_json(all.cases())).as_object().at("cases").as_array();
    ASSERT_EQ(rows.size(), all.cases().size());
    EXPECT_EQ(rows.at(0).as_object().at("id").as_string(), all.cases().front().id);
}

} // namespace
} // namespace drover::conformance
