// One line on a terminal that shows how far an operation is, written over itself and gone at the end. Writes
// nothing when it is switched off.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace drover::cli {

class Progress {
public:
    Progress(std::ostream &err, bool enabled) : err_(err), enabled_(enabled) {}
    ~Progress() { clear(); }
    Progress(const Progress &) = delete;
    Progress &operator=(const Progress &) = delete;

    void show(std::string_view kind, std::string_view volume, std::uint64_t permille, std::string_view stage);
    void clear();

private:
    std::ostream &err_;
    bool enabled_;
    bool is_shown_ = false;
};

} // namespace drover::cli
