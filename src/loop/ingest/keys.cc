#include "loop/ingest/keys.h"

#include <algorithm>
#include <map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "formats/image_folder.h"

namespace spotter::ingest {
namespace {

using formats::Record;

constexpr std::size_t kKeyBytesMax = 512;

std::string stem_of(std::string_view name) {
  return std::string(formats::without_picture_extension(name));
}

std::string last_part(std::string_view name) {
  const auto slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

std::string folder_of(std::string_view name) {
  const auto slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? "" : name.substr(0, slash));
}

// Keys become file names on export, so they obey the rules of relative paths.
std::string key_problem(const std::string& key) {
  if (!valid_utf8(key)) {
    return "the name is not UTF-8";
  }
  if (key.size() > kKeyBytesMax) {
    return fmt::format("the key is longer than {} bytes", kKeyBytesMax);
  }
  if (std::any_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return "the key has control characters";
  }
  const auto safe = safe_relative_path(key);
  return safe && *safe == key
             ? ""
             : fmt::format("\"{}\" cannot be a key: it is not a plain relative path", key);
}

void sequence_by_folder(std::vector<Record>& records, const std::string& prefix) {
  std::map<std::string, std::vector<Record*>> folders;
  for (auto& record : records) {
    if (record.sample.sequence.empty() && !record.image.empty()) {
      folders[folder_of(record.sample.file_name)].push_back(&record);
    }
  }
  for (auto& [folder, frames] : folders) {
    std::sort(frames.begin(), frames.end(), [](const Record* a, const Record* b) {
      return a->sample.file_name < b->sample.file_name;
    });
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frames[i]->sample.sequence = folder.empty() && prefix.empty() ? "." : prefix + folder;
      frames[i]->sample.frame = static_cast<std::int64_t>(i);
    }
  }
}

}  // namespace

void assign_keys(std::vector<Record>& records, const ImportOptions& options, Rejects& rejects) {
  if (options.sequences == Sequences::kByFolder) {
    sequence_by_folder(records, options.prefix);
  }
  std::unordered_map<std::string, std::size_t> stems;
  for (const auto& record : records) {
    ++stems[stem_of(record.sample.file_name)];
  }
  std::unordered_set<std::string> taken;
  std::vector<Record> kept;
  kept.reserve(records.size());
  for (auto& record : records) {
    Sample& sample = record.sample;
    if (sample.key.empty()) {
      const std::string stem = stem_of(sample.file_name);
      sample.key = options.prefix + (stems.at(stem) > 1 ? sample.file_name : stem);
    }
    auto problem = key_problem(sample.key);
    if (problem.empty() && !taken.insert(sample.key).second) {
      problem = fmt::format("the sample \"{}\" is there twice; the first counts", sample.key);
    }
    if (problem.empty()) {
      kept.push_back(std::move(record));
    } else {
      rejects.add(record.file, record.where, std::move(problem));
    }
  }
  records = std::move(kept);
}

KnownSamples::KnownSamples(Project& project) : samples_(project.lake->samples()) {
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    by_key_.emplace(samples_[i].key, i);
    media_.insert(samples_[i].media);
    const std::string& name = samples_[i].file_name;
    for (const auto& form : {name, last_part(name), stem_of(name), stem_of(last_part(name))}) {
      add_name(form, i);
    }
  }
}

void KnownSamples::add_name(std::string name, std::size_t index) {
  const auto [it, is_new] = by_name_.emplace(std::move(name), index);
  if (!is_new && it->second != index) {
    it->second = std::nullopt;
  }
}

const Sample* KnownSamples::find(const Record& record) const {
  if (const auto found = by_key_.find(record.sample.key); found != by_key_.end()) {
    return &samples_[found->second];
  }
  if (!record.image.empty() || record.sample.file_name.empty()) {
    return nullptr;
  }
  const std::string& name = record.sample.file_name;
  for (const auto& form : {name, last_part(name), stem_of(name), stem_of(last_part(name))}) {
    if (const auto found = by_name_.find(form); found != by_name_.end() && found->second) {
      return &samples_[*found->second];
    }
  }
  return nullptr;
}

}  // namespace spotter::ingest
