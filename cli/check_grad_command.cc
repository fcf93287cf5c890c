// autonet check-grad: shows that the gradients of a model are right.
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/check/check_grad.h"
#include "autonet/check/self_test.h"
#include "autonet/text/concat.h"
#include "autonet/train/check_model.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/check_grad_json.h"
#include "cli/check_grad_junit.h"
#include "cli/check_grad_options.h"
#include "cli/check_grad_text.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

/// The work on single elements of one tensor, in multiply-adds: about a second, or some minutes.
/// Directions and the exact checks always cover all elements.
constexpr double kFastWork = 2e8;
constexpr double kFullWork = 1e12;
constexpr Index kFastElements = 500;
constexpr Index kAllElements = Index{1} << 60;

CheckGradOptions check_options(const CheckGradArguments& options, Context& context,
                               Console& console) {
  CheckGradOptions check{.seed = options.seed,
                         .rtol = options.rtol,
                         .atol = options.atol,
                         .order = options.order,
                         .only = options.only,
                         .context = &context};
  if (const std::optional<Index> sample = sample_size(options.mode)) {
    check.max_elements = *sample;
  } else {
    check.element_work = options.mode == "full" ? kFullWork : kFastWork;
    check.max_elements = options.mode == "full" ? kAllElements : kFastElements;
  }
  if (options.max_elements) {
    check.max_elements = *options.max_elements;
    check.element_work = 0.0;
  }
  if (console.animated() && !options.quiet) {
    check.progress = [&console](const std::string& what) {
      std::string line = "checking: " + what;
      const auto room = static_cast<size_t>(std::max(20, console.width() - 1));
      if (line.size() > room) line.resize(room);
      console.note("\r\033[K" + line);
    };
  }
  return check;
}

ModelUnderCheck place(const Model& model, const CheckGradArguments& options, Context& context) {
  CheckPlaceOptions place{.seed = options.seed, .batch = options.batch, .burn_in = options.burn_in};
  std::optional<Weights> weights;
  if (!options.checkpoint.empty()) {
    weights = weights_of(model, options.checkpoint);
    place.weights = &*weights;
  }
  std::optional<Splits> splits;
  if (options.data == "model") {
    if (model.data().dataset.empty() && !model.data().own()) {
      throw ModelError(model.file() + ": the model names no data; use --data random");
    }
    splits = load_data(model, {options.data_dir});
    place.examples = &splits->train;
  }
  return model_under_check(model, context, place);
}

std::string heading(const Model& model, const CheckGradArguments& options) {
  const std::string examples = options.data == "model" ? data_name(model) : "noise";
  const std::string weights =
      options.checkpoint.empty() ? "initial weights" : "weights of " + options.checkpoint;
  const std::string steps =
      options.burn_in > 0 ? text::concat(" after ", options.burn_in, " steps") : "";
  return text::concat(model.name(), ": gradients of the training loss\nbatch of ", options.batch,
                      " ", input_noun(model), "s (", examples, "), ", weights, steps, ", seed ",
                      options.seed, "\n");
}

std::string coloured_verdict(Verdict verdict, bool on) {
  return coloured(name_of(verdict),
                  verdict == Verdict::passed   ? "1;32"
                  : verdict == Verdict::failed ? "1;31"
                                               : "1;33",
                  on);
}

/// The text of a report, whose first word is the verdict, with that in colour.
std::string coloured_report(const CheckReport& report, bool colour) {
  const std::string text = to_text(report);
  return coloured_verdict(report.verdict, colour) +
         text.substr(std::string(name_of(report.verdict)).size());
}

/// What to do next if the check cannot tell, by its cause.
std::string advice(const CheckReport& report, const CheckGradArguments& options) {
  if (report.verdict != Verdict::inconclusive || report.stopped) return "";
  const std::vector<std::string> why = findings(report);
  const auto says = [&](const char* cause) {
    return std::ranges::any_of(
        why, [&](const std::string& one) { return one.find(cause) != std::string::npos; });
  };
  const bool trained = options.burn_in > 0 || !options.checkpoint.empty();
  if (says("that layer is dead")) {
    return "Nothing passes a dead layer. Try other weights: --seed 2, a --checkpoint at\n"
           "which it is alive, or a smaller learning rate.\n";
  }
  if (says("is zero everywhere")) {
    return "Weights that are zero pass nothing on. Try another point: --burn-in 5\n";
  }
  if (says("rounding hides the gradient")) {
    return trained ? "Its loss is as small as rounding. Try fewer steps of training, or images "
                     "that it\n"
                     "has not seen: --data model, or --seed 2\n"
                   : "Try a point at which it is larger: --burn-in 5, or more images: --batch 10\n";
  }
  if (says("f32")) {
    return "Numbers of that size do not train in f32. Try smaller weights, or --seed 2\n";
  }
  if (says("no complex step")) {
    return "Give that op a complex_step, or try another point: --seed 2\n";
  }
  if (says("gives the same for all numbers")) {
    return "That call lets no change through, as a normalisation of single numbers or a\n"
           "loss of one class: change the model.\n";
  }
  return "Try another point: --burn-in 5, or --seed 2\n";
}

ExitStatus exit_of(Verdict verdict) {
  return verdict == Verdict::passed   ? ExitStatus::good
         : verdict == Verdict::failed ? ExitStatus::failed
                                      : ExitStatus::inconclusive;
}

nlohmann::ordered_json json_heading(const Model& model, const CheckGradArguments& options) {
  return {{"model", model.name()}, {"mode", options.mode},   {"order", options.order},
          {"data", options.data},  {"batch", options.batch}, {"burn_in", options.burn_in},
          {"seed", options.seed}};
}

ExitStatus run_self_test(const Model& model, const CheckGradArguments& options,
                         const ModelUnderCheck& check, const CheckGradOptions& check_options,
                         Console& console) {
  const SelfTestReport report =
      check_the_check(check.loss, check.points, check.names, check_options);
  if (check_options.progress) console.note("\r\033[K");
  if (options.json) {
    auto json = json_heading(model, options);
    json.update(to_json(report));
    console.print(json.dump(2) + "\n");
  } else {
    console.print(coloured_verdict(report.verdict(), console.results_coloured()) + ": " +
                  model.name() +
                  ", every mistake that fits is planted in every rule; each must be found\n\n" +
                  table_of(report));
  }
  if (report.stopped) return ExitStatus::interrupted;
  return exit_of(report.verdict());
}

/// Keeps freed memory for the next array: a check makes thousands of large ones, and fetching their
/// pages from the system again each time takes a quarter of its time.
void keep_memory() {
#ifdef M_MMAP_MAX
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

ExitStatus check(const Model& model, const CheckGradArguments& options, Console& console) {
  keep_memory();
  if (!options.junit.empty()) internal::check_writable(options.junit);
  Context context(options.threads);
  ModelUnderCheck check = place(model, options, context);
  CheckGradOptions how = check_options(options, context, console);
  how.uses = check.uses;
  const Interrupt interrupt;  // Ctrl-C ends with a report of what was checked by then
  how.stop = interrupt.flag();
  if (options.self_test) return run_self_test(model, options, check, how, console);

  std::string planted;
  const std::optional<std::string> mistake =
      options.plant_error ? std::optional<std::string>("factor") : options.plant;
  if (mistake) {
    check.loss = with_planted_mistake(check.loss, *mistake, check.points, check.names, planted);
  }
  const CheckReport report = check_grad(check.loss, check.points, check.names, how);
  if (how.progress) console.note("\r\033[K");
  if (!options.junit.empty()) {
    internal::write_atomically(options.junit, to_junit(report, "check-grad " + model.name()));
  }
  if (options.json) {
    auto json = json_heading(model, options);
    if (!planted.empty()) json["planted"] = planted;
    json.update(to_json(report));
    console.print(json.dump(2) + "\n");
  } else if (options.quiet) {
    const std::vector<std::string> why = findings(report);
    console.print(coloured_verdict(report.verdict, console.results_coloured()) +
                  (why.empty() ? "" : ": " + why.front()) + "\n");
  } else {
    std::string text =
        coloured_report(report, console.results_coloured()) + advice(report, options);
    text += "\n" + heading(model, options);
    if (!planted.empty()) text += "Planted: " + planted + "\n";
    if (options.verbose || report.verdict == Verdict::failed) text += "\n" + tables_of(report);
    console.print(text);
  }
  if (report.stopped) return ExitStatus::interrupted;
  return exit_of(report.verdict);
}

ExitStatus run(const CheckGradArguments& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  // Status 1 means that a check was made and failed, so a check that cannot be made gets another.
  const auto refused = [&](const std::string& why) {
    return ModelError(model.file() + ": " + why);
  };
  try {
    return check(model, options, console);
  } catch (const ModelError&) {
    throw;
  } catch (const DataError&) {
    throw;
  } catch (const Error& error) {
    throw refused(error.what());
  } catch (const std::bad_alloc&) {
    throw refused("check_grad: out of memory; use a smaller batch");
  }
}

}  // namespace

void add_check_grad(CLI::App& program, Action& action) {
  auto [command, options] = add_command(program, action, "check-grad",
                                        "Check the gradients of a model's training loss", run);
  add_check_grad_options(command, options);
  command.footer(
      "The gradient of each tensor is compared in f64 with the complex step, along a\n"
      "direction and by element; each rule by itself, on whole numbers and with\n"
      "differences; each convolution by two methods; and each step of training in f32\n"
      "with f64, also at the model's own batch size and in evaluation.\n"
      "docs/check-grad.md explains what each of these proves.\n"
      "MISTAKE is no-flip, padding, axes-swapped, factor, sign, lost-term, lost-image\n"
      "or forgotten; sign@0 plants it in a rule for input 0.\n"
      "Exit status: 0 PASSED; 1 FAILED; 4 INCONCLUSIVE (all zero, on kinks, or hidden\n"
      "by rounding); 2 not checked, the model or an option is wrong; 3 data or a file\n"
      "is missing. Ctrl-C ends with a report of what was checked by then, status 130.\n\n"
      "Examples:\n"
      "  autonet check-grad models/convnet_gradcheck.json --mode full --order 2\n"
      "  autonet check-grad models/convnet1.json --checkpoint models/convnet1.npz \\\n"
      "    --data model\n"
      "  autonet check-grad models/convnet_gradcheck.json --plant no-flip\n"
      "  autonet check-grad models/convnet_gradcheck.json --self-test");
}

}  // namespace autonet::cli
