// Recorded exchanges: a text file with one JSON object for each request and its answer, in their order,
// without secrets. What recorded once with a real array is replayed in tests without one.
//
//   {"request": {"method", "path", "headers": {…}, "body"}, "response": {"status", "headers": {…}, "body"}}
//
// A body that is JSON stands there as JSON, another one as {"text": …}. Lines that begin with '#' and
// empty ones are passed over.
#pragma once

#include "drover/sdk/rest/secrets.hpp"
#include "drover/sdk/rest/transport.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace drv::rest {

// Passes requests on to `inner` and appends each answered one to `file`, made with mode 600. Throws Error
// when the file cannot be opened or written.
[[nodiscard]] std::unique_ptr<Transport> record(std::unique_ptr<Transport> inner,
                                                const std::filesystem::path &file,
                                                std::shared_ptr<const Secrets> secrets);

// Answers from a file. The requests must be those of the file, in their order: the same method, path, own
// headers and body (as JSON values, where it is JSON). Another one throws Error(internal) that tells what
// differs.
class Replay : public Transport {
public:
    // Throws Error(invalid), with the line, for a file that cannot be read.
    Replay(const std::filesystem::path &file, std::shared_ptr<const Secrets> secrets);
    ~Replay() override;

    [[nodiscard]] Response exchange(const Request &request, const Limit &limit) override;
    // How many exchanges of the file were not asked for yet.
    [[nodiscard]] std::size_t left() const;

private:
    class File;
    std::unique_ptr<File> file_;
};

} // namespace drv::rest
