#pragma once

#include "cli/json.h"
#include "cli/judgement.h"

namespace autonet::cli {

// The parts of a report that show what a model with certain weights does, as JSON for the page.
// Each is bounded in size: what is too large is left out or cut, and the page says so.

/// Three examples through all layers: {"part": "test", "convolutions": […], "examples": […]}, about
/// 2 MB at most. Fewer examples, then fewer channels, if the layers are large.
Json examples_json(const Model& model, const Splits& data, const NamedPart& part,
                   const Weights& weights);

/// {"part": …, "names": […], "counts": [[…]] or null, "classes": [{…}], "confusions": […],
/// "mistakes": […], "calibration": […] or null}
Json judgement_json(const Model& model, const Splits& data, const NamedPart& part,
                    const Judgement& judgement);

/// For regression: {"part": …, "pairs": [[target, prediction], …]}, the first output of at most
/// 500 examples.
Json regression_json(const Model& model, const NamedPart& part, const Weights& weights,
                     Context& context);

/// The rows of the layer table.
Json layers_json(const Model& model);

}  // namespace autonet::cli
