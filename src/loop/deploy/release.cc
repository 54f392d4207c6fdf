#include "loop/deploy/release.h"

#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "trainer/trainer.h"

namespace spotter::deploy {
namespace {

void rename_or_fail(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) {
    fail(ErrorCode::kUnavailable, fmt::format("the model could not be published, because {}: {}",
                                              error.message(), to.string()));
  }
}

}  // namespace

std::filesystem::path target_folder(const Project& project, std::string_view target) {
  if (!project.config.deploy_folder.empty()) {
    const auto& folder = project.config.deploy_folder;
    return (folder.is_absolute() ? folder : project.root / folder) / target;
  }
  return project.root / "deployed" / target;
}

void write_release(Project& project, const std::filesystem::path& target,
                   const Deployment& deployment) {
  const auto release = target / "releases" / deployment.id;
  if (std::filesystem::exists(release / "deployment.json")) {
    return;
  }
  const auto temporary = target / "releases" / ("." + deployment.id + ".partial");
  std::error_code ignored;
  std::filesystem::remove_all(temporary, ignored);
  make_folders(temporary);
  trainer::checkout_model(project, trainer::find_model(project, deployment.model), temporary);
  Json facts = to_json(deployment);
  facts.erase("changed");
  write_json(temporary / "deployment.json", facts);
  rename_or_fail(temporary, release);
}

void point_current(const std::filesystem::path& target, std::string_view id) {
  const auto wanted = std::filesystem::path("releases") / id;
  std::error_code error;
  if (std::filesystem::read_symlink(target / "current", error) == wanted) {
    return;
  }
  const auto link = target / ".current.partial";
  std::filesystem::remove(link, error);
  std::filesystem::create_directory_symlink(wanted, link, error);
  if (error) {
    fail(ErrorCode::kUnavailable, fmt::format("the model could not be published, because {}: {}",
                                              error.message(), link.string()));
  }
  rename_or_fail(link, target / "current");
}

}  // namespace spotter::deploy
