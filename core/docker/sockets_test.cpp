#include "core/docker/sockets.hpp"

#include <gmock/gmock.h>

namespace drover {
namespace {

std::vector<std::string> shown(const AgentConfig &config) {
    std::vector<std::string> out;
    for (const DockerSocket &socket : docker_sockets(config))
        out.push_back(socket.name + " " + socket.backend + " " + socket.file.native());
    return out;
}

TEST(DockerSockets, are_the_aliases_of_the_default_backend_and_every_backend) {
    AgentConfig config{.backends = {{.name = "gold"}, {.name = "silver"}}, .default_backend = "gold"};
    EXPECT_THAT(shown(config), ::testing::ElementsAre("drover gold /run/docker/plugins/drover.sock",
                                                      "flocker gold /run/docker/plugins/flocker.sock",
                                                      "gold gold /run/docker/plugins/gold.sock",
                                                      "silver silver /run/docker/plugins/silver.sock"));
}

TEST(DockerSockets, have_no_name_twice) {
    AgentConfig config{.docker = {.plugin_dir = "/p", .names = {"gold"}},
                       .backends = {{.name = "gold"}},
                       .default_backend = "gold"};
    EXPECT_THAT(shown(config), ::testing::ElementsAre("gold gold /p/gold.sock"));
}

TEST(DockerSockets, are_none_when_docker_is_not_served) {
    AgentConfig config{
        .docker = {.enabled = false}, .backends = {{.name = "gold"}}, .default_backend = "gold"};
    EXPECT_THAT(shown(config), ::testing::IsEmpty());
}

} // namespace
} // namespace drover
