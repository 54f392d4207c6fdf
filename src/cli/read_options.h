// The options by which people steer a reader, the same for every command that reads a format.
#pragma once
#include "base/json_fwd.h"
#include "formats/format.h"

namespace CLI {
class App;
}

namespace spotter::cli {

// --images --reference --classes --voc-base --clip.
void add_read_options(CLI::App& app, formats::ReadOptions& options);

// Rows that could not be taken, for people: the first of them and how many more.
void print_rejects(const Json& rejects);

}  // namespace spotter::cli
