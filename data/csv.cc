#include "data/csv.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "data/csv_reader.h"
#include "text/suggest.h"
#include "text/visible.h"

namespace autonet::internal {
namespace {

/// What each column is: its place among the labels, or -1 for an input.
std::vector<int> roles_of(const CsvReader& reader, const std::vector<std::string>& heading,
                          const std::vector<std::string>& label) {
  std::vector<int> roles(heading.size(), -1);
  for (size_t k = 0; k < label.size(); ++k) {
    const auto found = std::ranges::find(heading, label[k]);
    if (found == heading.end()) {
      reader.fail(reader.line(), "there is no column ", short_quote(label[k]), ", the \"label\"",
                  text::did_you_mean(label[k], heading));
    }
    if (std::ranges::count(heading, label[k]) > 1) {
      reader.fail(reader.line(), "two columns are called ", short_quote(label[k]));
    }
    int& role = roles[static_cast<size_t>(found - heading.begin())];
    if (role >= 0) reader.fail(reader.line(), "\"label\" names ", short_quote(label[k]), " twice");
    role = static_cast<int>(k);
  }
  return roles;
}

}  // namespace

CsvTable read_csv(const std::string& path, const std::vector<std::string>& label, bool real) {
  const std::string text = read_unpacked(path, kMostOwnBytes);
  CsvReader reader(text, path);
  std::vector<std::string> heading;
  if (!reader.next(heading)) fail_reading(path, "expected a table, the file is empty");
  const std::vector<int> roles = roles_of(reader, heading, label);
  CsvTable table;
  for (size_t i = 0; i < heading.size(); ++i) {
    if (roles[i] < 0) table.features.push_back(heading[i]);
  }
  if (table.features.empty()) {
    reader.fail(reader.line(), "there is no column besides the label, so there are no inputs");
  }
  std::vector<std::string> fields;
  while (reader.next(fields)) {
    if (fields.size() != heading.size()) {
      reader.fail(reader.line(), "expected ", heading.size(), " fields, as the heading has, found ",
                  fields.size());
    }
    if (real) table.targets.resize(table.targets.size() + label.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      if (roles[i] < 0) {
        table.x.push_back(number_of<float>(reader, fields[i], heading[i]));
      } else if (real) {
        table.targets[table.targets.size() - label.size() + static_cast<size_t>(roles[i])] =
            number_of<double>(reader, fields[i], heading[i]);
      } else if (fields[i].empty()) {
        reader.fail(reader.line(), "column ", short_quote(heading[i]), ": the label is empty");
      } else if (text::has_controls(fields[i])) {
        reader.fail(reader.line(), "column ", short_quote(heading[i]), ": the label ",
                    short_quote(fields[i]), " has a control character, shown as \"?\"");
      } else {
        table.labels.push_back(fields[i]);
      }
    }
    table.lines.push_back(reader.line());
    ++table.count;
  }
  if (table.count == 0) fail_reading(path, "expected rows after the heading, the file ends");
  return table;
}

}  // namespace autonet::internal
