#include "exchange/c_source_functions.h"

#include <algorithm>
#include <array>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_elementwise.h"
#include "exchange/c_source_function_texts.h"

namespace autonet::internal {
namespace {

const CFunction* find_function_text(std::string_view name) {
  for (const std::span<const CFunction> list :
       {view_functions(), math_functions(), op_functions(), layer_functions(), int8_functions()}) {
    const auto found = std::ranges::find(list, name, &CFunction::name);
    if (found != list.end()) return &*found;
  }
  return nullptr;
}

/// Adds the functions that `name` calls, and then `name`.
void add_with_needs(const std::string& name, std::vector<std::string>& order) {
  if (std::ranges::find(order, name) != order.end()) return;
  if (name.starts_with("each_")) {
    for (const char* need :
         {"element_count", "writable", "stretched", "row_length", "row_step", "row_at"}) {
      add_with_needs(need, order);
    }
    if (const CExpression* const each = find_expression(name.substr(5))) {
      for (const CFunction& function : math_functions()) {
        if (each->value.find(text::concat(function.name, "(")) != each->value.npos)
          add_with_needs(std::string(function.name), order);
      }
    }
    order.push_back(name);
    return;
  }
  const CFunction* const function = find_function_text(name);
  if (function == nullptr) throw Error(text::concat("to_c_source: no C function ", name));
  for (const std::string_view need : function->needs) add_with_needs(std::string(need), order);
  order.push_back(name);
}

std::string with_ending(std::string_view text, DType dtype) {
  std::string done;
  for (const char c : text) {
    if (c != '@') {
      done += c;
    } else if (dtype == DType::f32) {
      done += 'f';
    }
  }
  return done;
}

}  // namespace

std::set<std::string> c_function_names() {
  std::set<std::string> names;
  for (const std::span<const CFunction> list :
       {view_functions(), math_functions(), op_functions(), layer_functions(), int8_functions()}) {
    for (const CFunction& function : list) names.emplace(function.name);
  }
  for (const CExpression& each : all_expressions()) names.insert(text::concat("each_", each.name));
  return names;
}

bool has_c_function(std::string_view name) {
  return find_function_text(name) != nullptr;
}

std::string c_functions(const std::set<std::string>& names, const CKind& kind) {
  std::vector<std::string> order;
  for (const std::string& name : names) add_with_needs(name, order);
  std::string all;
  for (const std::string& name : order) {
    const CExpression* const each =
        name.starts_with("each_") ? find_expression(name.substr(5)) : nullptr;
    const std::string text =
        each != nullptr ? elementwise_function(*each)
                        : std::string(find_function_text(name)->text.substr(1));  // a line end
    all += with_ending(text, kind.dtype) + "\n";
  }
  return all;
}

std::string math_functions_in(std::string_view code) {
  std::string text;  // without comments
  for (std::size_t at = 0; at < code.size();) {
    const std::size_t open = std::min(code.find("/*", at), code.size());
    text += code.substr(at, open - at);
    at = open == code.size() ? open : code.find("*/", open) + 2;
  }

  constexpr auto kNames =
      std::to_array<std::string_view>({"cos", "cosh", "erf", "erfc", "exp", "expm1", "fabs", "log",
                                       "log1p", "sin", "sqrt", "tanh"});
  std::string found;
  for (const std::string_view name : kNames) {
    for (const char* ending : {"", "f"}) {
      const std::string call = text::concat(name, ending, "(");
      for (std::size_t at = text.find(call); at != text.npos; at = text.find(call, at + 1)) {
        const char before = at == 0 ? ' ' : text[at - 1];
        const bool part_of_name = before == '_' || (before >= 'a' && before <= 'z');
        if (part_of_name) continue;
        found += text::concat(found.empty() ? "" : ", ", call.substr(0, call.size() - 1));
        break;
      }
    }
  }
  return found;
}

}  // namespace autonet::internal
