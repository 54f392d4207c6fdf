#include "project/champion.h"

namespace spotter {

std::string champion_id(Project& project) {
  const auto rows = project.catalog->query("SELECT model FROM aliases WHERE alias = 'champion'");
  return rows.empty() ? "" : rows[0].text(0);
}

}  // namespace spotter
