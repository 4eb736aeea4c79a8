// A simulated Pure Storage FlashArray: its REST API 1.x over the objects, files and LUNs. One call at a time.
#pragma once

#include "conformance/simulators/flasharray/model.hpp"
#include "conformance/simulators/flasharray/sessions.hpp"
#include "conformance/simulators/frame/array.hpp"
#include "conformance/simulators/frame/clock.hpp"

#include <memory>
#include <mutex>

namespace drover::sim::flasharray {

// What SCSI initiators see, whatever the data plane.
[[nodiscard]] DataIdentity data_identity();

class FlashArray final : public sim::Array {
public:
    // Reads the state file, if one is named, else makes what the seed lists; then tells the data plane of
    // every connection. The clock and the devices outlive it.
    [[nodiscard]] static Result<std::unique_ptr<FlashArray>>
    open(Seed seed, const std::filesystem::path &state_file, Devices &devices, Clock &clock);

    [[nodiscard]] Response answer(const Request &request, bool pretend, boost::json::object &notes) override;
    void end_sessions() override;
    [[nodiscard]] boost::json::value state() override;
    Result<void> set(const boost::json::object &settings) override;
    void clock_moved() override;

private:
    FlashArray(Seed seed, Devices &devices, Clock &clock);

    Result<void> make_first_objects();
    Result<void> restore_devices();
    [[nodiscard]] Response dispatch(const Request &request, bool pretend, boost::json::object &notes);
    [[nodiscard]] Response log_in(const Request &request, const Parameters &parameters,
                                  const std::string &what, boost::json::object &notes);
    [[nodiscard]] boost::json::value answer_resource(const Ask &ask);
    // Ends the call: devices, then the state file. What fails takes everything back.
    Result<void> finish();
    void begin_call();

    Clock &clock_;
    Devices &devices_;
    std::mutex mutex_;
    Model model_;
    Sessions sessions_;
};

} // namespace drover::sim::flasharray
