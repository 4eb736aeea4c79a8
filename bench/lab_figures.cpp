// What connecting volumes costs on a kernel with iSCSI and multipath: in the lab's guest, whose processor is
// emulated, so that only figures of the same machine can be compared. There the script
// conformance/lab/groups/connect_time.sh measures; here its figures are read.
#include "bench/processes.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>

namespace drover::bench {

namespace {

constexpr const char *kOne = "lab.connect_1";
constexpr const char *kTwenty = "lab.connect_20";
constexpr int kCannotRunHere = 77; // vm-run's

std::vector<Figure> measure(const Workplace &workplace, const Wanted &wanted) {
    const std::filesystem::path lab = DROVER_LAB_FOLDER;
    const auto results = workplace.path() / "lab";
    try {
        run({lab / "vm-run", "-t", "900", "-o", results, "-d", "iscsid", "-d", "multipathd", "--",
             lab / "groups" / "connect_time.sh", build_folder()});
    } catch (const ProgramFailed &failed) {
        if (failed.exit_code != kCannotRunHere)
            throw;
        throw NotHere(failed.said);
    }
    std::map<std::string, double> values;
    std::ifstream lines(results / "figures");
    double value = 0;
    for (std::string name; lines >> name >> value;)
        values[name] = value;
    std::vector<Figure> figures;
    for (const char *name : {kOne, kTwenty}) {
        if (!wanted(name))
            continue;
        if (!values.contains(name))
            throw std::runtime_error(fmt::format("the guest ended well and told no {}", name));
        figures.push_back({.name = name,
                           .unit = "ms",
                           .value = values[name],
                           .beside = std::nullopt,
                           .budget = std::nullopt,
                           .what = fmt::format("Mount of {} over two iSCSI portals with CHAP and multipath, "
                                               "without a session before; on the lab's emulated processor",
                                               name == kOne ? "a volume" : "20 volumes at once")});
    }
    return figures;
}

} // namespace

Scenario lab_scenario() {
    return {.names = {kOne, kTwenty}, .measure = &measure};
}

} // namespace drover::bench
