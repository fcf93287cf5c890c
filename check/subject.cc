#include "check/subject.h"

#include <algorithm>
#include <cmath>

#include "autograd/accumulate.h"
#include "autograd/error.h"
#include "autograd/grad.h"
#include "autograd/program.h"
#include "autograd/random.h"
#include "ops/arithmetic.h"
#include "ops/reduce.h"

namespace autonet {
namespace {

/// <c, x>, with c random and of length about 1.
Var contracted(Var x, std::uint64_t seed, const std::string& name) {
  const double shrink = 1.0 / std::sqrt(static_cast<double>(std::max<Index>(1, x.shape().size())));
  const Array c = normal_array({x.shape(), DType::f64}, seed, stream_of(name.c_str()));
  return sum(x * (shrink * x.tape().constant(c.to(x.dtype()))));
}

}  // namespace

Array normal_array(const ArrayType& type, std::uint64_t seed, std::uint64_t stream) {
  Random random(seed, stream);
  std::vector<double> numbers(static_cast<size_t>(type.shape.size()));
  for (double& number : numbers) number = random.normal();
  return Array::from<double>(type.shape, numbers).to(type.dtype);
}

Array steep_direction(const Array& r, const Array& gradient) {
  const double steepness = norm(gradient);
  const double length = norm(r);
  if (!(length > 0.0)) return r;
  const bool usable = steepness > 0.0 && std::isfinite(steepness);
  // Both parts on one side, so that they do not cancel.
  const double sign = usable && inner_product(r, gradient) < 0 ? -1.0 : 1.0;
  std::vector<double> u = r.to_vector();
  const std::vector<double> g = gradient.to_vector();
  for (size_t e = 0; e < u.size(); ++e) {
    u[e] = sign * u[e] / length + (usable ? g[e] / steepness : 0.0);
  }
  return Array::from<double>(r.shape(), u);
}

Subject::Subject(const Recording& f, std::span<const Array> points,
                 std::span<const std::string> names, std::uint64_t seed, int order,
                 Context& context)
    : context_(context), tape_(&context), names_(names.begin(), names.end()) {
  for (size_t i = 0; i < points.size(); ++i) {
    points_.push_back(points[i].contiguous());
    xs_.push_back(tape_.placeholder(points[i].type(), names_[i]));
  }
  y_ = f(tape_, xs_);
  if (y_.shape().size() != 1) y_ = contracted(y_, seed, "check/cotangent");
  if (order == 2) {
    std::vector<Var> parts;
    const std::vector<Var> bars = grad(y_, xs_);
    for (size_t i = 0; i < bars.size(); ++i) {
      parts.push_back(contracted(bars[i], seed, "check/second/" + names_[i]));
    }
    if (!parts.empty()) y_ = accumulate(parts);
  }
  gradient_calls_ = grad(y_, xs_);
  require_room(gradient_calls_, 3);  // two for its rounding, and its forward part
  const std::vector<Var> outputs{y_};
  replay_ = std::make_unique<Replay>(context, xs_, outputs);
  for (size_t i = 0; i < points.size(); ++i) replay_->point(i).copy_from(points[i]);
  replay_->run();
  center_ = replay_->output(0).item();
  center_choices_ = replay_->choices();
  gradient_ = evaluate(gradient_calls_);
}

void Subject::move(size_t i, const Array& u, double h) {
  const double* const from = points_[i].data<double>();
  const double* const along = u.data<double>();
  double* const numbers = replay_->point(i).data<double>();
  for (Index e = 0; e < u.size(); ++e) numbers[e] = from[e] + h * along[e];
}

std::vector<Array> Subject::evaluate(std::span<const Var> outputs) {
  if (outputs.empty()) return {};
  Program program(context_, xs_, outputs);
  for (size_t i = 0; i < xs_.size(); ++i) program.input(i).copy_from(points_[i]);
  program.run();
  std::vector<Array> values;
  for (size_t i = 0; i < outputs.size(); ++i) values.push_back(program.output(i).clone());
  return values;
}

}  // namespace autonet
