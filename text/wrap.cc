#include "text/wrap.h"

#include <sstream>

#include "text/table.h"

namespace autonet::text {

std::string wrapped(const std::string& paragraph, std::size_t columns, const std::string& indent) {
  std::string lines;
  std::string line;
  std::istringstream words(paragraph);
  for (std::string word; words >> word;) {
    if (!line.empty() && display_width(line) + 1 + display_width(word) > columns) {
      lines += line + "\n";
      line = indent + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
  }
  return lines + line;
}

}  // namespace autonet::text
