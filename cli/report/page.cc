#include "cli/report/page.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/report/encode.h"
#include "cli/report_files.h"

namespace autonet::cli {

std::string page_text(const std::string& title, const Json& data, const std::string& graph) {
  const std::pair<std::string_view, std::string> parts[] = {
      {"{{title}}", in_html(title)}, {"{{style}}", kPageStyle},   {"{{data}}", in_script(data)},
      {"{{graph}}", graph},          {"{{script}}", kPageScript},
  };
  // One pass over the template, so that nothing is replaced within what was put in.
  std::string page;
  std::string_view rest = kPage;
  while (!rest.empty()) {
    const size_t start = rest.find("{{");
    page += rest.substr(0, start);
    if (start == rest.npos) break;
    rest.remove_prefix(start);
    const auto part = std::ranges::find_if(
        parts, [&](const auto& candidate) { return rest.starts_with(candidate.first); });
    page += part == std::end(parts) ? "{{" : part->second;
    rest.remove_prefix(part == std::end(parts) ? 2 : part->first.size());
  }
  return page;
}

Json data_of_page(const std::string& page) {
  constexpr std::string_view kStart = " id=\"data\">";
  const size_t start = page.find(kStart);
  if (start == page.npos) return nullptr;
  const size_t first = start + kStart.size();
  const size_t end = page.find("</", first);
  if (end == page.npos) return nullptr;
  const Json data = Json::parse(page.substr(first, end - first), nullptr, false);
  return data.is_object() ? data : Json();
}

}  // namespace autonet::cli
