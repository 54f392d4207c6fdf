// Ctrl-C while a cycle turns: says what goes on without this process and how to take it up again,
// then ends with 130. Not for servers and workers, which finish their work first.
#pragma once
#include <filesystem>
#include <thread>

namespace spotter::cli {

// Keeps SIGINT from this thread and from those it starts; call before there are others.
void block_interrupt();
// Waits for SIGINT beside the work, until it is destroyed. `catalog` is the project's database: it
// is opened anew then, since the work's own connection may be in the middle of something.
[[nodiscard]] std::jthread watch_interrupt(std::filesystem::path catalog);

}  // namespace spotter::cli
