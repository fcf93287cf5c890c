// Checks the exercises: each function against the library's own op, and each backward pass also
// against differences. Ends with PASSED (status 0), FAILED or NOT DONE (status 1).
#include <cstdio>
#include <functional>

#include "exercises/check/compare.h"

using namespace exercise;
using autonet::Random;
using autonet::Var;

namespace {

/// One layer at one size: how it should work, and what is checked.
struct Case {
  std::string name;  // "kernel 3 x 3, padding 0"
  Op op;             // the library's
  Op unflipped;      // the same for the flipped w, or nothing
  std::function<Array(const Array& x, const Array& w, const Array& b)> forward;
  Backward backward;
  Shape x, w;
};

std::vector<Case> convolution_cases() {
  struct Size {
    Index kernel, padding;
  };
  std::vector<Case> cases;
  // Where the padding is not R - padding - 1, one in place of the other is noticed.
  for (const Size& size : {Size{3, 0}, Size{3, 1}, Size{5, 1}, Size{2, 3}}) {
    const Index r = size.kernel;
    const Index p = size.padding;
    cases.push_back(
        {.name = "kernel " + std::to_string(r) + " x " + std::to_string(r) + ", padding " +
                 std::to_string(p),
         .op = [p](Var x, Var w) { return autonet::conv2d(x, w, autonet::padded(p)); },
         .unflipped = [p](Var x, Var w) { return autonet::convolve(x, w, autonet::padded(p)); },
         .forward = [p](const Array& x, const Array& w,
                        const Array& b) { return convolution_forward(x, w, b, p); },
         .backward = [p](const Array& x, const Array& w,
                         const Array& ybar) { return convolution_backward(x, w, ybar, p); },
         .x = {2, 6, 7, 3},
         .w = {r, r, 3, 4}});
  }
  return cases;
}

std::vector<Case> fully_connected_cases() {
  return {{.name = "6 inputs, 4 outputs",
           .op = [](Var x, Var w) { return autonet::matmul(x, w); },
           .unflipped = nullptr,
           .forward = fully_connected_forward,
           .backward = fully_connected_backward,
           .x = {3, 6},
           .w = {6, 4}}};
}

std::string check_forward(const Case& one) {
  Random random(1);
  const Example example = example_of(one.op, one.x, one.w, random);
  std::vector<Suspect> suspects = {
      {y_of(one.op, example.x, example.w, zeros(example.b.shape())), "b is not added"}};
  if (one.unflipped) {
    suspects.push_back({y_of(one.unflipped, example.x, example.w, example.b),
                        "a flip is missing: convolve() flips its second argument, and the\n"
                        "     layer does not, so give it flip(w)"});
  }
  return compare("y", one.forward(example.x, example.w, example.b), example.y, suspects);
}

std::string check_backward(const Case& one) {
  Random random(2);
  const Example example = example_of(one.op, one.x, one.w, random);
  const Gradients bars = one.backward(example.x, example.w, example.ybar);
  std::vector<Suspect> of_x;
  std::vector<Suspect> of_w;
  if (one.unflipped) {
    const Array turned = example.ybar.flip({1, 2}).contiguous();
    of_x.push_back({gradients_of(one.unflipped, example, example.ybar).xbar,
                    "one flip too many: convolve() flips w, which is right here, so\n"
                    "     give it w as it is"});
    of_w.push_back({gradients_of(one.op, example, turned).wbar,
                    "a flip is missing: give convolve() flip(ybar)"});
    of_w.push_back({example.bars.wbar.flip({0, 1}).contiguous(), "the result is flipped"});
  }
  std::string wrong = compare("xbar", bars.xbar, example.bars.xbar, of_x) +
                      compare("wbar", bars.wbar, example.bars.wbar, of_w) +
                      compare("bbar", bars.bbar, example.bars.bbar, {});
  if (bars.xbar.has_data() && bars.wbar.has_data() && bars.bbar.has_data())
    wrong += differences(one.op, one.backward, example);
  return wrong;
}

enum class Verdict { passed, failed, not_done };

/// Runs one check over all cases and prints a line, and at the first failure what is wrong.
Verdict report(const char* part, const std::vector<Case>& cases,
               const std::function<std::string(const Case&)>& check) {
  for (const Case& one : cases) {
    std::string wrong;
    try {
      wrong = check(one);
    } catch (const NotWritten&) {
      std::printf("   %s: NOT DONE\n", part);
      return Verdict::not_done;
    } catch (const std::exception& error) {
      wrong = std::string("     ") + error.what() + "\n";
    }
    if (!wrong.empty()) {
      std::printf("   %s: FAILED for %s\n%s", part, one.name.c_str(), wrong.c_str());
      return Verdict::failed;
    }
  }
  std::printf("   %s: PASSED\n", part);
  return Verdict::passed;
}

}  // namespace

int main() {
  std::vector<Verdict> verdicts;
  const auto exercise = [&](const char* title, const std::vector<Case>& cases) {
    std::printf("%s\n", title);
    verdicts.push_back(report("forward", cases, check_forward));
    verdicts.push_back(report("backward", cases, check_backward));
  };
  exercise("1. The convolution layer, convolution_layer.cc", convolution_cases());
  exercise("2. The fully connected layer, fully_connected_layer.cc", fully_connected_cases());
  const auto count = [&](Verdict verdict) { return std::ranges::count(verdicts, verdict); };
  if (count(Verdict::failed) > 0) {
    std::printf("\nFAILED: %d of 4 functions are wrong\n",
                static_cast<int>(count(Verdict::failed)));
  } else if (count(Verdict::not_done) > 0) {
    std::printf("\nNOT DONE: %d of 4 functions are not written yet\n",
                static_cast<int>(count(Verdict::not_done)));
  } else {
    std::printf("\nPASSED\n");
  }
  return count(Verdict::passed) == 4 ? 0 : 1;
}
