// What a driver adds to Database for opening and migrating. Only this folder uses it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "store/catalog/database.h"

namespace spotter::catalog {

[[nodiscard]] std::unique_ptr<Database> open_sqlite(const std::string& path);
[[nodiscard]] std::unique_ptr<Database> open_postgres(const std::string& url);

// Runs several statements separated by semicolons.
void execute_script(Database& database, std::string_view sql);

}  // namespace spotter::catalog
