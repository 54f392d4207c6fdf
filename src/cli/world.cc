#include "world/world.h"

#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/print.h"

namespace spotter::cli {
namespace {

struct Words {
  std::filesystem::path out;
  std::string weeks;
  std::string size;
  world::Options options;
};

int whole_number(std::string_view option, std::string_view text, std::string_view form) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail(ErrorCode::kInvalid, fmt::format("{} must look like {}, not \"{}\"", option, form, text));
  }
  return value;
}

void read_words(Words& words) {
  if (!words.weeks.empty()) {
    const auto parts = split(words.weeks, '-');
    const auto number = [&](const std::string& text) {
      return whole_number("--weeks", text, "8 (weeks 1 to 8) or 3-5");
    };
    words.options.week_first = parts.size() > 1 ? number(parts[0]) : 1;
    words.options.week_last =
        number(parts.size() > 1 ? words.weeks.substr(parts[0].size() + 1) : parts[0]);
  }
  if (!words.size.empty()) {
    const auto parts = split(words.size, 'x');
    if (parts.size() != 2) {
      fail(ErrorCode::kInvalid,
           fmt::format("--size must look like 256x160, not \"{}\"", words.size));
    }
    words.options.width = whole_number("--size", parts[0], "256x160");
    words.options.height = whole_number("--size", parts[1], "256x160");
  }
}

void print_facts(const Json& facts, const std::filesystem::path& out) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, count] : facts["counts"].items()) {
    rows.push_back({name, std::to_string(count.get<std::int64_t>())});
  }
  print_table({"what", "count"}, rows);
  fmt::print("next: spotter import jsonl {}\n", (out / "samples.jsonl").string());
}

std::function<int()> declare(CLI::App& app, Context& context) {
  auto words = std::make_shared<Words>();
  auto& o = words->options;
  app.add_option("--out", words->out, "Folder to fill; it must be new or empty (or give --yes)")
      ->required();
  app.add_option("--scenes", o.scenes, "Scenes in all, spread evenly over the weeks");
  app.add_option("--seed", o.seed, "The same seed gives the same world");
  app.add_option("--weeks", words->weeks, "8 for weeks 1 to 8, 3-5 for weeks 3 to 5");
  app.add_option("--frames", o.frames_per_scene, "Frames of each scene, 0.4 s apart");
  app.add_option("--size", words->size, "Pictures' size in pixels, 256x160");
  app.add_option("--rain-week", o.rain_week, "The first week of the rain season");
  app.add_option("--green-week", o.green_week,
                 "The week in which the harbour opens, with green cones");
  app.add_option("--night-share", o.night_share, "Share of scenes at night");
  app.add_option("--rain-share", o.rain_share, "Share of scenes in rain, in the rain season");
  app.add_option("--harbour-share", o.harbour_share, "Share of scenes in the harbour, once open");
  app.add_option("--only-weather", o.only_weather, "clear, rain or fog: for test sets");
  app.add_option("--only-time", o.only_time, "day or night");
  app.add_option("--only-district", o.only_district, "old_town, suburb, centre or harbour");
  app.add_option("--prefix", o.prefix, "Put before every key, so that worlds can be mixed");
  app.add_option("--split", o.split, "Attribute \"split\" of every sample: train, val or test");
  return [words, &context] {
    read_words(*words);
    const auto show = progress_printer(context, "drawing");
    const Json facts = world::write_world(
        words->options, words->out,
        {.replace = context.yes, .progress = [&](double share) { show(share, ""); }});
    context.answer(facts, [&] { print_facts(facts, words->out); });
    return 0;
  };
}

}  // namespace

extern const Command command_world;
const Command command_world = {
    .name = "world",
    .summary = "Draw a procedural driving world with its hidden truth",
    .example = "spotter world --out streets --scenes 200 --seed 7 --weeks 8",
    .declare = declare,
};

}  // namespace spotter::cli
