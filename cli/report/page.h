#pragma once

#include <string>

#include "cli/json.h"

namespace autonet::cli {

/// A page of HTML that shows these data: page.html with the style, the scripts, the data and the
/// drawing `graph` (SVG) in their places. It loads nothing and links to nothing outside.
std::string page_text(const std::string& title, const Json& data, const std::string& graph);

/// The data of a page that page_text() made; null if it is none.
Json data_of_page(const std::string& page);

}  // namespace autonet::cli
