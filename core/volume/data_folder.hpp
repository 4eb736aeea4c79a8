// The folder of a mounted volume that its users get when it is not the filesystem's root.
#pragma once

#include "core/volume/views.hpp"
#include "loader/base/deadline.hpp"

#include <cstdint>
#include <filesystem>

namespace drover {

inline constexpr std::uint32_t kDefaultRootMode = 0777; // as Flocker: any user of the container may write

// Makes the subfolder of the volume mounted at `target`, if it is to have one and it is missing.
// Code::conflict when something else has its name: whoever wrote to the volume may have put a link there,
// which would lead those who follow it out of the volume. So ask each time before the folder is handed out.
Result<void> make_data_folder(const std::filesystem::path &target, const RootOptions &root,
                              Deadline deadline);

} // namespace drover
