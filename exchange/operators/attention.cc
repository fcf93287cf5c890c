// Attention and what belongs to it.
#include <cmath>
#include <limits>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/index.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/rearrange.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "exchange/operators/axes.h"
#include "exchange/operators/families.h"

namespace autonet::exchange {
namespace {

using Outputs = std::vector<Tensor>;

/// [N,L,heads·D] as [N,heads,L,D]; an array with four axes is that already.
Var by_head(const Call& c, Var x, Index heads) {
  if (x.rank() == 4) return x;
  if (x.rank() != 3 || heads < 1 || x.shape()[2] % heads != 0) {
    c.wrong(heads, " heads of ", x.shape());
  }
  const Shape& s = x.shape();
  return permute(reshape(x, {s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
}

/// Each head of keys or values repeated for the queries that share it.
Var repeated(const Call& c, Var x, Index heads) {
  const Index own = x.shape()[1];
  if (own == heads) return x;
  if (own < 1 || heads % own != 0) c.wrong(heads, " heads of queries for ", own, " of keys");
  const Shape& s = x.shape();
  const Shape stretched{s[0], own, heads / own, s[2], s[3]};
  return reshape(broadcast_to(unsqueeze(x, 2), stretched), {s[0], heads, s[2], s[3]});
}

/// Numbers that are added to the scores: -infinity where a query must not see a key.
Var hidden_keys(const Call& c, Var seen) {
  const Var zero = filled(c.tape(), {{}, seen.dtype()}, 0.0);
  const Var minus = filled(c.tape(), {{}, seen.dtype()}, -std::numeric_limits<double>::infinity());
  return where(seen, zero, minus);
}

/// The mask of input 3, with positions that it lacks at the end hidden, as numbers to be added.
Var mask_of(const Call& c, DType dtype, Index keys) {
  Var mask = c.in(3);
  const bool truth = c.type(3) == Element::boolean;
  mask = truth ? hidden_keys(c, cast(mask, dtype)) : cast(mask, dtype);
  const Index missing = keys - mask.shape()[mask.rank() - 1];
  if (missing <= 0) return mask;
  std::vector<Index> lengths(mask.shape().lengths().begin(), mask.shape().lengths().end());
  lengths.back() = missing;
  const Var behind =
      filled(c.tape(), {Shape(lengths), dtype}, -std::numeric_limits<double>::infinity());
  return concat({mask, behind}, mask.rank() - 1);
}

/// Which keys each query sees by its place: [N or 1, 1, queries, keys], 0 or -infinity. Query i
/// stands behind the keys before it: `offsets` for each sequence.
Var places_mask(const Call& c, Index queries, Index keys, const std::vector<Index>& offsets,
                const std::vector<Index>& lengths, DType dtype) {
  const bool causal = c.whole("is_causal", 0) != 0;
  const Index left = c.whole("left_window_size", -1);
  const Index right = c.whole("right_window_size", -1);
  const Index rows = std::ssize(offsets);
  if (queries > (Index{1} << 24) || queries * keys > (Index{1} << 24) ||
      rows * queries * keys > (Index{1} << 26)) {
    c.unsupported("a mask of ", queries, " times ", keys);
  }
  Array mask = Array::zeros({{rows, 1, queries, keys}, dtype});
  for (Index n = 0; n < rows; ++n) {
    for (Index i = 0; i < queries; ++i) {
      const Index place = i + offsets[static_cast<size_t>(n)];
      for (Index j = 0; j < keys; ++j) {
        const bool hidden = (causal && j > place) || (left >= 0 && j < place - left) ||
                            (right >= 0 && j > place + right) ||
                            j >= lengths[static_cast<size_t>(n)];
        if (hidden) mask.set({n, 0, i, j}, -std::numeric_limits<double>::infinity());
      }
    }
  }
  return c.tape().constant(mask);
}

/// The softmax, and 0 where a query sees no key.
Var shares_of(Var scores) {
  const Var none = equal(max(scores, {-1}, true), -std::numeric_limits<double>::infinity());
  const Var zero = filled(scores.tape(), {{}, scores.dtype()}, 0.0);
  return where(none, zero, softmax(where(none, zero, scores)));
}

/// softmax(q k^T scale + mask) v, for heads side by side in the last axis or on an axis of their
/// own. Before the mask the scores are capped. The fourth output shows the scores.
Outputs attention_of(const Call& c) {
  const bool flat = c.in(0).rank() == 3;
  (void)c.whole("softmax_precision", 0);
  const Var q = by_head(c, c.in(0), c.whole("q_num_heads", 0));
  Var k = by_head(c, c.in(1), c.whole("kv_num_heads", 0));
  Var v = by_head(c, c.in(2), c.whole("kv_num_heads", 0));
  const Index past = c.has(4) ? c.in(4).shape()[2] : 0;
  if (c.has(4)) {
    k = concat({c.in(4), k}, 2);
    v = concat({c.in(5), v}, 2);
  }
  const Var present_key = k;
  const Var present_value = v;
  const Index queries = q.shape()[2];
  const Index keys = k.shape()[2];
  const Index heads = q.shape()[1];
  k = repeated(c, k, heads);
  v = repeated(c, v, heads);
  const double usual = 1.0 / std::sqrt(static_cast<double>(q.shape()[3]));
  const double root = std::sqrt(c.number("scale", usual));
  const double cap = c.number("softcap", 0.0);
  const Var plain = matmul(root * q, swap_axes(root * k, 2, 3));
  const Var capped = cap > 0.0 ? cap * tanh(plain / cap) : plain;
  std::vector<Index> offsets = {past};
  std::vector<Index> lengths = {keys};
  if (c.has(6)) {
    lengths = c.known_wholes(6);
    offsets.clear();
    for (const Index length : lengths) offsets.push_back(length - queries);
  }
  Var scores = capped + places_mask(c, queries, keys, offsets, lengths, q.dtype());
  if (c.has(3)) scores = scores + mask_of(c, q.dtype(), keys);
  const Var shares = shares_of(scores);
  Var y = matmul(shares, v);
  if (flat) {
    y = reshape(permute(y, {0, 2, 1, 3}), {q.shape()[0], queries, heads * v.shape()[3]});
  }
  Outputs outputs = c.result(y);
  outputs.push_back({present_key, c.type(1), {}});
  outputs.push_back({present_value, c.type(2), {}});
  const Var shown[] = {plain, capped, scores, shares};
  const Index mode = c.whole("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) c.wrong("qk_matmul_output_mode is ", mode);
  outputs.push_back({shown[mode], c.type(0), {}});
  return outputs;
}

/// Rotates pairs of features by an angle that grows with the position.
Outputs rotary_embedding(const Call& c) {
  const bool interleaved = c.whole("interleaved", 0) != 0;
  const Index heads = c.whole("num_heads", 0);
  const Index given = c.whole("rotary_embedding_dim", 0);
  const bool flat = c.in(0).rank() == 3;
  const Var x = by_head(c, c.in(0), heads);  // [N,heads,L,D]
  const Index width = given == 0 ? x.shape()[3] : given;
  if (width < 2 || width > x.shape()[3] || width % 2 != 0) c.wrong("rotates ", width, " features");
  const Index half = width / 2;
  const auto angles = [&](size_t i) {
    Var table = c.in(i);
    if (c.has(3)) {  // a row for each position: [N,L,half]
      const Var places = cast(c.in(3), table.dtype());
      table = embedding(table, places);
    }
    return unsqueeze(table, 1);
  };
  const Var cosine = angles(1);
  const Var sine = angles(2);
  const Var turned = slice(x, 3, 0, width);
  const Var a = interleaved ? slice(turned, 3, 0, half, 2) : slice(turned, 3, 0, half);
  const Var b = interleaved ? slice(turned, 3, 1, half, 2) : slice(turned, 3, half, half);
  const Var real = cosine * a - sine * b;
  const Var imaginary = sine * a + cosine * b;
  Var y = interleaved ? reshape(stack({real, imaginary}, 4), turned.shape())
                      : concat({real, imaginary}, 3);
  if (width < x.shape()[3]) y = concat({y, slice(x, 3, width, x.shape()[3] - width)}, 3);
  if (flat) y = reshape(permute(y, {0, 2, 1, 3}), c.in(0).shape());
  return c.result(y);
}

}  // namespace

std::vector<Operator> attention_operators() {
  return {{"Attention", attention_of}, {"RotaryEmbedding", rotary_embedding}};
}

}  // namespace autonet::exchange
