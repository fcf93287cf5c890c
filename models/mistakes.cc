#include "models/mistakes.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

void Mistakes::add(int line, const std::string& pointer, const std::string& text) {
  found_.push_back({line, pointer.empty() ? text : text::concat(pointer, ": ", text)});
}

int Mistakes::set_line(const std::string& setting) {
  settings_.push_back(setting);
  return -static_cast<int>(settings_.size());
}

std::string Mistakes::place(int line) const {
  return line < 0 ? text::concat("--set ", settings_[static_cast<size_t>(-line - 1)])
                  : text::concat(file_, ":", line);
}

void Mistakes::throw_if_any() const {
  if (found_.empty()) return;
  constexpr size_t kShown = 100;
  std::vector<Mistake> sorted = found_;
  std::ranges::stable_sort(sorted, {}, &Mistake::line);
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), kShown); ++i) {
    text += text::concat(i > 0 ? "\n" : "", place(sorted[i].line), ": ", sorted[i].text);
  }
  if (sorted.size() > kShown) {
    text += text::concat("\n", file_, ": and ", sorted.size() - kShown, " more mistakes");
  }
  throw ModelError(text);
}

}  // namespace autonet::internal
