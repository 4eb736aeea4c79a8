#include "conformance/simulators/frame/data_plane.hpp"

#include "conformance/simulators/frame/lio/lio_data_plane.hpp"
#include "conformance/simulators/frame/nvmet/nvmet_data_plane.hpp"
#include "conformance/simulators/frame/tgt/tgt_data_plane.hpp"

#include <fmt/format.h>

namespace drover::sim {

namespace {

class NoDataPlane final : public DataPlane {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "none"; }
    Result<void> start(const DataPlaneSettings & /*settings*/) override { return {}; }
    Result<void> set_host(const DataHost & /*host*/) override { return {}; }
    Result<void> remove_host(const std::string & /*host_id*/) override { return {}; }
    Result<void> connect(const DataHost & /*host*/, const DataVolume & /*volume*/,
                         unsigned /*lun*/) override {
        return {};
    }
    Result<void> disconnect(const DataHost & /*host*/, const DataVolume & /*volume*/,
                            unsigned /*lun*/) override {
        return {};
    }
    Result<void> resized(const DataVolume & /*volume*/) override { return {}; }
    Result<void> replacing_content(const DataVolume & /*volume*/) override { return {}; }
    Result<void> content_replaced(const DataVolume & /*volume*/) override { return {}; }
    Result<void> settle(const DataVolume & /*volume*/) override { return {}; }
    Result<void> forget_volume(const DataVolume & /*volume*/) override { return {}; }
};

} // namespace

Result<std::unique_ptr<DataPlane>> make_data_plane(std::string_view name) {
    if (name == "none")
        return std::make_unique<NoDataPlane>();
    if (name == "lio")
        return std::make_unique<LioDataPlane>();
    if (name == "nvmet")
        return std::make_unique<NvmetDataPlane>();
    if (name == "tgt")
        return std::make_unique<TgtDataPlane>();
    return fail(Code::invalid,
                fmt::format("there is no data plane \"{}\"; there are: none, lio, nvmet, tgt", name));
}

} // namespace drover::sim
