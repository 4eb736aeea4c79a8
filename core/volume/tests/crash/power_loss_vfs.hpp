// A file layer for SQLite that forgets, at a power cut, what was written and not synced. It keeps every write
// in memory until the file is synced; a killed process takes them with it. A disk may also write some of them
// early and in any order, so a cut can let every second one through.
#pragma once

namespace drover::crash {

enum class Unsynced { all_lost, every_second_written };

// From now on every database of this process goes through it. Once per process.
void lose_unsynced_writes(Unsynced fate);
// What the disk wrote early. To be called when the power goes.
void cut_power();

} // namespace drover::crash
