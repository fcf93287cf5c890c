// autonet convolve: filters on pictures, the first thing to play with.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "autograd/error.h"
#include "cli/command.h"
#include "cli/filter.h"
#include "cli/picture.h"


namespace autonet {
namespace {

struct Options {
  std::string image;
  std::vector<std::string> filters;
  std::vector<std::string> kernels;
  std::string out = ".";
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
      filters.back().name += "_" + std::to_string(&text - options.kernels.data() + 1);
  }
  return filters.empty() ? classic_filters() : filters;
}

Exit run(const Options& options, Console& console) {
  namespace fs = std::filesystem;
  const std::vector<Filter> filters = chosen(options);
  const Picture picture = options.image.empty() ? sample_picture() : read_picture(options.image);
  std::error_code error;
  fs::create_directories(options.out, error);
  if (!fs::is_directory(options.out))
    throw DataError("writing pictures to " + options.out + ": it is not a folder that can be made");
  const std::string name =
      options.image.empty() ? "autonet_sample" : fs::path(options.image).stem().string();
  const auto place = [&](const std::string& file) {
    return (fs::path(options.out) / file).lexically_normal().string();
  };

  std::string text;
  if (options.image.empty()) {
    write_png(place(name + ".png"), picture);
    text += place(name + ".png") + ": a drawn picture, as no IMAGE was given\n\n";
  }
  text += "Convolved " + (options.image.empty() ? "it" : options.image) + " (" +
          std::to_string(picture.rows) + " rows, " + std::to_string(picture.cols) + " columns, " +
          (picture.channels == 1 ? "grey" : "colour") +
          ") with each matrix, flipped as in mathematics,\non a border of zeros; values below 0 "
          "or above 255 are cut off.\n";
  for (const Filter& filter : filters) {
    const std::string path = place(name + "_" + filter.name + ".png");
    write_png(path, apply(filter, picture));
    text += "\n" + path + "\n" + matrix_text(filter);
  }
  console.print(text);
  return Exit::good;
}

}  // namespace

void add_convolve(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "convolve", "Apply blur, sharpen, edges or your own matrix to a picture");
  auto options = std::make_shared<Options>();
  command
      ->add_option("IMAGE", options->image,
                   "PNG, or binary PGM or PPM; without it, a drawn picture is used")
      ->type_name("");
  command->add_option("--filter", options->filters, "blur, sharpen or edges (default: all three)")
      ->check(CLI::IsMember({"blur", "sharpen", "edges"}).description(""))
      ->type_name("NAME")
      ->delimiter(',')
      ->expected(1);
  command
      ->add_option("--kernel", options->kernels,
                   "Your own matrix: \"0 -1 0; -1 5 -1; 0 -1 0\", or a file with that or JSON")
      ->expected(1)
      ->allow_extra_args(false)
      ->type_name("MATRIX");
  command->add_option("--out", options->out, "Folder for the new pictures")
      ->type_name("DIR")
      ->capture_default_str();
  command->footer(
      "The matrix is flipped before it slides over the picture: that is convolution, as the\n"
      "library's convolve() does it. The picture keeps its size.\n\n"
      "Examples:\n"
      "  autonet convolve                                    draws a picture to play with\n"
      "  autonet convolve photo.png                          all three filters\n"
      "  autonet convolve photo.png --filter edges --out /tmp\n"
      "  autonet convolve photo.png --kernel \"1 0 -1; 2 0 -2; 1 0 -1\"");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
