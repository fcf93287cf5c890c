#include "check/subject.h"

#include <algorithm>
#include <cmath>

#include "autograd/accumulate.h"
#include "autograd/error.h"
#include "autograd/grad.h"
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
  const std::vector<Var> outputs{y_};
  replay_ = std::make_unique<Replay>(context, xs_, outputs);
  for (size_t i = 0; i < points.size(); ++i) replay_->point(i).copy_from(points[i]);
  replay_->run();
  center_ = replay_->output(0).item();
  center_choices_ = replay_->choices();
  gradient_calls_ = grad(y_, xs_);
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

std::vector<std::optional<double>> Subject::forward_mode(std::span<const Array> us) {
  std::vector<Var> slopes;
  std::vector<size_t> asked;
  for (size_t i = 0; i < xs_.size(); ++i) {
    if (!us[i].has_data()) continue;
    asked.push_back(i);
    const Var u = tape_.constant(us[i]);
    slopes.push_back(jvp(y_, std::span<const Var>(&xs_[i], 1), std::span<const Var>(&u, 1)));
  }
  std::vector<std::optional<double>> numbers(xs_.size());
  const std::vector<Array> values = evaluate(slopes);
  for (size_t k = 0; k < asked.size(); ++k) numbers[asked[k]] = values[k].item();
  return numbers;
}

}  // namespace autonet
