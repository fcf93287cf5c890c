#include "cli/confusion.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

constexpr Index kMostInMatrix = 20;  // classes
constexpr size_t kColumns = 80;      // of a terminal

struct Confusion {
  Index truth, predicted, count;
};

/// The confusions that occur, the most frequent first, at most `most` of them.
std::vector<Confusion> confusions_of(const Judgement& judgement, size_t most) {
  std::vector<Confusion> all;
  for (Index i = 0; i < judgement.classes(); ++i) {
    for (Index k = 0; k < judgement.classes(); ++k) {
      if (i != k && judgement.count(i, k) > 0) all.push_back({i, k, judgement.count(i, k)});
    }
  }
  std::ranges::stable_sort(all, std::ranges::greater(), &Confusion::count);
  all.resize(std::min(all.size(), most));
  return all;
}

const std::string& name_of(const Judgement& judgement, Index k) {
  return judgement.names[static_cast<size_t>(k)];
}

std::string short_name(const Judgement& judgement, Index k) {
  const std::string& name = name_of(judgement, k);
  return name.size() <= 24 ? name : name.substr(0, 21) + "...";
}

std::string matrix_text(const Judgement& judgement) {
  const bool short_names =
      std::ranges::all_of(judgement.names, [](const std::string& name) { return name.size() < 3; });
  const auto label = [&](Index k) {
    return short_names
               ? name_of(judgement, k)
               : text::concat(text::padded(text::concat(k), 2), " ", short_name(judgement, k));
  };
  std::vector<std::string> header = {"class"};
  for (Index k = 0; k < judgement.classes(); ++k)
    header.push_back(short_names ? name_of(judgement, k) : text::concat(k));
  header.emplace_back("accuracy");
  text::Table table(header);
  for (Index i = 0; i < judgement.classes(); ++i) {
    std::vector<std::string> cells = {label(i)};
    for (Index k = 0; k < judgement.classes(); ++k) {
      const Index count = judgement.count(i, k);
      cells.push_back(count == 0 ? "." : text::concat(count));
    }
    cells.push_back(judgement.examples_of(i) == 0 ? "none"
                                                  : text::percent(judgement.accuracy_of(i)));
    table.add(cells);
  }
  return table.text();
}

size_t width_of(const std::string& text) {
  size_t widest = 0;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    widest = std::max(widest, text::display_width(text.substr(from, end - from)));
    from = end + 1;
  }
  return widest;
}

std::string list_text(const Judgement& judgement) {
  std::vector<Index> order;
  for (Index k = 0; k < judgement.classes(); ++k) {
    if (judgement.examples_of(k) > 0) order.push_back(k);
  }
  const bool all = std::ssize(order) <= kMostInMatrix;
  if (!all) {
    std::ranges::stable_sort(order, std::ranges::less(),
                             [&](Index k) { return judgement.accuracy_of(k); });
    order.resize(kMostInMatrix);
  }
  text::Table classes({"class", "examples", "accuracy"});
  for (const Index k : order) {
    classes.add({short_name(judgement, k), text::with_commas(judgement.examples_of(k)),
                 text::percent(judgement.accuracy_of(k))});
  }
  std::string text = (all ? ""
                          : text::concat("The ", kMostInMatrix, " least accurate classes of ",
                                         judgement.classes(), ":\n")) +
                     classes.text();
  const std::vector<Confusion> confusions = confusions_of(judgement, 10);
  if (confusions.empty()) return text;
  text::Table pairs({"class", "taken for", "times"});
  pairs.align_left({1});
  for (const Confusion& confusion : confusions) {
    pairs.add({short_name(judgement, confusion.truth), short_name(judgement, confusion.predicted),
               text::with_commas(confusion.count)});
  }
  return text + "\nThe most frequent confusions:\n" + pairs.text();
}

}  // namespace

std::string confusion_text(const Judgement& judgement) {
  const std::string part = judgement.part + " examples";
  if (judgement.classes() <= kMostInMatrix) {
    const std::string matrix = matrix_text(judgement);
    if (width_of(matrix) <= kColumns) {
      return text::concat("The ", part,
                          " of each class (rows) and their predicted classes (columns):\n", matrix);
    }
  }
  return text::concat("The ", part, " of each class:\n", list_text(judgement));
}

Json to_json(const Judgement& judgement) {
  Json json = {{"part", judgement.part}};
  Json classes = Json::array();
  for (Index k = 0; k < judgement.classes(); ++k) {
    const Index examples = judgement.examples_of(k);
    classes.push_back(
        {{"name", name_of(judgement, k)},
         {"examples", examples},
         {"accuracy", examples == 0 ? Json(nullptr) : Json(judgement.accuracy_of(k))}});
  }
  json["per_class"] = classes;
  json["confusion"] = nullptr;
  if (judgement.classes() <= kMostInMatrix) {
    Json rows = Json::array();
    for (Index i = 0; i < judgement.classes(); ++i) {
      Json row = Json::array();
      for (Index k = 0; k < judgement.classes(); ++k) row.push_back(judgement.count(i, k));
      rows.push_back(row);
    }
    json["confusion"] = rows;
  }
  Json confusions = Json::array();
  for (const Confusion& confusion : confusions_of(judgement, 20)) {
    confusions.push_back({{"class", name_of(judgement, confusion.truth)},
                          {"predicted", name_of(judgement, confusion.predicted)},
                          {"count", confusion.count}});
  }
  json["confusions"] = confusions;
  return json;
}

}  // namespace autonet::cli
