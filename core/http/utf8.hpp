// Text of strangers in JSON: a driver or an array may send any bytes, and one bad byte would make a whole
// answer unreadable to a strict client.
#pragma once

#include <string>

namespace drover::http {

// The text with every byte that is no part of valid UTF-8 replaced by '?'. Works on serialized JSON as a
// whole, since outside of its texts all is ASCII.
std::string valid_utf8(std::string text);

} // namespace drover::http
