#include "train/ranks.h"

#include <array>
#include <functional>

#include "autograd/fingerprint.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "train/made_with.h"

namespace autonet::internal {
namespace {

std::uint64_t joined(std::uint64_t hash, std::uint64_t more) {
  return (hash ^ more) * 0x9E3779B97F4A7C15U;
}

std::uint64_t hash_of(const Weights& weights) {
  std::uint64_t hash = 1;
  for (const Array& array : weights.parameters) hash = joined(hash, fingerprint_of(array));
  for (const Array& array : weights.states) hash = joined(hash, fingerprint_of(array));
  return hash;
}

/// Of the number of examples, all labels and the first example: reading all of a large file would
/// take long.
std::uint64_t hash_of(const Examples& examples) {
  auto hash = static_cast<std::uint64_t>(examples.count());
  if (examples.count() == 0) return hash;
  hash = joined(hash, fingerprint_of(examples.y.numbers()));
  if (examples.bytes == nullptr) {
    hash = joined(hash, fingerprint_of(examples.x.slice(0, examples.row(0), 1).contiguous()));
  }
  return hash;
}

}  // namespace

bool writes_files(const FitOptions& options) {
  return options.collective == nullptr || options.collective->rank() == 0;
}

bool stop_requested(const FitOptions& options) {
  const bool here = options.stop != nullptr && options.stop->load();
  return options.collective == nullptr ? here : options.collective->any(here);
}

void check_alike(const FitOptions& options, const Model& model, const Run& run,
                 const Examples& train, const Examples& validation) {
  if (options.collective == nullptr) return;
  Collective& ranks = *options.collective;
  const std::hash<std::string> hash;
  constexpr std::size_t kThings = 5;
  constexpr std::array<const char*, kThings> kNames = {
      "another program or instruction set", "another model or seed",
      "another state of the run (seed, epochs or steps done)", "other weights", "other examples"};
  const std::array<std::uint64_t, kThings> own = {
      hash(made_with()), hash(run.state.identity),
      joined(joined(joined(run.state.seed, static_cast<std::uint64_t>(run.state.step)),
                    static_cast<std::uint64_t>(run.state.epochs)),
             static_cast<std::uint64_t>(run.state.batch)),
      joined(hash_of(run.last), hash_of(run.best)), joined(hash_of(train), hash_of(validation))};
  const auto size = static_cast<std::size_t>(ranks.size());
  std::vector<std::array<std::uint64_t, kThings>> all(size);
  all[static_cast<std::size_t>(ranks.rank())] = own;
  std::vector<std::size_t> offsets;
  for (std::size_t r = 0; r <= size; ++r) offsets.push_back(r * sizeof(own));
  ranks.gather(reinterpret_cast<std::byte*>(all.data()), offsets);
  for (std::size_t r = 1; r < size; ++r) {
    for (std::size_t i = 0; i < kThings; ++i) {
      if (all[r][i] == all[0][i]) continue;
      throw Error(text::concat("fit: process ", r, " has ", kNames[i], " than process 0, and ",
                               model.name(),
                               " cannot be trained by both; start all with the same files, options "
                               "and program"));
    }
  }
}

}  // namespace autonet::internal
