// drover-array-sim: builds the parts from the command line, serves until a signal ends it.
#include "conformance/simulators/flasharray/flasharray.hpp"
#include "conformance/simulators/frame/desk.hpp"
#include "conformance/simulators/options.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/signalfd.h>
#include <system_error>

namespace drover::sim {
namespace {

Result<TlsContext> identity_of(const Options &options) {
    if (options.certificate.empty())
        return make_own_identity(options.listen.host, options.write_certificate);
    return load_identity(options.certificate, options.key);
}

Result<std::filesystem::path> data_folder_of(const Options &options) {
    std::error_code error;
    if (options.data_folder.empty())
        return std::filesystem::path();
    std::filesystem::create_directories(options.data_folder, error);
    auto folder = std::filesystem::canonical(options.data_folder, error);
    if (error) {
        return fail(Code::invalid,
                    "the folder " + options.data_folder.native() + " cannot be used: " + error.message());
    }
    return folder;
}

Result<void> serve(const Options &options, int signals) {
    auto tls = identity_of(options);
    auto folder = data_folder_of(options);
    auto seed = options.seed.empty() ? Result<flasharray::Seed>(flasharray::default_seed())
                                     : flasharray::read_seed(options.seed);
    auto plane = make_data_plane(options.data_plane);
    if (!tls)
        return fail(std::move(tls).error());
    if (!folder)
        return fail(std::move(folder).error());
    if (!seed)
        return fail(std::move(seed).error());
    if (!plane)
        return fail(std::move(plane).error());
    if (auto started = (*plane)->start({flasharray::data_identity(), seed->ports, *folder}); !started)
        return started;

    const VolumeFiles files(*folder);
    flasharray::Devices devices(**plane, files);
    Clock clock;
    auto array = flasharray::FlashArray::open(std::move(*seed), options.state, devices, clock);
    if (!array)
        return fail(std::move(array).error());
    Faults faults;
    for (const Fault &fault : options.faults)
        faults.arm(fault);
    Journal journal;
    if (!options.journal.empty()) {
        if (auto opened = journal.write_to(options.journal); !opened)
            return opened;
    }
    Desk desk(**array, faults, journal, clock);
    auto server = Server::open(options.listen, std::move(*tls),
                               [&desk](const Request &request) { return desk.handle(request); });
    if (!server)
        return fail(std::move(server).error());
    std::printf("ready https://%s\n", (*server)->address().text().c_str());
    std::fflush(stdout);
    (*server)->run(signals);
    desk.stop();
    return {};
}

int run(int argc, char **argv) {
    const auto options = parse_command_line(argc, argv);
    if (const int *status = std::get_if<int>(&options))
        return *status;
    // Blocked before any thread is there, and read as a file.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c): it cannot fail
    const UniqueFd signals(::signalfd(-1, &ends, SFD_CLOEXEC));
    if (auto done = serve(std::get<Options>(options), signals.get()); !done) {
        std::fprintf(stderr, "drover-array-sim: %s\n", done.error().message.c_str());
        return 1;
    }
    return 0;
}

} // namespace
} // namespace drover::sim

int main(int argc, char **argv) {
    try {
        return drover::sim::run(argc, argv);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "drover-array-sim: %s\n", error.what());
        return 1;
    }
}
