// Asks an array for "/" and prints what came of it.
#include <cstdio>
#include <drover/sdk/rest/client.hpp>
#include <drover/sdk/testing/fake_host.hpp>

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    const drv::testing::FakeHost host;
    try {
        drv::rest::Client client(drv::Host(host.get()), {.address = drv::rest::Address::parse(argv[1])});
        const auto limit = drv::rest::Limit::within(std::chrono::minutes(1));
        std::printf("status %d\n", client.send(limit, {.path = "/"}).status);
    } catch (const drv::Error &error) {
        std::puts(error.what());
    }
    return 0;
}
