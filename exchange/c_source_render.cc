// The texts of the C files.
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_functions.h"
#include "exchange/c_source_write.h"

namespace autonet::internal {

using text::concat;

namespace {

/// The numbers of a constant: one if all are at the same place.
Array stored(const Array& layout) {
  return layout.is_contiguous() ? layout
                                : layout.strided_view(Shape{1}, Array::Strides{1}, 0).clone();
}

}  // namespace

std::size_t CFile::memory_bytes() const {
  std::size_t numbers = std::max<std::size_t>(memory_, 1);
  for (const Changing& w : parameters_) {
    numbers += (1 + w.slots.size()) * static_cast<std::size_t>(w.start.size());
  }
  for (const Changing& state : states_) numbers += static_cast<std::size_t>(state.start.size());
  for (const Changing& mean : averages_) numbers += static_cast<std::size_t>(mean.start.size());
  const bool adam = model_.training().optimizer.type != OptimizerSettings::Type::sgd;
  if (options_.train && adam) numbers += 2;
  return numbers * bytes_of(parts_.dtype) + (counts_steps() ? sizeof(std::uint32_t) : 0);
}

std::size_t CFile::constant_bytes() const {
  std::size_t bytes = 0;
  for (const CArray& constant : parts_.constants) bytes += stored(constant.layout).type().bytes();
  return bytes;
}

std::string CFile::header_text(std::size_t memory_bytes) const {
  return concat("/* ", comment_text(model_.name()), ": a neural network in C99.\n\n",
                licence_comment(), "#ifndef ", upper_, "_H\n#define ", upper_,
                "_H\n\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
                "/* Bytes of memory that the code writes to, all of it static",
                options_.train ? ": results, weights and what the optimizer keeps. */\n" : ". */\n",
                "#define ", upper_, "_MEMORY_BYTES ", memory_bytes, "\n\n", declarations_,
                "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

std::string CFile::weights_text() const {
  std::string text = concat("/* ", comment_text(model_.name()), ": the numbers, which ", prefix_,
                            ".c includes.\n\n", licence_comment());
  for (const CArray& constant : parts_.constants) {
    const Array numbers = stored(constant.layout);
    const std::string shape = constant.layout.shape().str();
    text +=
        concat("\n/* ", comment_text(constant.comment.empty() ? constant.name : constant.comment),
               " ", shape, " */\nstatic const number ", constant.at, "[", numbers.size(),
               "] = ", numbers_text(numbers.to_vector(), parts_.dtype), ";\n");
  }
  for (const std::vector<Changing>* const list : saved()) {
    for (const Changing& array : *list) {
      text += concat("\n/* ", array.name, " ", array.start.shape().str(),
                     ", as it starts */\nnumber ", array.numbers, "[", array.start.size(),
                     "] = ", numbers_text(array.start.to_vector(), parts_.dtype), ";\n");
    }
  }
  return wrapped_code(text);
}

std::string CFile::code_text() const {
  std::string layers;
  for (const LayerInfo& layer : model_.layers()) {
    layers +=
        comment_text(concat("     ", layer.name, "  ", layer.type, "  ", layer.output.str())) +
        "\n";
  }
  std::string used = c_functions(parts_.functions, {.dtype = parts_.dtype, .axes = parts_.axes});
  const std::string math = math_functions_in(used);
  std::string text = concat(
      "/* ", comment_text(model_.name()),
      ": a neural network in C99. Its layers and the shapes of their outputs:\n\n", layers,
      "\n   Nothing is allocated and no function calls itself. ",
      math.empty() ? "No library is needed.\n" : concat("Of the C library it needs ", math, ".\n"),
      "   Shapes: images [N,H,W,C], kernels [R,S,C,K] of R rows, S columns, C input and K output "
      "channels.\n\n",
      licence_comment(), "#include \"", prefix_, ".h\"\n\n",
      math.empty() ? "" : "#include <math.h>\n\n", "typedef ", type(), " number;\n\n");
  text += concat(
      "/* Numbers in memory: element [i,j,...] is at[i * step[0] + j * step[1] + ...], for i below "
      "n[0], j below n[1]. */\n"
      "typedef struct {\n  const number *at;\n  int32_t rank; /* the number of axes */\n  int32_t "
      "n[",
      parts_.axes, "];\n  int32_t step[", parts_.axes, "];\n} array;\n\n#include \"", prefix_,
      "_weights.h\"\n\n", used);
  text += concat(
      "/* Results between the calls. Those that are never needed at the same time share a place. "
      "*/\n"
      "static number memory[",
      std::max<std::size_t>(memory_, 1), "];\n\n");
  std::string sizes = "sizeof(memory)";
  for (const std::vector<Changing>* const list : saved()) {
    for (const Changing& w : *list) {
      sizes += concat(" + sizeof(", w.numbers, ")");
      for (const std::string& slot : w.slots) {
        text += concat("static number ", slot, "[", w.start.size(), "];\n");
        sizes += concat(" + sizeof(", slot, ")");
      }
    }
  }
  if (options_.train && model_.training().optimizer.type != OptimizerSettings::Type::sgd) {
    text += "static number adam_rest1, adam_rest2;\n";
    sizes += " + sizeof(adam_rest1) + sizeof(adam_rest2)";
  }
  if (counts_steps()) {
    text += "static uint32_t step_count; /* steps that were done */\n";
    sizes += " + sizeof(step_count)";
  }
  text += concat("\n/* Does not compile if the code writes to more or less memory than ", upper_,
                 "_MEMORY_BYTES says. */\ntypedef char memory_is_as_stated[", sizes, " == ", upper_,
                 "_MEMORY_BYTES ? 1 : -1];\n\n");
  for (const CArray& constant : parts_.constants) {
    text += concat("static const array ", array_text(constant), "\n");
  }
  for (const std::vector<Changing>* const list : saved()) {
    for (const Changing& w : *list) {
      text += concat("static const array ",
                     array_text({.name = w.name, .at = w.numbers, .layout = w.start}), "\n");
    }
  }
  return wrapped_code(concat(text, "\n", functions_));
}

CSource CFile::finish() {
  if (!parts_.unsupported.empty()) {
    throw ModelError(concat(
        "export to C: ", comment_text(model_.name()),
        " has parts that cannot be written in C so far: ", text::joined(parts_.unsupported, "; ")));
  }
  const std::size_t bytes = memory_bytes();
  constexpr std::size_t kMost = (std::size_t{1} << 31) - 1;  // steps are int32_t
  if (bytes > kMost || constant_bytes() > kMost) {
    throw Error(concat("to_c_source: the code would need ", bytes, " bytes of memory and ",
                       constant_bytes(), " of constants, of which each must be below 2^31; use a ",
                       "smaller batch or model"));
  }
  return {.files = {{prefix_ + ".h", header_text(bytes)},
                    {prefix_ + ".c", code_text()},
                    {prefix_ + "_weights.h", weights_text()}},
          .name = prefix_,
          .memory_bytes = bytes,
          .constant_bytes = constant_bytes()};
}

}  // namespace autonet::internal
