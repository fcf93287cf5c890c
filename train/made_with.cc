#include "train/made_with.h"

#include <nlohmann/json.hpp>

#include "autonet/text/concat.h"
#include "ops/cpu/peak.h"
#include "train/model_texts.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

/// "GCC 12.2.0" or "Clang 14.0.6".
std::string compiler() {
#ifdef __clang__
  return text::concat("Clang ", __clang_major__, ".", __clang_minor__, ".", __clang_patchlevel__);
#else
  return text::concat("GCC ", __VERSION__);
#endif
}

std::string sentence_of(const Json& made) {
  const auto value = [&](const char* key) {
    return made.contains(key) && made[key].is_string() ? made[key].get<std::string>()
                                                       : std::string("?");
  };
  return text::concat(value("instructions"), " instructions, compiled by ", value("compiler"),
                      " (autonet ", value("version"), ")");
}

}  // namespace

std::string made_with() {
  return Json{{"instructions", cpu::instruction_set()},
              {"compiler", compiler()},
              {"version", AUTONET_VERSION}}
      .dump();
}

std::string made_elsewhere(const ArrayFile& file, const std::string& path) {
  const std::string* const text = find_text(file, "made_with");
  if (text == nullptr || *text == made_with()) return "";
  const Json then = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!then.is_object()) return "";
  return text::concat(
      "the run in ", path, " was made with ", sentence_of(then), ", and this program uses ",
      sentence_of(Json::parse(made_with())),
      ": from here on its numbers may differ in their last bits from those of a run "
      "that was never moved");
}

}  // namespace autonet::internal
