#include "conformance/simulators/options.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace drover::sim {

namespace {

constexpr const char *kDescription =
    R"(Stands in for the controller of a storage array: speaks its REST API over HTTPS, keeps volumes, hosts and
snapshots by its rules, and misbehaves on request. For the tests of drivers, and to try Drover without an array.

VENDOR is flasharray: a Pure Storage FlashArray, REST 1.0 to 1.19.)";

constexpr const char *kFooter =
    R"(When it serves it prints one line, "ready https://ADDRESS:PORT", and runs until SIGTERM or SIGINT.
Tests arm faults, move the clock and read what was asked below https://ADDRESS:PORT/sim/, without a session.
Without a seed there is one user, pureuser with the password pureuser, and the API token of docs/array-sim.md.
Exit status: 0 ended by a signal, 1 it could not start or go on, 2 wrong usage.

Examples:
  drover-array-sim flasharray --listen 127.0.0.1:8443
  drover-array-sim flasharray --listen 127.0.0.1:0 --seed array.yml --state array.state
  drover-array-sim flasharray --fault 'do=drop,when=after,method=POST,path=/volume/,skip=2'
  drover-array-sim flasharray --fault '{"do": "status", "status": 503, "times": 0}')";

int usage(const std::string &what) {
    std::fprintf(stderr, "drover-array-sim: %s\nRun with --help for more.\n", what.c_str());
    return 2;
}

} // namespace

std::variant<Options, int> parse_command_line(int argc, char **argv) {
    Options options;
    std::string listen = options.listen.text();
    std::vector<std::string> faults;
    CLI::App app(kDescription, "drover-array-sim");
    app.footer(kFooter);
    app.set_version_flag("--version", "drover-array-sim 0.1.0");
    app.add_option("VENDOR", options.vendor, "whose array: flasharray")->required();
    app.add_option("--listen", listen, "IP address and port to serve on; port 0 takes any free one")
        ->type_name("ADDRESS:PORT")
        ->capture_default_str();
    app.add_option("--seed", options.seed,
                   "YAML file: users, ports, REST versions, first objects (docs/array-sim.md)")
        ->type_name("FILE");
    app.add_option(
           "--state", options.state,
           "file that keeps all objects over restarts; the seed's first objects are made only when it is new")
        ->type_name("FILE");
    app.add_option("--journal", options.journal,
                   "append each call to a file, one line of JSON, without secrets")
        ->type_name("FILE");
    app.add_option("--fault", faults, "a fault to begin with: JSON, or key=value,... (may be given again)")
        ->type_name("SPEC")
        ->allow_extra_args(false);
    app.add_option("--tls-cert", options.certificate, "PEM file with the certificate to show, and its chain")
        ->type_name("FILE");
    app.add_option("--tls-key", options.key, "PEM file with the certificate's key")->type_name("FILE");
    app.add_option(
           "--write-tls-cert", options.write_certificate,
           "write the self-signed certificate that is made without --tls-cert, for clients that verify")
        ->type_name("FILE");
    app.add_option(
           "--data-plane", options.data_plane,
           "what makes connected volumes real devices: none; lio (the kernel's targets for iSCSI and Fibre "
           "Channel); nvmet (the kernel's, NVMe/TCP); tgt (iSCSI by a tgtd of its own on any kernel: one "
           "host "
           "at a time, and WWIDs are not the array's, so Drover's agent refuses the devices)")
        ->type_name("KIND")
        ->capture_default_str();
    app.add_option("--data-dir", options.data_folder,
                   "folder for the volumes' contents; needed with a data plane")
        ->type_name("DIR");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (options.vendor != "flasharray")
        return usage("there is no simulator of \"" + options.vendor + "\"; there is: flasharray");
    auto address = ListenAddress::parse(listen);
    if (!address)
        return usage("--listen: " + address.error().message);
    options.listen = *address;
    for (const std::string &spec : faults) {
        auto fault = parse_fault(spec);
        if (!fault)
            return usage("--fault: " + fault.error().message);
        options.faults.push_back(std::move(*fault));
    }
    if (options.certificate.empty() != options.key.empty())
        return usage("--tls-cert and --tls-key go together");
    if (!options.certificate.empty() && !options.write_certificate.empty())
        return usage("--write-tls-cert writes the certificate that is made without --tls-cert");
    if (options.data_plane != "none" && options.data_folder.empty())
        return usage("--data-plane " + options.data_plane + " needs --data-dir for the volumes' contents");
    return options;
}

} // namespace drover::sim
