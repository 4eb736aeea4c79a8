// drv.exec/1: one program from its start to its end, on the calling thread.
//
// It is forked and not spawned: only so can it be told to die with this process (PR_SET_PDEATHSIG), which a
// driver's process may have to do at any moment. Between fork and exec nothing is called that another thread
// could have locked.
#pragma once

#include "drover/abi/call.h"
#include "drover/ext/exec.h"

#include <functional>
#include <string_view>

namespace drover {

// As drv_exec_v1.run. `to_log` is given a sentence where the code alone says too little (INVALID, INTERNAL).
drv_status run_program(const drv_call *call, const drv_exec_req *request, const drv_exec_sink *sink,
                       drv_exec_end *end, const std::function<void(std::string_view sentence)> &to_log);

} // namespace drover
