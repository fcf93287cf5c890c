// Draws models from their numbers and computes the same training step in several ways.
//
//   random_models [COUNT] [FIRST] [--check-grad]     models FIRST to FIRST + COUNT - 1 (300, 1)
//
// Each model's outputs, loss and gradients are compared: a program with the tape, bit by bit in
// f64; one thread with three, and leaf by leaf with call by call, bit by bit in f32 and f64;
// convolution by flip with patches, and f32 with f64, within rounding. With --check-grad the
// gradients must also pass check-grad or be inconclusive. Exit status: 0 if all agree, 1 if not.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/check/check_grad.h"
#include "autonet/text/concat.h"
#include "autonet/train/check_model.h"
#include "tests/long/draw_model.h"
#include "train/prepare_batch.h"
#include "train/random_examples.h"

namespace autonet::internal {
namespace {

/// How a step is computed.
struct Way {
  const char* precision = "f64";
  const char* method = "flip";
  int threads = 1;
  bool replay = true;
  bool by_leaves = false;
};

std::string text_of(const Way& way) {
  return text::concat(way.precision, ", ", way.method, ", ", way.threads, " threads",
                      way.replay ? "" : ", tape", way.by_leaves ? ", leaf by leaf" : "");
}

/// Output, loss and the gradients of all parameters of one training step, and the new states.
std::vector<Array> step_of(const std::string& text, Index batch, std::uint64_t seed,
                           const Way& way) {
  const Model model =
      Model::parse(text, "random.json", {text::concat("training.precision=", way.precision)});
  const DType dtype = model.training().precision;
  Context context(way.threads);
  const Examples examples = random_examples(model, batch, seed);
  std::vector<Index> rows(static_cast<size_t>(batch));
  for (Index i = 0; i < batch; ++i) rows[static_cast<size_t>(i)] = i;
  PreparedBatch prepared = empty_batch(model, batch, Model::Mode::training);
  prepare_batch(model, context, examples, rows, std::nullopt, prepared);

  Tape tape(context);
  const auto input = [&](const Array& array, const char* name) {
    return way.replay ? tape.placeholder(array.type(), name) : tape.variable(array, name);
  };
  const std::vector<Array> values = {prepared.inputs, prepared.targets,
                                     Array::scalar(3.0, DType::f64)};
  const std::vector<Var> inputs = {input(values[0], "x"), input(values[1], "targets"),
                                   input(values[2], "step")};
  // The same numbers in both precisions.
  const Weights weights = model.initial_weights(DType::f32, seed);
  const auto leaves = [&](const std::vector<Array>& arrays) {
    std::vector<Var> vars;
    for (const Array& array : arrays) vars.push_back(tape.variable(array.to(dtype)));
    return vars;
  };
  const std::vector<Var> parameters = leaves(weights.parameters);
  const Recorded recorded = model.record(inputs[0], parameters, leaves(weights.states),
                                         Model::Mode::training, inputs[2], seed);
  const Var loss = model.loss(recorded.output, inputs[1]);
  std::vector<Var> outputs = {recorded.output, loss};
  for (const Var& bar : grad(loss, parameters)) outputs.push_back(bar);
  for (const Var& state : recorded.new_states) outputs.push_back(state);

  std::vector<Array> results;
  if (!way.replay) {
    for (const Var& output : outputs) results.push_back(output.value().contiguous().clone());
    return results;
  }
  ProgramOptions options;
  if (way.by_leaves) options.batch = std::span(inputs).first(2);
  Program program(context, inputs, outputs, options);
  for (int run = 0; run < 2; ++run) {  // the second time on memory that has been used
    for (size_t i = 0; i < inputs.size(); ++i) program.input(i).copy_from(values[i]);
    program.run();
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    results.push_back(program.output(i).contiguous().clone());
  }
  return results;
}

/// The results of step_of() that are the gradients of biases. Where a call is joined with the sum
/// that a bias's gradient is, the terms are added in another order.
std::vector<bool> bias_gradients(const std::string& text) {
  const Model model = Model::parse(text, "random.json");
  std::vector<bool> found(2 + model.parameters().size() + model.states().size());
  for (size_t i = 0; i < model.parameters().size(); ++i) {
    found[2 + i] = model.parameters()[i].name.ends_with("/bias");
  }
  return found;
}

double norm(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number * number;
  return std::sqrt(sum);
}

/// The largest difference of two arrays, relative to the array's size, or to a thousandth of the
/// largest array where that is more: some gradients are zero but for rounding, such as that of a
/// bias before batch_norm. 0 if all bits are the same. Those that are `rounded` may differ by
/// 1e-12.
double difference(const std::vector<Array>& a, const std::vector<Array>& b,
                  const std::vector<bool>& rounded) {
  double largest_array = 1e-6;
  for (const Array& array : b) largest_array = std::max(largest_array, norm(array.to_vector()));
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].type() == b[i].type() &&
        std::memcmp(a[i].raw(), b[i].raw(), a[i].type().bytes()) == 0) {
      continue;
    }
    std::vector<double> x = a[i].to_vector();
    const std::vector<double> y = b[i].to_vector();
    const double size = std::max(norm(y), 1e-3 * largest_array);
    for (size_t k = 0; k < x.size(); ++k) x[k] -= y[k];
    const double share = norm(x) / size;
    if (rounded[i] && share < 1e-12) continue;
    largest = std::isnan(share) ? INFINITY : std::max({largest, share, 1e-300});
  }
  return largest;
}

struct Comparison {
  const char* what;
  Way one;
  Way other;
  double most;                  // difference; 0: the bits must be the same
  bool biases_rounded = false;  // but in the gradients of biases
};

const Comparison kComparisons[] = {
    {"the program and the tape", {}, {.replay = false}, 0, true},
    {"one thread and three", {}, {.threads = 3}, 0},
    {"one thread and three in f32", {.precision = "f32"}, {.precision = "f32", .threads = 3}, 0},
    {"leaf by leaf and call by call", {.by_leaves = true}, {}, 0},
    {"leaf by leaf with three threads and call by call in f32",
     {.precision = "f32", .threads = 3, .by_leaves = true},
     {.precision = "f32"},
     0},
    {"convolution by flip and by patches", {}, {.method = "patches"}, 1e-9},
    {"f32 and f64", {.precision = "f32"}, {}, 2e-3},
};

/// The comparisons in which the ways disagree. Rounding may move a number over a kink of relu or of
/// a maximum, and the gradient with it; so a difference of rounding counts only if it is there for
/// three batches.
int compare(std::uint64_t number) {
  const DrawnModel drawn = draw_model(number, "flip");
  int wrong = 0;
  const std::vector<bool> biases = bias_gradients(drawn.text);
  for (const Comparison& c : kComparisons) {
    const std::vector<bool> rounded = c.biases_rounded ? biases : std::vector<bool>(biases.size());
    double found = 0;
    for (int turn = 0; turn < 3; ++turn) {
      const auto results = [&](const Way& way) {
        return step_of(draw_model(number, way.method).text, drawn.batch,
                       number + 1'000'003U * static_cast<unsigned>(turn), way);
      };
      const std::vector<Array> other = results(c.other);
      found = difference(results(c.one), other, rounded);
      if (found <= c.most || c.most == 0) break;
      // batch_norm of numbers that are the same for all examples, as of padding alone: zero but for
      // rounding.
      if (c.most > 1e-6 && norm(other[0].to_vector()) < 1e-9) found = 0;
    }
    if (found <= c.most) continue;
    ++wrong;
    std::cout << "model " << number << ": " << c.what << " differ by " << found << " (at most "
              << c.most << "; " << text_of(c.one) << " against " << text_of(c.other) << ")\n";
  }
  return wrong;
}

int check(std::uint64_t number) {
  const DrawnModel drawn = draw_model(number, "flip");
  const Model model = Model::parse(drawn.text, "random.json");
  Context context;
  const ModelUnderCheck under = model_under_check(model, context, {.seed = number, .batch = 3});
  CheckGradOptions options;
  options.uses = under.uses;
  const CheckReport report = check_grad(under.loss, under.points, under.names, options);
  if (report.verdict != Verdict::failed) return 0;
  std::cout << "model " << number << ": check-grad calls its gradient wrong\n";
  return 1;
}

int run(int argc, char** argv) {
  std::vector<std::uint64_t> numbers;
  bool with_check = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--check-grad") == 0) {
      with_check = true;
    } else {
      numbers.push_back(std::strtoull(argv[i], nullptr, 10));
    }
  }
  const std::uint64_t count = numbers.empty() ? 300 : numbers[0];
  const std::uint64_t first = numbers.size() < 2 ? 1 : numbers[1];
  std::uint64_t compared = 0;
  std::uint64_t refused = 0;
  int wrong = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    try {
      Model::parse(draw_model(number, "flip").text, "random.json");
    } catch (const ModelError&) {
      ++refused;  // a kernel does not fit into its input
      continue;
    }
    ++compared;
    try {
      wrong += compare(number);
      if (with_check) wrong += check(number);
    } catch (const std::exception& error) {
      ++wrong;
      std::cout << "model " << number << ": " << error.what() << "\n";
    }
  }
  std::cout << "models " << first << " to " << first + count - 1 << ": " << compared
            << " compared in " << std::size(kComparisons) << " ways"
            << (with_check ? " and by check-grad" : "") << ", " << refused << " do not exist, "
            << wrong << " disagree\n";
  return wrong == 0 && compared > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace autonet::internal

int main(int argc, char** argv) {
  return autonet::internal::run(argc, argv);
}
