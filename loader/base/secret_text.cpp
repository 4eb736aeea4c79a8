#include "loader/base/secret_text.hpp"

#include <string.h> // explicit_bzero

namespace drover {

void wipe(std::string &text) noexcept {
    // The bytes between size and capacity may hold an earlier, longer value. Growing within the capacity
    // allocates nothing, so this cannot throw.
    text.resize(text.capacity());
    explicit_bzero(text.data(), text.size());
    text.clear();
}

} // namespace drover
