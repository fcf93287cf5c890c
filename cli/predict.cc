// autonet predict: what a trained model says about pictures and arrays.
#include "autonet/train/predictor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"

#include "cli/called.h"
#include "cli/command.h"
#include "cli/input_files.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/check_examples.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::vector<std::string> files;
  std::string checkpoint;
  std::string data_dir;
  InputOptions inputs;
  ImageViews views;
  bool json = false;
};

/// Throws Error if an output is not finite. `first`: the number of the first input in the file.
void check_finite(const Prediction& prediction, const std::string& file, Index first) {
  const std::vector<double> outputs = prediction.outputs.to_vector();
  const auto bad = std::ranges::find_if(outputs, [](double v) { return !std::isfinite(v); });
  if (bad == outputs.end()) return;
  const Index place = bad - outputs.begin();
  const Index columns = prediction.outputs.shape()[1];
  throw Error(text::concat("predict: ", file, ": output ", place % columns, " of input ",
                           first + place / columns, " is ", *bad,
                           ", as a number is too large to compute with; the weights are of a run "
                           "that diverged or the input is too large"));
}

/// The numbers of the classes by falling output.
std::vector<Index> by_output(const Array& outputs, Index row) {
  std::vector<Index> order(static_cast<size_t>(outputs.shape()[1]));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](Index k) {
    return outputs.at({row, k});
  });
  return order;
}

/// The answers as a table or as JSON, printed in parts of about 1 MiB, so that an error in a small
/// call leaves no output and a large one needs little memory.
class Answers {
 public:
  Answers(const Model& model, const InputMeaning& meaning, bool json, Console& console)
      : noun_(input_noun(model)),
        regression_(model.classes() == 0),
        probabilities_(model.loss_key() == "cross_entropy"),
        classes_(meaning.classes),
        json_(json),
        console_(console),
        table_(regression_ ? std::vector<std::string>{noun_, "outputs"}
                           : std::vector<std::string>{noun_, "first", "second", "third"}) {}

  /// Adds the answer to the input called `name`, row n of the prediction.
  void add(const std::string& name, const Prediction& prediction, Index n) {
    if (json_) {
      std::string item = to_json(name, prediction, n).dump(2);
      for (size_t at = 0; (at = item.find('\n', at)) != item.npos; at += 3)
        item.insert(at + 1, "  ");
      part_ += (any_ ? ",\n  " : "[\n  ") + item;
    } else {
      const std::vector<std::string> cells = to_cells(name, prediction, n);
      for (const std::string& cell : cells) waiting_ += cell.size();
      table_.add(cells);
    }
    any_ = true;
    constexpr size_t kPart = size_t{1} << 20;
    if (part_.size() + waiting_ >= kPart) print();
  }

  /// Prints what is left.
  void finish() {
    print();
    if (json_) console_.print(any_ ? "\n]\n" : "[]\n");
  }

 private:
  Json to_json(const std::string& name, const Prediction& prediction, Index n) const {
    if (regression_)
      return {{noun_, name}, {"outputs", prediction.outputs.slice(0, n, 1).to_vector()}};
    Json outputs = Json::object();
    for (const Index k : by_output(prediction.outputs, n))
      outputs[classes_[static_cast<size_t>(k)]] = prediction.outputs.at({n, k});
    const Index best = prediction.classes[static_cast<size_t>(n)];
    return {{noun_, name},
            {"class", best},
            {"name", classes_[static_cast<size_t>(best)]},
            {probabilities_ ? "probabilities" : "outputs", outputs}};
  }

  std::vector<std::string> to_cells(const std::string& name, const Prediction& prediction,
                                    Index n) const {
    if (regression_) {
      std::string shown;
      for (const double output : prediction.outputs.slice(0, n, 1).to_vector())
        shown += "  " + text::significant(output, 6);
      return {name, shown.substr(2)};
    }
    std::vector<std::string> cells = {name};
    for (const Index k : by_output(prediction.outputs, n)) {
      if (cells.size() == 4) break;
      const double output = prediction.outputs.at({n, k});
      cells.push_back(
          text::concat(classes_[static_cast<size_t>(k)], "  ",
                       probabilities_ ? text::percent(output) : text::fixed(output, 4)));
    }
    return cells;
  }

  void print() {
    console_.print(json_ ? part_ : table_.next_part());
    part_.clear();
    waiting_ = 0;
  }

  std::string noun_;
  bool regression_;
  bool probabilities_;
  const std::vector<std::string>& classes_;
  bool json_;
  Console& console_;
  text::Table table_;
  std::string part_;    // of the JSON, not printed yet
  size_t waiting_ = 0;  // about the size of the rows in table_
  bool any_ = false;
};

/// Notes if the numbers of an array cannot be those of the data's files, but may be normalized.
void note_range(const std::string& file, const Array& inputs, const InputMeaning& meaning,
                Console& console) {
  if (!meaning.has_range || inputs.size() == 0) return;
  const std::vector<double> numbers = inputs.to_vector();
  const auto [least, most] = std::ranges::minmax(numbers);
  const bool outside = least < meaning.low - 0.01 || most > meaning.high * 1.01;
  const bool small = meaning.high == 255.0F && least >= 0.0 && most > 0.0 && most <= 1.0;
  if (!outside && !small) return;
  console.note(text::concat("note: the numbers in ", file, " go from ", text::significant(least, 4),
                            " to ", text::significant(most, 4), ", those of the data's files from ",
                            meaning.low, " to ", meaning.high,
                            "; if they are normalized already, use --normalized\n"));
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  internal::check_views(model, options.views, "--average");
  const Weights weights = weights_of(model, checkpoint_of(model, options.checkpoint));
  const InputMeaning meaning = meaning_of(model, options.data_dir);
  std::vector<std::unique_ptr<InputFile>> inputs;  // so that a wrong file is found before any work
  for (const std::string& file : options.files)
    inputs.push_back(open_inputs(file, model, meaning, options.inputs));
  // A batch has at most 4096 inputs and about 32 MiB, and at least two inputs, which tells a file
  // with one input from others.
  const Index bytes = 8 * model.input_shape().size();
  const Index most = std::clamp<Index>((Index{32} << 20) / bytes, 2, 4096);
  Context context;
  Answers answers(model, meaning, options.json, console);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string& file = options.files[i];
    Index first = 0;
    bool single = false;
    while (true) {
      Array x = inputs[i]->next(most);
      const Index count = x.shape()[0];
      if (count == 0) break;
      if (first == 0) single = count == 1;
      std::vector<Index> rows(static_cast<size_t>(count));
      std::iota(rows.begin(), rows.end(), first);
      internal::check_rows(model, x, rows, "predict: " + file);
      if (!inputs[i]->normalized()) {
        if (first == 0) note_range(file, x, meaning, console);
        internal::normalize(x, meaning.normalization);
      }
      const Prediction prediction = predict(model, weights, x, context, options.views);
      check_finite(prediction, file, first);
      for (Index n = 0; n < count; ++n)
        answers.add(single ? file : text::concat(file, " [", first + n, "]"), prediction, n);
      first += count;
    }
    inputs[i].reset();
  }
  answers.finish();
  return ExitStatus::good;
}

}  // namespace

void add_predict(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "predict",
                  "Show what a trained model says about images or other inputs", run);
  add_model(command, options.model);
  command
      .add_option("INPUTS", options.files,
                  "Pictures (PNG, JPEG, PGM, PPM), arrays (.npy, .npz, .safetensors) or\n"
                  "tables (.csv)")
      ->required()
      ->type_name("");
  command
      .add_option("--array", options.inputs.array,
                  "The array with the inputs in an .npz or .safetensors file that holds\nseveral")
      ->type_name("NAME");
  command.add_flag("--normalized", options.inputs.normalized,
                   "Arrays and tables hold what the network sees; by default they hold numbers\n"
                   "as the files of the model's data do, and are normalized like these");
  add_file(command, "--checkpoint", options.checkpoint,
           "Weights, .npz or .safetensors (default: the model's checkpoint)");
  add_data_dir(command, options.data_dir);
  add_average(command, options.views);
  add_json(command, options.json);
  command.footer(
      "A picture must have the size of the model's images, unless the model's data have a "
      "\"size\";\n"
      "grey and colour are converted. Black to white becomes the range of the data set's numbers.\n"
      "An array holds one input or many: for images [h,w,c], [n,h,w,c], [n,h,w] if c is 1, or\n"
      "[n,h*w*c]; for vectors [d] or [n,d]. A table holds one input in each row. Its first line "
      "may\n"
      "name the columns; the column of the label is then left out. Tables and .npy files are read\n"
      "in batches and may be larger than memory.\n\n"
      "Examples:\n"
      "  autonet predict models/quickstart.json digit.png --json\n"
      "  autonet predict models/convnet1.json digits.npz --array x_test\n"
      "  autonet predict iris.json new.csv");
}

}  // namespace autonet::cli
