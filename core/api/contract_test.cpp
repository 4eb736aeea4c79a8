// openapi.yaml against the program, both ways: paths, parameters, bodies, and what answers hold.
#include "core/api/bodies.hpp"
#include "core/api/json_views.hpp"
#include "core/api/routes.hpp"

#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include <set>

namespace drover {
namespace {

using ::testing::ElementsAreArray;

const YAML::Node &contract() {
    static const YAML::Node kContract = YAML::LoadFile(DROVER_OPENAPI);
    return kContract;
}

// Follows "#/components/..." one step.
YAML::Node resolve(const YAML::Node &node) {
    if (!node["$ref"])
        return node;
    YAML::Node found = YAML::Clone(contract());
    std::istringstream steps(node["$ref"].as<std::string>().substr(2));
    for (std::string step; std::getline(steps, step, '/');)
        found = YAML::Clone(found[step]);
    return found;
}

YAML::Node schema(const std::string &name) {
    return contract()["components"]["schemas"][name];
}

std::set<std::string> keys(const YAML::Node &map) {
    std::set<std::string> out;
    for (const auto &entry : map)
        out.insert(entry.first.as<std::string>());
    return out;
}

std::set<std::string> texts(const YAML::Node &list) {
    std::set<std::string> out;
    for (const auto &entry : list)
        out.insert(entry.as<std::string>());
    return out;
}

bool is_method(const std::string &key) {
    return key == "get" || key == "post" || key == "put" || key == "delete" || key == "patch";
}

std::string upper(std::string text) {
    for (char &c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// "GET /v2/volumes list_volumes ?backend" for each.
std::set<std::string> described() {
    std::set<std::string> out;
    for (const auto &path : contract()["paths"]) {
        for (const auto &method : path.second) {
            if (!is_method(method.first.as<std::string>()))
                continue;
            std::string line = upper(method.first.as<std::string>()) + ' ' + path.first.as<std::string>() +
                               ' ' + method.second["operationId"].as<std::string>();
            std::set<std::string> query;
            for (const auto &reference : method.second["parameters"]) {
                const auto parameter = resolve(reference);
                if (parameter["in"].as<std::string>() == "query")
                    query.insert(parameter["name"].as<std::string>());
            }
            for (const std::string &name : query)
                line += " ?" + name;
            out.insert(line);
        }
    }
    return out;
}

TEST(Contract, has_every_route_and_the_program_every_path) {
    std::set<std::string> routes;
    for (const Route &route : api_routes()) {
        std::string line =
            std::string(route.method) + ' ' + std::string(route.pattern) + ' ' + std::string(route.operation);
        const std::set<std::string_view> query(route.query.begin(), route.query.end());
        for (const std::string_view name : query)
            line += " ?" + std::string(name);
        routes.insert(line);
    }
    EXPECT_THAT(routes, ElementsAreArray(described()));
}

TEST(Contract, has_the_path_parameters_of_each_path) {
    for (const auto &path : contract()["paths"]) {
        std::set<std::string> described;
        for (const auto &reference : path.second["parameters"])
            described.insert(resolve(reference)["name"].as<std::string>());
        std::set<std::string> used;
        std::string text = path.first.as<std::string>();
        for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1))
            used.insert(text.substr(at + 1, text.find('}', at) - at - 1));
        EXPECT_EQ(described, used) << text;
    }
}

TEST(Contract, has_the_keys_of_every_body) {
    for (const char *name :
         {"VolumeSpec", "Source", "Root", "Use", "NewSize", "NewSnapshot", "NewShape", "NewLimits",
          "AdoptSpec", "SnapshotAdoptSpec", "GroupSpec", "GroupChange", "Fence"}) {
        const auto &known = keys_of_body(name);
        EXPECT_EQ(keys(schema(name)["properties"]), std::set<std::string>(known.begin(), known.end()))
            << name;
        EXPECT_FALSE(schema(name)["additionalProperties"].as<bool>()) << name;
    }
}

std::set<std::string> keys(const boost::json::object &object) {
    std::set<std::string> out;
    for (const auto &member : object)
        out.insert(std::string(member.key()));
    return out;
}

void expect_shape(const std::string &name, const boost::json::object &shown) {
    EXPECT_EQ(keys(shown), texts(schema(name)["required"])) << name;
    EXPECT_EQ(keys(shown), keys(schema(name)["properties"])) << name;
}

TEST(Contract, describes_what_is_shown) {
    expect_shape("Volume", to_json(VolumeView{}));
    expect_shape("Snapshot", to_json(SnapshotView{}));
    expect_shape("Profile", to_json(Profile{}));
    expect_shape("Limits", to_json(LimitsView{}));
    expect_shape("Unmanaged", to_json(UnmanagedView{}));
    expect_shape("PoolStats", to_json(BackendStats{}));
    expect_shape("Fenced", to_json(FencedView{}));
    expect_shape("Group", to_json(GroupView{}));
    expect_shape("GroupSnapshot", to_json(GroupSnapshotView{}));
    expect_shape("Finding", to_json(NodeFinding{}));
    expect_shape("Operation", to_json(OperationView{}));
    expect_shape("Driver", to_json(BackendView{}));
    const auto driver = to_json(BackendView{.capabilities = Capabilities{}});
    expect_shape("Capabilities", driver.at("capabilities").as_object());
    const auto volume = to_json(VolumeView{.error = VolumeFailure{}});
    EXPECT_EQ(keys(volume.at("error").as_object()),
              texts(schema("Volume")["properties"]["error"]["required"]));
    const Error full{
        .message = "m", .vendor_code = "v", .state_unknown = true, .retry_after = std::chrono::seconds(1)};
    EXPECT_EQ(keys(to_json(full)), keys(schema("Error")["properties"]));
    EXPECT_EQ(keys(to_json(Error{})), texts(schema("Error")["required"]));
}

TEST(Contract, knows_every_code_and_status_word) {
    std::set<std::string> codes;
    for (int i = 0; i <= static_cast<int>(Code::gone); ++i)
        codes.insert(std::string(to_string(static_cast<Code>(i))));
    EXPECT_EQ(texts(schema("Code")["enum"]), codes);
    std::set<std::string> statuses;
    for (int i = 0; i <= static_cast<int>(VolumeStatus::deleting); ++i)
        statuses.insert(std::string(to_string(static_cast<VolumeStatus>(i))));
    EXPECT_EQ(texts(schema("Volume")["properties"]["status"]["enum"]), statuses);
}

TEST(Contract, has_no_reference_into_nothing) {
    std::vector<YAML::Node> open = {contract()};
    int references = 0;
    while (!open.empty()) {
        const YAML::Node node = open.back();
        open.pop_back();
        if (node.IsMap() && node["$ref"]) {
            ++references;
            EXPECT_TRUE(resolve(node).IsMap()) << node["$ref"];
        } else if (node.IsMap() || node.IsSequence()) {
            for (const auto &child : node)
                open.push_back(node.IsMap() ? child.second : YAML::Node(child));
        }
    }
    EXPECT_GT(references, 50);
}

} // namespace
} // namespace drover
