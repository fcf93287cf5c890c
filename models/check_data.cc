#include "models/check_data.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "data/own_files.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

/// Checks that the keys about files of one's own fit the kind of the file.
void check_own_files(const Fields& data, Mistakes& mistakes) {
  const std::string file = data.has("file") ? data.text("file") : "";
  const OwnKind kind = own_kind(file);
  if (!file.empty() && kind == OwnKind::unknown) {
    data.mistake(mistakes, "file",
                 text::concat("must end in ", own_endings(), ", got ", quoted_text(file)));
    return;
  }
  // Refuses a key that the data have no use for, and asks for one that they need.
  const auto needs = [&](const char* key, bool allowed, bool needed, const char* hint) {
    if (data.in_file(key) && !allowed) data.mistake(mistakes, key, hint);
    if (!data.in_file(key) && needed) data.mistake(mistakes, "", hint);
  };
  const bool labels = has_label_file(kind);
  const bool table = kind == OwnKind::csv;
  needs("labels", labels, labels,
        labels ? "needs \"labels\": the file with the labels of \"file\""
               : "is only for a \"file\" whose labels are in a second file: .npy and IDX");
  needs("label", table, table,
        table ? "needs \"label\": the name of the column with the classes or targets"
              : "names a column of a .csv; this \"file\" has none");
  needs("test", !file.empty() && kind != OwnKind::arrays, false,
        kind == OwnKind::arrays
            ? "is not needed: the file itself may hold \"x_test\" and \"y_test\""
            : "is only for a \"file\"");
  const bool test = data.in_file("test");
  needs("test_labels", labels && test, labels && test,
        labels && test ? "needs \"test_labels\": the file with the labels of \"test\""
                       : "is only for a \"test\" whose labels are in a second file: .npy and IDX");
  for (const char* key : {"labels", "test", "test_labels"}) {
    const OwnKind other = data.has(key) ? own_kind(data.text(key)) : kind;
    if (other == kind || file.empty()) continue;
    data.mistake(mistakes, key,
                 text::concat("must be a file of the same kind as ", quoted_text(file), ", got ",
                              quoted_text(data.text(key))));
  }
}

}  // namespace

void check_data(const Fields& data, Mistakes& mistakes) {
  const int sources = data.in_file("dataset") + data.in_file("file") + data.in_file("folder");
  if (sources != 1) {
    data.mistake(mistakes, "", R"(must have either "dataset", "file" or "folder")");
  }
  for (const char* key : {"size", "colour"}) {
    if (data.in_file(key) && !data.in_file("folder"))
      data.mistake(mistakes, key, "is only for a \"folder\" of pictures");
  }
  check_own_files(data, mistakes);
  if (!data.has("dataset") || !data.has("validation")) return;
  const DatasetInfo& info = find_dataset(data.text("dataset"));
  Index count = info.train_count;
  if (data.has("limit")) count = std::min(count, data.whole("limit"));
  if (data.whole("validation") < count) return;
  data.mistake(mistakes, "validation",
               text::concat("must be less than the ", count, " training images",
                            count < info.train_count ? " that \"limit\" leaves"
                                                     : text::concat(" of ", info.name),
                            ", got ", data.whole("validation")));
}

}  // namespace autonet::internal
