#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "autonet/exchange/c_source.h"
#include "autonet/text/concat.h"
#include "autonet/train/predictor.h"
#include "autonet/train/weights.h"
#include "exchange/c_source_text.h"
#include "tests/data/scratch.h"
#include "train/average.h"
#include "train/random_examples.h"
#include "train/step.h"

namespace autonet {

// Emitted C files are compiled and run, and what they compute is compared with autonet.

/// A folder for emitted files, removed at the end.
class Scratch : public internal::ScratchFolder {
 public:
  using ScratchFolder::write;
  void write(const CSource& source) const {
    for (const CSourceFile& file : source.files) write(file.name, file.text);
  }
};

/// What a command prints, and its exit status.
struct Printed {
  int status = -1;
  std::string out;
};
inline Printed output_of(const std::string& command) {
  Printed printed;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char piece[4096];
  for (size_t n; (n = fread(piece, 1, sizeof piece, pipe)) > 0;) printed.out.append(piece, n);
  const int status = pclose(pipe);
  printed.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return printed;
}

inline bool has_tool(const std::string& tool) {
  return output_of("command -v " + tool).status == 0;
}

/// The seed of the random inputs, which the test prints.
inline std::uint64_t seed_of_run() {
  const char* const given = std::getenv("AUTONET_TEST_SEED");
  static const std::uint64_t kSeed = given != nullptr
                                         ? std::strtoull(given, nullptr, 10)
                                         : static_cast<std::uint64_t>(std::random_device{}());
  return kSeed;
}

/// What is computed for some examples: the outputs of each and then, for training, the losses of
/// all steps, and the weights after the last step.
struct Computed {
  std::vector<double> outputs, losses, weights;
};

constexpr Index kSteps = 20;  // of training

/// The numbers as a C array.
inline std::string c_array(const std::string& name, const std::vector<double>& numbers,
                           DType dtype) {
  std::string text =
      text::concat("static const ", dtype == DType::f32 ? "float " : "double ", name, "[] = {");
  for (const double number : numbers) text += internal::number_text(number, dtype) + ", ";
  return text + "0};\n";
}

/// A C program that runs emitted code on these examples and prints the bits of what it computes.
inline std::string main_text(const Model& model, const CSource& source, const Examples& examples,
                             const CSourceOptions& options) {
  const DType dtype = options.int8 ? DType::f32 : model.training().precision;
  const std::string type = dtype == DType::f32 ? "float" : "double";
  const std::string bits = dtype == DType::f32 ? "uint32_t" : "uint64_t";
  std::vector<double> targets = examples.y.numbers().to_vector();
  const auto targets_each = static_cast<Index>(targets.size()) / examples.count();
  std::string text = text::concat(
      "#include <inttypes.h>\n#include <stdio.h>\n#include <string.h>\n#include \"", source.name,
      ".h\"\n", c_array("examples", examples.x.to_vector(), dtype),
      options.train ? c_array("wanted", targets, dtype) : "", "static void show(const ", type,
      " *x, long n) {\n  for (long i = 0; i < n; ++i) {\n    ", bits,
      " b;\n    memcpy(&b, x + i, sizeof b);\n    printf(\"%\" ",
      dtype == DType::f32 ? "PRIx32" : "PRIx64", " \"\\n\", b);\n  }\n}\n",
      "int main(void) {\n  static ", type, " outputs[", model.outputs(), "];\n",
      "  for (long i = 0; i < ", examples.count(), "; ++i) {\n    ", source.name,
      "_predict(examples + i * ", model.input_shape().size(), ", outputs);\n    show(outputs, ",
      model.outputs(), ");\n  }\n");
  if (options.train) {
    const Index batches = examples.count() / options.batch;
    text += text::concat("  for (long i = 0; i < ", kSteps, "; ++i) {\n    const ", type,
                         " loss = ", source.name, "_train_step(examples + i % ", batches, " * ",
                         options.batch * model.input_shape().size(), ", wanted + i % ", batches,
                         " * ", options.batch * targets_each, ", ",
                         internal::number_text(model.training().optimizer.learning_rate, dtype),
                         ");\n    show(&loss, 1);\n  }\n");
    // The names of the weights stand in the header.
    std::istringstream header(source.files[0].text);
    for (std::string line; std::getline(header, line);) {
      if (!line.starts_with("extern " + type)) continue;
      const size_t name = line.find(' ', 8) + 1;
      const size_t bracket = line.find('[');
      text += text::concat("  show(", line.substr(name, bracket - name), ", ",
                           line.substr(bracket + 1, line.find(']') - bracket - 1), ");\n");
    }
  }
  return text + "  return 0;\n}\n";
}

/// The numbers whose bits a program printed, one in a line.
inline Computed read_numbers(const std::string& out, const Model& model, Index examples,
                             const CSourceOptions& options) {
  const bool f32 = options.int8 || model.training().precision == DType::f32;
  Computed computed;
  std::istringstream lines(out);
  const Index outputs = examples * model.outputs();
  Index line_number = 0;
  for (std::string line; std::getline(lines, line); ++line_number) {
    const std::uint64_t bits = std::strtoull(line.c_str(), nullptr, 16);
    const double number = f32 ? double{std::bit_cast<float>(static_cast<std::uint32_t>(bits))}
                              : std::bit_cast<double>(bits);
    (line_number < outputs            ? computed.outputs
     : line_number < outputs + kSteps ? computed.losses
                                      : computed.weights)
        .push_back(number);
  }
  return computed;
}

/// The same by autonet.
inline Computed by_autonet(const Model& model, const Examples& examples,
                           const CSourceOptions& options) {
  Context context;
  Weights weights = model.initial_weights(model.training().precision, 1);
  Computed computed;
  computed.outputs = predict(model, weights, examples.x.to(model.training().precision), context)
                         .outputs.to_vector();
  if (!options.train) return computed;
  internal::ModelProgram program(model, context, options.batch, Model::Mode::training, weights,
                                 model.training().seed);
  Optimizer optimizer = internal::optimizer_for(model, weights);
  Weights average = internal::copy_of(weights, model.training().precision);
  const Index batches = examples.count() / options.batch;
  for (Index step = 0; step < kSteps; ++step) {
    std::vector<Index> indices;
    for (Index k = 0; k < options.batch; ++k) {
      indices.push_back(step % batches * options.batch + k);
    }
    computed.losses.push_back(program.run(examples, indices, step).loss);
    const double factor =
        internal::clip_factor(context, program.gradients(), model.training().clip_norm);
    size_t bad = 0;
    REQUIRE(optimizer.update(context, weights.parameters, program.gradients(),
                             model.training().optimizer.learning_rate, step + 1, bad, factor));
    for (size_t i = 0; i < weights.states.size(); ++i) {
      weights.states[i].copy_from(program.new_states()[i]);
    }
    const double keep = model.training().ema.value_or(0.0);
    internal::move_average(context, weights, internal::kept_fraction(keep, step + 1), average);
  }
  std::vector<const std::vector<Array>*> lists{&weights.parameters, &weights.states};
  if (model.training().ema) {
    lists.insert(lists.end(), {&average.parameters, &average.states});
  }
  for (const auto* const list : lists) {
    for (const Array& array : *list) {
      const std::vector<double> numbers = array.to_vector();
      computed.weights.insert(computed.weights.end(), numbers.begin(), numbers.end());
    }
  }
  return computed;
}

/// The largest difference, divided by the largest number.
inline double difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 1e-30;
  double apart = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    apart = std::max(apart, std::isfinite(a[i]) ? std::abs(a[i] - b[i]) : 1e30);
  }
  return apart / largest;
}

/// The largest relative difference of two numbers, where a number below `least` counts as `least`.
inline double relative_difference(const std::vector<double>& a, const std::vector<double>& b,
                                  double least) {
  REQUIRE(a.size() == b.size());
  double apart = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    apart = std::max(apart, std::isfinite(a[i])
                                ? std::abs(a[i] - b[i]) / std::max(least, std::abs(b[i]))
                                : 1e30);
  }
  return apart;
}

}  // namespace autonet
