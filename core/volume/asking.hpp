// Questions that only a driver can answer: they wait for no volume's queue, and change nothing. Private to
// this folder.
#pragma once

#include "core/volume/volumes.hpp"

#include <chrono>

namespace drover {

template <typename T>
void Volumes::ask(const std::string &backend, const std::string &what, OperationOptions options, Done<T> done,
                  std::function<Result<T>(Driver &, const CallContext &)> question,
                  std::optional<Error> refused) {
    // A refusal comes from a worker too, as every answer.
    parts_.workers.post(backend, what,
                        [this, backend, refused = std::move(refused), options = std::move(options),
                         question = std::move(question), done = std::move(done)] {
                            done([&]() -> Result<T> {
                                if (refused)
                                    return fail(*refused);
                                auto driver = parts_.backends.driver(backend);
                                if (!driver)
                                    return fail(std::move(driver).error());
                                return question(**driver, {.deadline = options.deadline.earlier(
                                                               Deadline::after(std::chrono::seconds(60))),
                                                           .request_id = options.request_id});
                            }());
                        });
}

} // namespace drover
