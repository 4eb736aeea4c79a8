#include "conformance/scratch.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace drover::conformance {

Result<Scratch> Scratch::make() {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    if (error)
        return fail(Code::internal, "there is no folder for temporary files: " + error.message());
    std::string name = (std::filesystem::canonical(parent, error) / "drover-conformance-XXXXXX").string();
    if (error || ::mkdtemp(name.data()) == nullptr)
        return fail_errno(errno, name + " cannot be made");
    return Scratch(name);
}

Scratch::~Scratch() {
    if (folder_.empty())
        return;
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
    if (error) {
        std::fprintf(stderr, "drover-conformance: %s cannot be removed: %s\n", folder_.c_str(),
                     error.message().c_str());
    }
}

} // namespace drover::conformance
