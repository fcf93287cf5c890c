#include "autonet/ops/rearrange.h"

#include <memory>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/views.h"
#include "autonet/text/concat.h"
#include "ops/families.h"

namespace autonet {
namespace {

class Cast : public Op {
 public:
  explicit Cast(DType dtype) : dtype_(dtype) {}

  std::string_view name() const override { return "cast"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return {in[0].shape, dtype_}; }
  void forward(Context&, std::span<const Array> in, Array& y) const override { y.copy_from(in[0]); }
  Var vjp(int, std::span<const Var> in, Var, Var ybar) const override {
    return cast(ybar, in[0].dtype());
  }
  bool linear_in(int) const override { return true; }
  std::string attributes() const override { return name_of(dtype_); }

 private:
  DType dtype_;
};

std::vector<Index> lengths_of(Var x) {
  return {x.shape().lengths().begin(), x.shape().lengths().end()};
}

}  // namespace

Var stack(List<Var> xs, int axis) {
  if (xs.empty()) throw Error("stack: needs at least one array");
  const int place = normal_axis(axis, xs[0].rank() + 1, "stack");
  std::vector<Var> parts;
  for (const Var& x : xs) {
    if (x.type() != xs[0].type()) {
      throw Error(text::concat("stack: all types must agree; ", xs[0].type(), " and ", x.type()));
    }
    parts.push_back(unsqueeze(x, place));
  }
  return concat(parts, place);
}

std::vector<Var> split(Var x, List<Index> lengths, int axis) {
  const int along = normal_axis(axis, x.rank(), "split");
  const Index total = std::accumulate(lengths.begin(), lengths.end(), Index{0});
  if (total != x.shape()[along]) {
    throw Error(text::concat("split: the lengths add up to ", total, " but axis ", along, " of x ",
                             x.shape(), " has ", x.shape()[along]));
  }
  std::vector<Var> parts;
  Index start = 0;
  for (const Index length : lengths) {
    parts.push_back(slice(x, along, start, length));
    start += length;
  }
  return parts;
}

Var squeeze(Var x, List<int> axes) {
  std::vector<bool> gone(static_cast<size_t>(x.rank()));
  for (const int axis : axes) {
    const int place = normal_axis(axis, x.rank(), "squeeze");
    if (x.shape()[place] != 1) {
      throw Error(text::concat("squeeze: axis ", axis, " of x ", x.shape(), " has length ",
                               x.shape()[place], ", not 1"));
    }
    gone[static_cast<size_t>(place)] = true;
  }
  std::vector<Index> kept;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Index length = x.shape()[axis];
    if (axes.empty() ? length != 1 : !gone[static_cast<size_t>(axis)]) kept.push_back(length);
  }
  return reshape(x, Shape(kept));
}

Var unsqueeze(Var x, int axis) {
  std::vector<Index> lengths = lengths_of(x);
  lengths.insert(lengths.begin() + normal_axis(axis, x.rank() + 1, "unsqueeze"), 1);
  return reshape(x, Shape(lengths));
}

Var tile(Var x, List<Index> repeats) {
  bool good = std::ssize(repeats) == x.rank();
  for (const Index count : repeats) good = good && count >= 1;
  if (!good) {
    throw Error(text::concat("tile: needs a count of at least 1 for each axis of x ", x.shape(),
                             ", got (", text::joined(repeats, ","), ")"));
  }
  Var y = x;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const Index count = repeats[static_cast<size_t>(axis)];
    if (count == 1) continue;
    // What is repeated is one block for each position of the axes before this one.
    std::vector<Index> lengths = lengths_of(y);
    Index outer = 1;
    for (int before = 0; before < axis; ++before) outer *= y.shape()[before];
    const Index block = y.shape().size() / std::max<Index>(outer, 1);
    const Var copies = broadcast_to(reshape(y, {outer, 1, block}), {outer, count, block});
    lengths[static_cast<size_t>(axis)] *= count;  // fits, as the copies have a shape
    y = reshape(copies, Shape(lengths));
  }
  return y;
}

Var cast(Var x, DType dtype) {
  return x.dtype() == dtype ? x : x.tape().record(std::make_shared<Cast>(dtype), {x});
}

std::vector<OpInfo> internal::rearrange_ops() {
  const InputSpec odd{{3, 5}};
  const Shape ones{3, 1, 5, 1};
  const std::vector<Index> parts{2, 3};
  const std::vector<Index> repeats{2, 3};
  const auto swapped = [=](auto in) {
    const std::vector<Var> halves = split(in[0], parts, -1);
    return concat(List<Var>{halves[1], halves[0]}, 1);
  };
  return {
      {"stack",
       "arrays joined along a new axis",
       {{"in the middle", {odd, odd}, [](auto in) { return stack(in, 1); }},
        {"at the end", {odd, odd}, [](auto in) { return stack(in, -1); }}}},
      {"split", "x cut along an axis", {{"2 and 3, exchanged", {odd}, swapped}}},
      {"squeeze",
       "x without axes of length 1",
       {{"all", {{ones}}, [](auto in) { return squeeze(in[0]); }},
        {"one", {{ones}}, [](auto in) { return squeeze(in[0], {-1}); }}}},
      {"unsqueeze",
       "x with a new axis of length 1",
       {{"before the last", {odd}, [](auto in) { return unsqueeze(in[0], -2); }}}},
      {"tile",
       "x repeated along each axis",
       {{"2 and 3 times", {odd}, [=](auto in) { return tile(in[0], repeats); }}}},
      {"cast",
       "the same numbers in another number type",
       {{"to f64 and back",
         {odd},
         [](auto in) { return cast(cast(in[0], DType::f64), in[0].dtype()); }}}},
  };
}

}  // namespace autonet
