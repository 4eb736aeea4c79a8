// Which call a path below volume/ means. A volume of a volume group has a slash in its name.
#include "conformance/simulators/flasharray/connections.hpp"
#include "conformance/simulators/flasharray/protection.hpp"
#include "conformance/simulators/flasharray/volumes.hpp"

namespace drover::sim::flasharray {

namespace {

bool is_part(const std::string &word) {
    return word == "host" || word == "hgroup" || word == "pgroup";
}

// volume/group/v/host as {"volume", "group/v", "host"}.
std::vector<std::string> with_whole_name(const Model &model, std::vector<std::string> path) {
    if (path.size() < 3)
        return path;
    const Container *container = model.store.containers.find(path[1]);
    const bool in_group =
        container != nullptr && !container->is_pod && model.store.volumes.find(path[1]) == nullptr;
    if (!in_group && is_part(path[2]))
        return path;
    path[1] += "/" + path[2];
    path.erase(path.begin() + 2);
    return path;
}

} // namespace

boost::json::value answer_volume(Model &model, const Ask &asked) {
    Ask ask = asked;
    ask.path = with_whole_name(model, std::move(ask.path));
    if (ask.path.size() == 1) {
        if (ask.gets())
            return list_volumes(model, ask);
        if (ask.posts())
            return make_snapshots(model, ask);
        refuse_path();
    }
    if (ask.path.size() == 2) {
        if (ask.gets())
            return show_volume(model, ask);
        if (ask.posts())
            return make_volume(model, ask);
        if (ask.puts())
            return change_volume(model, ask);
        if (ask.removes())
            return remove_volume(model, ask);
        refuse_path();
    }
    if (ask.path[2] == "host")
        return answer_volume_host(model, ask);
    if (ask.path[2] == "hgroup")
        return answer_volume_host_group(model, ask);
    if (ask.path[2] == "pgroup")
        return answer_volume_group(model, ask);
    refuse_path();
}

} // namespace drover::sim::flasharray
