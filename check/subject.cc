#include "check/subject.h"

#include <algorithm>
#include <cmath>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "autonet/text/concat.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// A random array of length about 1.
Array short_array(const Shape& shape, std::uint64_t seed, const std::string& name) {
  const double shrink = 1.0 / std::sqrt(static_cast<double>(std::max<Index>(1, shape.size())));
  return scaled(normal_array({shape, DType::f64}, seed, stream_of(name.c_str())), shrink);
}

/// <c, x>.
Var contracted(Var x, const Array& c) {
  return sum(x * x.tape().constant(c.to(x.dtype())));
}

}  // namespace

void Computation::require_points() const {
  if (points.size() != names.size()) {
    throw Error(
        text::concat("check_grad: ", points.size(), " points but ", names.size(), " names"));
  }
  for (size_t i = 0; i < points.size(); ++i) {
    if (std::ranges::count(names, names[i]) > 1) {
      throw Error(text::concat("check_grad: two points are called \"", names[i], "\""));
    }
    if (points[i].dtype() == DType::f64) continue;
    throw Error(text::concat("check_grad: \"", names[i], "\" is f32; differences need f64"));
  }
}

std::vector<Var> Computation::placeholders(Tape& tape, DType dtype) const {
  std::vector<Var> xs;
  for (size_t i = 0; i < points.size(); ++i) {
    xs.push_back(tape.placeholder({points[i].shape(), dtype}, names[i]));
  }
  return xs;
}

Subject::Subject(const Computation& computation, std::uint64_t seed, int order, Context& where)
    : context(where),
      tape(where),
      names(computation.names.begin(), computation.names.end()),
      xs(computation.placeholders(tape)) {
  for (const Array& point : computation.points) points.push_back(point.contiguous());
  y = computation.record(tape, xs);
  if (y.shape().size() != 1) {
    y = contracted(y, short_array(y.shape(), seed, "check/cotangent"));
  }
  if (order == 2) {
    std::vector<Var> parts;
    const std::vector<Var> bars = grad(y, xs);
    for (size_t i = 0; i < bars.size(); ++i) {
      cotangents.push_back(short_array(bars[i].shape(), seed, "check/second/" + names[i]));
      parts.push_back(contracted(bars[i], cotangents[i]));
    }
    if (!parts.empty()) y = accumulate(parts);
  }
  gradient_calls = grad(y, xs);
  require_room(gradient_calls, 3);  // two to measure its rounding, and one of its forward part
  const std::vector<Var> outputs{y};
  replay.emplace(context, xs, outputs);
  for (size_t i = 0; i < points.size(); ++i) replay->point(i).copy_from(points[i]);
  replay->run();
  center = replay->output(0).item();
}

const std::vector<Array>& Subject::gradient() {
  if (gradient_.empty()) gradient_ = evaluate(gradient_calls);
  return gradient_;
}

void Subject::move(std::span<const Array> us, double h) {
  for (size_t i = 0; i < us.size(); ++i) {
    if (!us[i].has_data()) continue;
    const double* const from = points[i].data<double>();
    const double* const along = us[i].data<double>();
    double* const numbers = replay->point(i).data<double>();
    for (Index e = 0; e < us[i].size(); ++e) numbers[e] = from[e] + h * along[e];
  }
  replay->run();
}

std::vector<Array> Subject::evaluate(std::span<const Var> outputs) {
  if (outputs.empty()) return {};
  Program program(context, xs, outputs);
  for (size_t i = 0; i < xs.size(); ++i) program.input(i).copy_from(points[i]);
  program.run();
  std::vector<Array> values;
  for (size_t i = 0; i < outputs.size(); ++i) values.push_back(program.output(i).clone());
  return values;
}

}  // namespace autonet::internal
