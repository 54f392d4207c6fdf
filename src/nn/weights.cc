#include "nn/weights.h"

#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace spotter::nn {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kHeaderBytesMax = std::size_t{16} << 20;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 30;

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  }
  return bytes;
}

std::uint64_t from_little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

[[noreturn]] void broken(std::string_view why, const std::filesystem::path& path) {
  fail(ErrorCode::kInvalid, fmt::format("the weights cannot be read ({}): {}", why, path.string()));
}

torch::Tensor tensor_of(const Json& entry, std::string_view values,
                        const std::filesystem::path& path) {
  const auto origin = path.string();
  if (json_get<std::string>(entry, "dtype", origin) != "F32") {
    broken("only float32 is known", path);
  }
  const auto shape = json_get<std::vector<std::int64_t>>(entry, "shape", origin);
  const auto offsets = json_get<std::vector<std::uint64_t>>(entry, "data_offsets", origin);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > values.size()) {
    broken("a tensor lies outside the file", path);
  }
  const std::uint64_t bytes = offsets[1] - offsets[0];
  std::uint64_t expected = sizeof(float);
  for (const auto side : shape) {
    if (side < 0 || (side > 0 && expected > values.size() / static_cast<std::uint64_t>(side))) {
      broken("a tensor is larger than the file", path);
    }
    expected *= static_cast<std::uint64_t>(side);
  }
  if (expected != bytes || shape.size() > 8) {
    broken("a tensor's shape and size differ", path);
  }
  auto tensor = torch::empty(shape);
  std::memcpy(tensor.data_ptr<float>(), values.data() + offsets[0], bytes);
  if (!torch::isfinite(tensor).all().item<bool>()) {
    broken("a value is not finite", path);
  }
  return tensor;
}

}  // namespace

void write_weights(const Weights& weights, const std::filesystem::path& path) {
  Json header = Json::object();
  std::string values;
  for (const auto& [name, tensor] : weights) {
    const auto plain = tensor.detach().to(torch::kCPU).to(torch::kFloat).contiguous();
    const std::size_t begin = values.size();
    values.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
    header[name] = {
        {"dtype", "F32"}, {"shape", plain.sizes().vec()}, {"data_offsets", {begin, values.size()}}};
  }
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  write_file_atomic(path, little_endian(text.size()) + text + values);
}

Weights read_weights(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kFileBytesMax);
  if (bytes.size() < kLengthBytes) {
    broken("the file is too short", path);
  }
  const std::string_view all = bytes;
  const std::uint64_t length = from_little_endian(all);
  if (length > kHeaderBytesMax || length > all.size() - kLengthBytes) {
    broken("the header is longer than the file", path);
  }
  const Json header = parse_json(all.substr(kLengthBytes, length), path.string());
  if (!header.is_object()) {
    broken("the header is no object", path);
  }
  Weights weights;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      weights[name] = tensor_of(entry, all.substr(kLengthBytes + length), path);
    }
  }
  return weights;
}

Weights weights_of(const torch::nn::Module& module) {
  Weights weights;
  for (const auto& parameter : module.named_parameters()) {
    weights[parameter.key()] = parameter.value();
  }
  for (const auto& buffer : module.named_buffers()) {
    if (buffer.value().is_floating_point()) {
      weights[buffer.key()] = buffer.value();
    }
  }
  return weights;
}

void put_weights(torch::nn::Module& module, const Weights& weights, const std::string& origin) {
  const torch::NoGradGuard no_grad;
  auto mine = weights_of(module);
  for (auto& [name, tensor] : mine) {
    const auto found = weights.find(name);
    if (found == weights.end() || found->second.sizes() != tensor.sizes()) {
      fail(ErrorCode::kInvalid,
           fmt::format("the weights have no \"{}\" of the model's shape: {}", name, origin));
    }
    tensor.copy_(found->second);
  }
  for (const auto& [name, tensor] : weights) {
    if (!mine.contains(name)) {
      fail(ErrorCode::kInvalid,
           fmt::format("the weights hold \"{}\", which the model has not: {}", name, origin));
    }
  }
}

}  // namespace spotter::nn
