#include "exchange/c_source_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/hexadecimal.h"

namespace autonet::internal {

std::string comment_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const char before = safe.empty() ? ' ' : safe.back();
    // "*/" ends a comment, "/*" in one is warned of, and "??" begins a trigraph.
    if ((before == '*' && c == '/') || (before == '/' && c == '*') || (before == '?' && c == '?')) {
      safe += ' ';
    }
    if (c >= ' ' && c <= '~') {
      safe += c;
    } else {
      safe += "\\x" + text::hexadecimal(static_cast<unsigned char>(c), 2);
    }
  }
  // Neither at the end, where "*/" follows.
  while (!safe.empty() && (safe.back() == '/' || safe.back() == '\\')) safe += '.';
  return safe;
}

std::string prefix_of(std::string_view model_name) {
  static const std::set<std::string> kHeaders = {
      "alloca", "assert",   "complex", "ctype",    "errno",       "fcntl",     "fenv",
      "float",  "inttypes", "iso646",  "limits",   "locale",      "malloc",    "math",
      "memory", "setjmp",   "signal",  "stdalign", "stdarg",      "stdatomic", "stdbool",
      "stddef", "stdint",   "stdio",   "stdlib",   "stdnoreturn", "string",    "strings",
      "tgmath", "threads",  "time",    "uchar",    "unistd",      "wchar",     "wctype"};
  const std::string name = identifier_of(model_name);
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return kHeaders.contains(lower) ? name + "_net" : name;
}

std::string number_text(double number, DType dtype) {
  const double rounded = dtype == DType::f32 ? double{static_cast<float>(number)} : number;
  if (!std::isfinite(rounded)) {
    throw Error(text::concat("to_c_source: a number of the model is ", rounded, " as ",
                             dtype == DType::f32 ? "float" : "double"));
  }
  std::array<char, 40> digits{};
  const bool f32 = dtype == DType::f32;
  char* const end = digits.data() + digits.size();
  const char* const last = f32 ? std::to_chars(digits.data(), end, static_cast<float>(number)).ptr
                               : std::to_chars(digits.data(), end, number).ptr;
  std::string text(digits.data(), static_cast<std::size_t>(last - digits.data()));
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return f32 ? text + "f" : text;
}

std::string lengths_text(const Shape& shape) {
  return shape.rank() == 0 ? "1" : text::joined(shape.lengths(), ", ");
}

std::string numbers_text(std::span<const double> numbers, DType dtype) {
  std::vector<std::string> texts;
  for (const double number : numbers) texts.push_back(number_text(number, dtype));
  return "{\n  " + text::joined(texts, ", ") + "}";
}

std::string bytes_text(std::span<const std::int8_t> bytes) {
  std::vector<int> numbers(bytes.begin(), bytes.end());
  return "{\n  " + text::joined(numbers, ", ") + "}";
}

std::string licence_comment() {
  return "   Written by `autonet export`. SPDX-License-Identifier: MIT-0\n\n"
         "   Permission is hereby granted, free of charge, to any person obtaining a copy of this "
         "file, to deal in it\n"
         "   without restriction, including without limitation the rights to use, copy, modify, "
         "merge, publish,\n"
         "   distribute, sublicense, and/or sell copies of it, and to permit persons to whom it is "
         "furnished to do so.\n"
         "   THE FILE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, "
         "INCLUDING BUT NOT LIMITED\n"
         "   TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND "
         "NONINFRINGEMENT. IN NO EVENT\n"
         "   SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER "
         "LIABILITY, WHETHER IN AN\n"
         "   ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE "
         "FILE. */\n";
}

std::string wrapped_code(std::string_view code) {
  constexpr std::size_t kColumns = 120;
  std::string wrapped;
  while (!code.empty()) {
    const std::size_t end = std::min(code.find('\n'), code.size());
    std::string_view line = code.substr(0, end);
    code.remove_prefix(std::min(end + 1, code.size()));
    const std::size_t margin = std::min(line.find_first_not_of(' '), line.size());
    const bool comment = line.substr(margin).starts_with("/* ");
    const bool numbers =
        line.find_first_not_of("-0123456789.ef, ") == std::min(line.find('}'), line.npos);
    const std::string indent(margin + (comment ? 3 : numbers ? 0 : 4), ' ');
    std::string before;  // of a continued line
    while (before.size() + line.size() > kColumns) {
      const std::size_t space = line.rfind(' ', kColumns - before.size());
      if (space == line.npos || (before.empty() && space < margin)) break;
      wrapped += before + std::string(line.substr(0, space)) + "\n";
      line.remove_prefix(space + 1);
      before = indent;
    }
    wrapped += before + std::string(line) + "\n";
  }
  return wrapped;
}

std::string identifier_of(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    name += letter || digit ? c : '_';
  }
  // A name may not begin with a digit, and those that begin with "_" are reserved.
  if (name.empty() || name[0] == '_' || (name[0] >= '0' && name[0] <= '9')) name = "x" + name;
  return name.substr(0, 200);
}

std::string CNames::give(std::string_view wish) {
  const std::string name = identifier_of(wish);
  std::string candidate = name;
  for (int number = 2; !taken_.insert(candidate).second; ++number) {
    candidate = text::concat(name, "_", number);
  }
  return candidate;
}

std::set<std::string> reserved_c_names() {
  return {"auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
          "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
          "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
          "typedef", "union", "unsigned", "void", "volatile", "while", "alignas", "alignof", "bool",
          "constexpr", "false", "nullptr", "static_assert", "thread_local", "true", "typeof",
          "typeof_unqual", "asm", "class", "catch", "delete", "explicit", "export", "friend",
          "mutable", "namespace", "new", "noexcept", "operator", "private", "protected", "public",
          "template", "this", "throw", "try", "typeid", "typename", "using", "virtual", "wchar_t",
          "and", "or", "not", "xor", "bitand", "bitor", "compl", "and_eq", "or_eq", "xor_eq",
          "not_eq", "main", "linux", "unix", "errno", "assert",
          // Of the code itself.
          "number", "sums", "array", "sums", "window", "memory", "inputs", "outputs", "targets",
          "labels", "learning_rate", "kept", "step_count", "max_axes", "element_count", "writable",
          "stretched", "row_length", "row_step", "row_at"};
}

}  // namespace autonet::internal
