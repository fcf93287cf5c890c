// Derivatives of a function of many variables: gradient, Hessian-vector product, Hessian and
// Jacobian, each in a few lines over grad() and jvp(). The function is Rosenbrock's,
//
//     f(x) = sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2,
//
// and its minimum is found with Newton's method.
#include <autonet/autograd/eigen.h>
#include <autonet/autonet.h>

#include <Eigen/Cholesky>
#include <cstdio>

using namespace autonet;

namespace {

/// A recorded function of a recorded vector.
using Function = std::function<Var(Var)>;

Var rosenbrock(Var x) {
  const Index n = x.shape()[0];
  const Var here = slice(x, 0, 0, n - 1);
  const Var next = slice(x, 0, 1, n - 1);
  return sum(100.0 * square(next - square(here)) + square(1.0 - here));
}

/// f'(x)
Array gradient(const Function& f, const Array& at) {
  Tape tape;
  const Var x = tape.variable(at);
  return grad(f(x), x).value();
}

/// f''(x) u, without the matrix: the derivative of the gradient along u.
Array hessian_times(const Function& f, const Array& at, const Array& u) {
  Tape tape;
  const Var x = tape.variable(at);
  return jvp(grad(f(x), x), {x}, {tape.constant(u)}).value();
}

/// The matrix dy_i/dx_j of a function with vectors for x and y, column by column.
Array jacobian(const Function& f, const Array& at) {
  Tape tape;
  const Var x = tape.variable(at);
  const Var y = f(x);
  Array columns = Array::zeros({{y.shape()[0], x.shape()[0]}, x.dtype()});
  for (Index j = 0; j < x.shape()[0]; ++j) {
    Array unit = Array::zeros(x.type());
    unit.set({j}, 1.0);
    columns.slice(1, j, 1).copy_from(
        jvp(y, {x}, {tape.constant(unit)}).value().reshape({y.shape()[0], 1}));
  }
  return columns;
}

/// f''(x): the Jacobian of the gradient.
Array hessian(const Function& f, const Array& at) {
  return jacobian([&](Var x) { return grad(f(x), x); }, at);
}

}  // namespace

int main() {
  Array x = Array::from<double>({3}, {-1.2, 1.0, 0.5});
  std::printf("gradient           %s\n", gradient(rosenbrock, x).str().c_str());
  const Array u = Array::from<double>({3}, {1, 0, -1});
  std::printf("Hessian times u    %s\n", hessian_times(rosenbrock, x, u).str().c_str());
  std::printf("Hessian            %s\n", hessian(rosenbrock, x).str().c_str());
  const auto polar = [](Var v) {  // length and angle to lengths along the axes
    const Var length = slice(v, 0, 0, 1);
    const Var angle = slice(v, 0, 1, 1);
    return concat({length * cos(angle), length * sin(angle)}, 0);
  };
  std::printf("Jacobian of polar  %s\n",
              jacobian(polar, Array::from<double>({2}, {2.0, 0.5})).str().c_str());

  int steps = 0;
  for (; steps < 50; ++steps) {
    Array slope = gradient(rosenbrock, x);
    if (as_eigen<double>(slope).norm() < 1e-12) break;
    Array curvature = hessian(rosenbrock, x);
    const Eigen::MatrixXd step =
        Eigen::MatrixXd(as_eigen<double>(curvature)).ldlt().solve(as_eigen<double>(slope));
    as_eigen<double>(x) -= step;
  }
  std::printf("minimum after %d Newton steps: %s\n", steps, x.str().c_str());
  return steps < 50 ? 0 : 1;
}
