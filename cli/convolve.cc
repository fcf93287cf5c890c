// autonet convolve: applies image filters to a picture.
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/command.h"
#include "cli/explain_1d.h"
#include "cli/filter.h"
#include "cli/picture.h"
#include "cli/shared_options.h"
#include "text/wrap.h"

namespace autonet::cli {
namespace {

struct Options {
  std::string image;
  std::vector<std::string> filters;
  std::vector<std::string> kernels;
  std::string out = ".";
  bool explain = false;
  Explain1dOptions example = {};
  bool json = false;
};

std::vector<Filter> chosen(const Options& options) {
  std::vector<Filter> filters;
  for (const Filter& filter : classic_filters()) {
    for (const std::string& name : options.filters)
      if (name == filter.name) filters.push_back(filter);
  }
  for (const std::string& text : options.kernels) {
    filters.push_back(read_filter(text));
    if (options.kernels.size() > 1)
      filters.back().name += text::concat("_", &text - options.kernels.data() + 1);
  }
  return filters.empty() ? classic_filters() : filters;
}

ExitStatus run(const Options& options, Console& console) {
  namespace fs = std::filesystem;
  if (options.explain) {
    if (!options.image.empty() || !options.filters.empty() || !options.kernels.empty() ||
        options.out != ".") {
      throw ModelError(
          "convolve: --explain-1d makes no picture; leave out IMAGE, --filter, --kernel and --out");
    }
    const Explained1d example = explain_1d(options.example);
    console.print(options.json ? indented(to_json(example)) : to_text(example));
    return ExitStatus::good;
  }
  const bool drawn = options.image.empty();
  const std::vector<Filter> filters = chosen(options);
  const Picture picture = drawn ? sample_picture() : read_picture(options.image);
  std::error_code error;
  fs::create_directories(options.out, error);
  if (!fs::is_directory(options.out)) {
    throw DataError("writing pictures to " + options.out +
                    ": this is not a folder and cannot be made one");
  }
  const std::string name = drawn ? "autonet_sample" : fs::path(options.image).stem().string();
  const auto place = [&](const std::string& file) {
    return (fs::path(options.out) / file).lexically_normal().string();
  };

  std::string text;
  if (drawn) {
    write_png(place(name + ".png"), picture);
    text += place(name + ".png") + ": a sample picture, drawn because no IMAGE was given\n\n";
  }
  const std::string what =
      text::concat("Convolved ", drawn ? "it" : options.image, " (", picture.rows, " rows, ",
                   picture.cols, " columns, ", picture.channels == 1 ? "grey" : "colour",
                   ") with each matrix below, flipped as in mathematics. The picture counts as "
                   "zero beyond its border, and results are limited to 0 to 255.");
  text += text::wrapped(what, 80, "") + "\n";
  for (const Filter& filter : filters) {
    const std::string path = place(name + "_" + filter.name + ".png");
    write_png(path, apply(filter, picture));
    text += "\n" + path + "\n" + matrix_text(filter);
  }
  console.print(text);
  return ExitStatus::good;
}

}  // namespace

void add_convolve(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "convolve",
                  "Blur or sharpen a picture, find its edges, or filter it with "
                  "your own matrix",
                  run);
  command
      .add_option("IMAGE", options.image, "A PNG, or a binary PGM or PPM file (default: a sample)")
      ->type_name("");
  command
      .add_option("--filter", options.filters,
                  "blur, sharpen, edges, or several with commas\n(default: all three)")
      ->check(CLI::IsMember({"blur", "sharpen", "edges"}).description(""))
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      .add_option("--kernel", options.kernels,
                  "Your own matrix, \"0 -1 0; -1 5 -1; 0 -1 0\", or a file that holds one")
      ->expected(1)
      ->allow_extra_args(false)
      ->type_name("MATRIX");
  command.add_option("--out", options.out, "Folder for the new pictures")
      ->type_name("DIR")
      ->capture_default_str();
  auto* const explain =
      command.add_flag("--explain-1d", options.explain,
                       "Instead: show a convolution layer in one dimension and its\n"
                       "two derivatives, product by product");
  CLI::App& parser = command;  // Clang 14 does not capture structured bindings
  const auto list = [&](const char* name, std::vector<double>& numbers, const char* help) {
    parser.add_option(name, numbers, help)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("LIST")
        ->needs(explain);
  };
  list("--x", options.example.x, "The input (default: 1,2,3,4,5)");
  list("--w", options.example.w, "The weights (default: 1,0,-1)");
  list("--d", options.example.d, "ybar, the derivative by the output (default: 1,2,3,...)");
  add_number(command, "--padding", options.example.padding, 0, 64,
             "Zeros at each end of x (default: 0)")
      ->needs(explain);
  add_json(command, options.json)->needs(explain);
  command.footer(
      "The matrix is flipped before it slides over the picture, as convolution is\n"
      "defined in mathematics. The new picture has the size of the old one.\n\n"
      "Examples:\n"
      "  autonet convolve                   (all three filters on a sample)\n"
      "  autonet convolve photo.png         (all three filters on your picture)\n"
      "  autonet convolve photo.png --filter edges --out /tmp\n"
      "  autonet convolve photo.png --kernel \"1 0 -1; 2 0 -2; 1 0 -1\"\n"
      "  autonet convolve --explain-1d --x 1,2,3 --w 2,1 --d 1,-1 --padding 0");
}

}  // namespace autonet::cli
