#include "loop/version/version.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "loop/version/split.h"
#include "project/care.h"
#include "project/filter.h"

namespace spotter::version {
namespace {

constexpr std::string_view kColumns =
    "id, number, parent, message, author, content_hash, counts, lineage, created_at";

Version from_row(const catalog::Row& row) {
  return {.id = row.text(0),
          .number = row.integer(1),
          .parent = row.text(2),
          .message = row.text(3),
          .author = row.text(4),
          .content_hash = row.text(5),
          .counts = parse_json(row.text(6), "dataset_versions.counts"),
          .lineage = parse_json(row.text(7), "dataset_versions.lineage"),
          .created_at = row.integer(8)};
}

// The samples with labels that belong in a version, and the sets that say so; both by key.
struct Content {
  std::vector<Sample> samples;
  std::vector<LabelSet> labels;
};

Content labelled(Project& project, const Filter& filter) {
  std::map<std::string, LabelSet> sets;
  for (auto& set : project.lake->labels({}, kLabelLayer)) {
    std::string key = set.sample;
    sets.emplace(std::move(key), std::move(set));
  }
  Content content;
  for (auto& sample : project.lake->samples()) {
    const auto found = sets.find(sample.key);
    if (found == sets.end() || !filter.matches(sample)) {
      continue;
    }
    content.labels.push_back(std::move(found->second));
    content.samples.push_back(std::move(sample));
  }
  return content;
}

std::string hash_of(const Content& content, const std::vector<std::string>& splits) {
  ContentHash hash;
  for (std::size_t i = 0; i < content.samples.size(); ++i) {
    hash.add(content.samples[i].key, content.samples[i].media, splits[i],
             content.labels[i].revision);
  }
  return hash.hex();
}

Json count(const Content& content, const std::vector<std::string>& splits) {
  std::map<std::string, std::int64_t> by_split;
  std::map<std::string, std::int64_t> by_class;
  std::set<std::string_view> scenes;
  std::int64_t labels = 0;
  for (std::size_t i = 0; i < content.samples.size(); ++i) {
    ++by_split[splits[i]];
    scenes.insert(content.samples[i].scene());
    for (const auto& label : content.labels[i].labels) {
      ++by_class[label.class_name];
      ++labels;
    }
  }
  return {{"samples", content.samples.size()},
          {"labels", labels},
          {"scenes", scenes.size()},
          {"splits", by_split},
          {"classes", by_class}};
}

// Where the labels that the parent does not have came from.
Json trace(Project& project, const Content& content, std::string_view parent,
           std::string_view cycle) {
  std::map<std::string, std::int64_t> known;
  if (!parent.empty()) {
    for (const auto& item : project.lake->version_items(parent)) {
      known[item.sample] = item.label_revision;
    }
  }
  std::map<std::string, std::int64_t> batches;
  for (const auto& set : content.labels) {
    const auto found = known.find(set.sample);
    if (!set.batch.empty() && (found == known.end() || found->second != set.revision)) {
      ++batches[set.batch];
    }
  }
  std::set<std::string> campaigns;
  std::set<std::string> modes;
  for (const auto& [batch, samples] : batches) {
    for (const auto& row :
         project.catalog->query("SELECT b.campaign, coalesce(c.failure_mode, '') FROM batches b "
                                "LEFT JOIN campaigns c ON c.id = b.campaign WHERE b.id = $1",
                                {batch})) {
      if (!row.text(0).empty()) {
        campaigns.insert(row.text(0));
      }
      if (!row.text(1).empty()) {
        modes.insert(row.text(1));
      }
    }
  }
  return {
      {"batches", batches}, {"campaigns", campaigns}, {"failure_modes", modes}, {"cycle", cycle}};
}

std::vector<VersionEntry> entries_of(const Content& content) {
  std::vector<VersionEntry> entries;
  for (const auto& sample : content.samples) {
    entries.push_back(
        {.sample = sample.key, .scene = sample.scene(), .wanted = wanted_split(sample)});
  }
  return entries;
}

std::vector<lake::VersionItem> items_of(const Content& content,
                                        const std::vector<std::string>& splits) {
  std::vector<lake::VersionItem> items;
  for (std::size_t i = 0; i < content.samples.size(); ++i) {
    items.push_back({.sample = content.samples[i].key,
                     .split = splits[i],
                     .label_revision = content.labels[i].revision});
  }
  return items;
}

bool same_items(const std::vector<lake::VersionItem>& a, const std::vector<lake::VersionItem>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.sample == y.sample && x.split == y.split && x.label_revision == y.label_revision;
  });
}

// The next free number. The lake may hold items of a commit that was killed before its row was
// written: they are taken over if they are the same, else their number stays unused.
std::int64_t next_number(Project& project, std::int64_t newest,
                         const std::vector<lake::VersionItem>& items) {
  for (std::int64_t number = newest + 1;; ++number) {
    const auto left = project.lake->version_items(fmt::format("v{}", number));
    if (left.empty() || same_items(left, items)) {
      return number;
    }
  }
}

// The split that each scene had in the newest version that holds it.
std::map<std::string, std::string> splits_by_scene(Project& project,
                                                   const std::vector<Version>& versions,
                                                   const Content& content) {
  std::map<std::string, std::string> scene_of;
  for (const auto& sample : content.samples) {
    scene_of[sample.key] = sample.scene();
  }
  std::map<std::string, std::string> known;
  for (const auto& version : versions) {
    for (const auto& item : project.lake->version_items(version.id)) {
      const auto found = scene_of.find(item.sample);
      if (found != scene_of.end()) {
        known.emplace(found->second, item.split);
      }
    }
  }
  return known;
}

void store(Project& project, const Version& version) {
  project.catalog->execute(
      fmt::format("INSERT INTO dataset_versions ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
                  kColumns),
      {version.id, version.number, version.parent, version.message, version.author,
       version.content_hash, version.counts.dump(), version.lineage.dump(), version.created_at});
}

Json listed(const std::vector<std::string>& keys) {
  constexpr std::size_t kShown = 20;
  return {{"count", keys.size()},
          {"first", std::vector<std::string>(keys.begin(),
                                             keys.begin() + static_cast<std::ptrdiff_t>(
                                                                std::min(kShown, keys.size())))}};
}

}  // namespace

Version commit(Project& project, const CommitOptions& options) {
  const auto filter = Filter::parse(options.where);
  const Content content = labelled(project, filter);
  if (content.samples.empty()) {
    fail(ErrorCode::kInvalid,
         "no version was made, because no sample has labels yet: import labels or finish a batch");
  }
  const auto versions = log(project);
  const std::string parent = versions.empty() ? "" : versions.front().id;
  const auto splits = deal_splits(entries_of(content), splits_by_scene(project, versions, content),
                                  {.test_share = project.config.test_share,
                                   .val_share = project.config.val_share,
                                   .seed = options.seed});
  const auto hash = hash_of(content, splits);
  if (!versions.empty() && versions.front().content_hash == hash) {
    Version same = versions.front();
    same.created = false;
    return same;
  }
  const auto items = items_of(content, splits);
  const auto number = next_number(project, versions.empty() ? 0 : versions.front().number, items);
  Version made{.id = fmt::format("v{}", number),
               .number = number,
               .parent = parent,
               .message = options.message,
               .author = project.person,
               .content_hash = hash,
               .counts = count(content, splits),
               .lineage = trace(project, content, parent, options.cycle),
               .created_at = project.now()};
  project.lake->add_version(fmt::format("version/{}/{}", made.id, hash), made.id, items);
  store(project, made);
  project.audit("version.commit", made.id, {{"message", made.message}, {"content_hash", hash}});
  return made;
}

std::vector<Version> log(Project& project) {
  std::vector<Version> versions;
  for (const auto& row : project.catalog->query(
           fmt::format("SELECT {} FROM dataset_versions ORDER BY number DESC", kColumns))) {
    versions.push_back(from_row(row));
  }
  return versions;
}

Version find(Project& project, std::string_view name) {
  const auto versions = log(project);
  if (name == "latest" && !versions.empty()) {
    return versions.front();
  }
  constexpr std::size_t kHashCharactersMin = 6;
  std::vector<std::string> known;
  for (const auto& version : versions) {
    if (version.id == name ||
        (name.size() >= kHashCharactersMin && version.content_hash.starts_with(name))) {
      return version;
    }
    known.push_back(version.id);
  }
  fail(ErrorCode::kNotFound,
       versions.empty()
           ? std::string("there is no dataset version yet: make one with `spotter version commit`")
           : fmt::format("there is no dataset version \"{}\"{}", name, did_you_mean(name, known)));
}

Json diff(Project& project, std::string_view from, std::string_view to) {
  const Version a = find(project, from);
  const Version b = find(project, to);
  std::map<std::string, lake::VersionItem> old_items;
  for (auto& item : project.lake->version_items(a.id)) {
    old_items.emplace(item.sample, item);
  }
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> relabelled;
  std::vector<std::string> moved;
  for (const auto& item : project.lake->version_items(b.id)) {
    const auto found = old_items.find(item.sample);
    if (found == old_items.end()) {
      added.push_back(item.sample);
      continue;
    }
    if (found->second.label_revision != item.label_revision) {
      relabelled.push_back(item.sample);
    }
    if (found->second.split != item.split) {
      moved.push_back(item.sample);
    }
    old_items.erase(found);
  }
  for (const auto& [key, item] : old_items) {
    removed.push_back(key);
  }
  std::map<std::string, std::int64_t> classes;
  const auto add_counts = [&](const Version& version, std::int64_t sign) {
    const Json counted = version.counts.value("classes", Json::object());
    for (const auto& [name, n] : counted.items()) {
      classes[name] += sign * n.get<std::int64_t>();
    }
  };
  add_counts(b, 1);
  add_counts(a, -1);
  return {{"from", a.id},
          {"to", b.id},
          {"added", listed(added)},
          {"removed", listed(removed)},
          {"relabelled", listed(relabelled)},
          {"moved", listed(moved)},
          {"classes", classes}};
}

Json to_json(const Version& version) {
  return {{"id", version.id},
          {"number", version.number},
          {"parent", version.parent},
          {"message", version.message},
          {"author", version.author},
          {"content_hash", version.content_hash},
          {"counts", version.counts},
          {"lineage", version.lineage},
          {"created_at", iso_time(version.created_at)},
          {"created", version.created}};
}

}  // namespace spotter::version
