#include "exchange/c_source_int8_render.h"

#include <algorithm>

#include "autograd/arena.h"
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_functions.h"
#include "exchange/c_source_int8.h"
#include "exchange/c_source_text.h"
#include "train/check_examples.h"

namespace autonet::internal {
namespace {

using text::concat;

std::string both(Index rows, Index cols) {
  return concat("{", rows, ", ", cols, "}");
}

std::string window_text(const KernelSize& kernel, const Window& p) {
  return concat("{.kernel = ", both(kernel.rows, kernel.cols),
                ", .stride = ", both(p.rows.stride, p.cols.stride),
                ", .dilation = ", both(p.rows.kernel_dilation, p.cols.kernel_dilation),
                ", .padding = ", both(p.rows.lo, p.cols.lo), "}");
}

class Int8File {
 public:
  Int8File(const Model& model, const Int8Model& bytes)
      : model_(model), bytes_(bytes), names_(reserved()), prefix_(prefix_of(model.name())) {
    names_.take(prefix_ + "_predict");
    place();
    for (const Int8Value& value : bytes_.values) value_names_.push_back(names_.give(value.name));
  }

  CSource finish() {
    for (const auto& step : bytes_.steps) add_step(step);
    std::string upper = prefix_;
    std::ranges::transform(upper, upper.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const std::size_t memory = memory_ + 4 * sums_;
    return {.files = {{prefix_ + ".h", header(upper, memory)},
                      {prefix_ + ".c", code(upper)},
                      {prefix_ + "_weights.h", wrapped_code(title("the numbers") + constants_)}},
            .name = prefix_,
            .memory_bytes = memory,
            .constant_bytes = constant_bytes_};
  }

 private:
  static std::set<std::string> reserved() {
    std::set<std::string> names = reserved_c_names();
    names.merge(c_function_names());
    return names;
  }

  void place() {
    std::vector<Lifetime> lifetimes;
    for (std::size_t v = 0; v + 1 < bytes_.values.size(); ++v) {
      const Int8Value& value = bytes_.values[v];
      // The input is written before the first step, which is step 0: all steps count from 1.
      lifetimes.push_back({.bytes = static_cast<std::size_t>(value.image.size()),
                           .first = v == 0 ? 0 : value.first + 1,
                           .last = value.last + 1});
    }
    offsets_ = plan_arena(lifetimes).offsets;
    for (std::size_t v = 0; v < lifetimes.size(); ++v) {
      memory_ = std::max(memory_, offsets_[v] + lifetimes[v].bytes);
    }
    memory_ = (memory_ + 3) / 4 * 4;
    for (const Int8Step& step : bytes_.steps) sums_ = std::max(sums_, step.multiplier.size());
  }

  std::string title(const std::string& what) const {
    return concat("/* ", model_.name(), " in 8 bits: ", what, ".\n\n", licence_comment());
  }

  std::string constant(const std::string& name, const char* type, std::size_t size,
                       std::size_t each, const std::string& numbers) {
    constants_ += concat("\nstatic const ", type, " ", name, "[", size, "] = ", numbers, ";\n");
    constant_bytes_ += size * each;
    return name;
  }

  void add_step(const Int8Step& step) {
    const Int8Value& y = bytes_.values[step.y];
    const std::string layer = step.layer.empty() ? "prediction" : step.layer;
    const std::string from =
        step.flat ? concat("flat(", value_names_[step.x], ")") : value_names_[step.x];
    if (step.flat) functions_.insert("flat");
    lines_ += concat("  /* ", comment_text(layer), ": ", y.image.str(), " */\n");
    if (step.kind == Int8Step::Kind::pool) {
      functions_.insert("max_pool8");
      lines_ += concat("  max_pool8(", value_names_[step.y], ", ", from, ", ",
                       window_of(layer, step), ");\n");
      return;
    }
    const auto floats = [&](const char* what, const std::vector<double>& numbers) {
      return constant(names_.give(concat(layer, what)), "float", numbers.size(), 4,
                      numbers_text(numbers, DType::f32));
    };
    std::string weights;
    if (step.kind == Int8Step::Kind::convolve) {
      weights = constant(names_.give(layer + "_weight"), "int8_t", step.weights.size(), 1,
                         bytes_text(step.weights));
    }
    const std::string multiplier = floats("_multiplier", step.multiplier);
    const std::string offset = floats("_offset", step.offset);
    if (step.to_numbers) {
      functions_.insert("linear8");
      lines_ += concat("  linear8(outputs, ", step.multiplier.size(), ", ", from, ", ", weights,
                       ", ", multiplier, ", ", offset, ");\n");
      return;
    }
    const int lowest = step.relu ? y.zero : -128;
    if (step.kind == Int8Step::Kind::each) {
      functions_.insert("each8");
      lines_ += concat("  each8(", value_names_[step.y], ", ", from, ", ", multiplier, ", ", offset,
                       ", ", lowest, ");\n");
      return;
    }
    functions_.insert("convolve8");
    lines_ += concat("  convolve8(", value_names_[step.y], ", ", from, ", ", weights, ", ",
                     multiplier, ", ", offset, ", ", lowest, ", ", window_of(layer, step), ");\n");
  }

  std::string window_of(const std::string& layer, const Int8Step& step) {
    std::string name = names_.give(layer + "_window");
    locals_ += concat("  static const window8 ", name, " = ", window_text(step.kernel, step.window),
                      ";\n");
    return name;
  }

  std::string arguments() const {
    return concat("(const float inputs[", model_.input_shape().size(), "], float outputs[",
                  model_.outputs(), "])");
  }

  std::string header(const std::string& upper, std::size_t memory) const {
    const bool classes = model_.classes() > 0;
    return concat(
        title("a neural network in C99"), "#ifndef ", upper, "_H\n#define ", upper,
        "_H\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
        "/* Bytes of memory that the code writes to, all of it static. */\n#define ",
        upper, "_MEMORY_BYTES ", memory, "\n\n/* Writes ",
        softmax() ? "the probabilities of the classes" : "the predictions", " for one input, ",
        model_.input_shape().str(), ", with numbers scaled as for autonet.",
        classes ? "\n   Returns the class with the largest output, the first of equal ones." : "",
        " */\n", classes ? "int32_t " : "void ", prefix_, "_predict", arguments(),
        ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
  }

  bool softmax() const { return model_.loss_key() == "cross_entropy"; }

  std::string code(const std::string& upper) {
    functions_.insert("quantize");
    if (softmax()) functions_.insert("softmax");
    const std::string used = c_functions(functions_, {});
    std::string values;
    for (std::size_t v = 0; v + 1 < bytes_.values.size(); ++v) {
      const Int8Value& value = bytes_.values[v];
      values += concat("  static const image8 ", value_names_[v], " = {memory + ", offsets_[v],
                       ", ", lengths_text(value.image), ", ", value.zero, "}; /* scale ",
                       number_text(value.scale, DType::f32), " */\n");
    }
    const bool classes = model_.classes() > 0;
    return wrapped_code(concat(
        title(concat("a neural network in C99. Weights and results between the layers are bytes, "
                     "products are summed in"
                     "\n   32 bits. Nothing is allocated and no function calls itself. ",
                     "No library is needed")),
        "#include \"", prefix_, ".h\"\n\n", softmax() ? "typedef float number;\n\n" : "",
        "#include \"", prefix_, "_weights.h\"\n\n",
        "/* Results between the layers. Those that are never needed at the same time share a "
        "place. */\n"
        "static int8_t memory[",
        memory_,
        "];\n/* The sums of products at one place of an image. */\n"
        "static int32_t sums[",
        sums_, "];\n\n/* Does not compile if the code writes to more or less memory than ", upper,
        "_MEMORY_BYTES says. */\ntypedef char memory_is_as_stated[sizeof(memory) + sizeof(sums) "
        "== ",
        upper, "_MEMORY_BYTES ? 1 : -1];\n\n", used, classes ? "int32_t " : "void ", prefix_,
        "_predict", arguments(), " {\n", values, locals_, "\n  quantize(", value_names_[0],
        ", inputs, ", number_text(1.0 / bytes_.values[0].scale, DType::f32), ");\n", lines_,
        softmax() ? concat("  softmax(outputs, ", model_.outputs(), ");\n") : "",
        classes ? concat("  int32_t best = 0;\n  for (int32_t k = 1; k < ", model_.outputs(),
                         "; ++k) {\n    if (outputs[k] > outputs[best]) best = k;\n  }\n"
                         "  return best;\n")
                : "",
        "}\n"));
  }

  const Model& model_;
  const Int8Model& bytes_;
  CNames names_;
  std::string prefix_;
  std::vector<std::string> value_names_;
  std::vector<std::size_t> offsets_;
  std::size_t memory_ = 0, sums_ = 1, constant_bytes_ = 0;
  std::set<std::string> functions_;
  std::string constants_, locals_, lines_;
};

}  // namespace

CSource int8_source(const Model& model, const Weights& weights, const Array& calibration,
                    Context& context) {
  check_inputs(model, calibration, "to_c_source: calibration");
  const Int8Model bytes = to_int8(model, weights, calibration, context);
  if (!bytes.unsupported.empty()) {
    throw ModelError(concat(
        "export to C: ", comment_text(model.name()),
        " has parts that cannot be written in C so far: ", text::joined(bytes.unsupported, "; ")));
  }
  return Int8File(model, bytes).finish();
}

}  // namespace autonet::internal
