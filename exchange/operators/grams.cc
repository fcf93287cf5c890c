// How often short sequences of whole numbers occur.
#include <algorithm>

#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// The sequences that are counted, and what an occurrence adds.
struct Pool {
  std::vector<std::vector<Index>> grams;
  std::vector<Index> places;  // of each in the output
  std::vector<double> weights;
  Index outputs = 0;
};

Pool pool_of(const Call& c) {
  const auto numbers = c.wholes("pool_int64s");
  const auto starts = c.wholes("ngram_counts");
  const auto places = c.wholes("ngram_indexes");
  if (!c.texts("pool_strings").empty() || !numbers) c.unsupported("sequences of texts");
  if (!starts || !places) c.wrong("ngram_counts or ngram_indexes is missing");
  Pool pool;
  pool.places = *places;
  for (size_t k = 0; k < starts->size(); ++k) {
    const Index end = k + 1 < starts->size() ? (*starts)[k + 1] : std::ssize(*numbers);
    const Index length = static_cast<Index>(k) + 1;
    const bool fits = (*starts)[k] >= 0 && (*starts)[k] <= end && end <= std::ssize(*numbers) &&
                      (end - (*starts)[k]) % length == 0;
    if (!fits) c.wrong("ngram_counts do not fit the pool");
    for (Index at = (*starts)[k]; at < end; at += length)
      pool.grams.emplace_back(numbers->begin() + at, numbers->begin() + at + length);
  }
  if (pool.grams.size() != pool.places.size())
    c.wrong(pool.grams.size(), " sequences but ", pool.places.size(), " ngram_indexes");
  constexpr Index kMost = 1 << 24;
  for (const Index place : pool.places) {
    if (place < 0 || place >= kMost) c.wrong("an index is ", place);
    pool.outputs = std::max(pool.outputs, place + 1);
  }
  pool.weights = c.numbers("weights");
  if (pool.weights.empty()) pool.weights.assign(pool.grams.size(), 1.0);
  if (pool.weights.size() != pool.grams.size())
    c.wrong("there are ", pool.weights.size(), " weights");
  return pool;
}

/// Counts the sequences in one row, whose numbers may be up to `skips` places apart.
void count(const Call& c, const Pool& pool, std::span<const Index> row,
           std::vector<double>& counts) {
  const Index least = c.whole("min_gram_length", 1);
  const Index most = c.whole("max_gram_length", 1);
  const Index skips = std::min<Index>(c.whole("max_skip_count", 0), std::ssize(row));
  for (size_t g = 0; g < pool.grams.size(); ++g) {
    const std::vector<Index>& gram = pool.grams[g];
    const Index length = std::ssize(gram);
    if (length < least || length > most) continue;
    for (Index skip = 0; skip <= (length == 1 ? 0 : skips); ++skip) {
      const Index last = (length - 1) * (skip + 1);
      for (Index start = 0; start + last < std::ssize(row); ++start) {
        bool same = true;
        for (Index k = 0; same && k < length; ++k)
          same = row[static_cast<size_t>(start + k * (skip + 1))] == gram[static_cast<size_t>(k)];
        if (same) counts[g] += 1.0;
      }
    }
  }
}

Outputs tf_idf(const Call& c) {
  const Pool pool = pool_of(c);
  const std::string mode = c.text("mode", "TF");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") c.wrong("mode is ", mode);
  const Shape& shape = c.in(0).shape();
  if (shape.rank() != 1 && shape.rank() != 2) c.wrong("needs [C] or [N,C], got ", shape);
  const std::vector<Index> numbers = c.known_wholes(0);
  const Index width = shape[shape.rank() - 1];
  const Index rows = shape.rank() == 1 ? 1 : shape[0];
  const Shape output = shape.rank() == 1 ? Shape{pool.outputs} : Shape{rows, pool.outputs};
  Array y = Array::zeros({output, DType::f32});
  Array flat = y.reshape(Shape{output.size()});
  for (Index n = 0; n < rows; ++n) {
    std::vector<double> counts(pool.grams.size(), 0.0);
    count(c, pool,
          std::span(numbers).subspan(static_cast<size_t>(n * width), static_cast<size_t>(width)),
          counts);
    for (size_t g = 0; g < counts.size(); ++g) {
      const double one = mode == "IDF" ? std::min(counts[g], 1.0) : counts[g];
      flat.set({n * pool.outputs + pool.places[g]}, one * (mode == "TF" ? 1.0 : pool.weights[g]));
    }
  }
  return {c.constant(y, Element::float32)};
}

}  // namespace

std::vector<Operator> grams_operators() {
  return {{"TfIdfVectorizer", tf_idf}};
}

}  // namespace autonet::exchange
