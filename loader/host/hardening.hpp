// What the driver's process gives up before any of the driver's code runs.
#pragma once

namespace drover::host {

// No new privileges, no core files, nobody may attach to it; limits on memory and descriptors;
// ends when the agent's thread that started it ends; keeps descriptors 0 to `last_fd` only. Signals that ask
// a service to stop are the agent's business: they are not obeyed here, so that calls may end first.
void harden(int last_fd);

} // namespace drover::host
