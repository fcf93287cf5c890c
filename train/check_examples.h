#pragma once

#include <span>
#include <string_view>

#include "autonet/data/examples.h"
#include "autonet/models/model.h"

namespace autonet::internal {

/// Throws DataError unless the inputs x have the shape that the model needs, naming both, and are
/// finite or, for an embedding, tokens, naming the place. `doing` begins the text.
void check_inputs(const Model& model, const Array& x, std::string_view doing);

/// Throws DataError unless the inputs and targets have the shapes that the model needs; the text
/// says both. Constant time.
void check_shapes(const Model& model, const Examples& examples, std::string_view doing);

/// The same, and throws DataError too if a label is not the number of a class, or an input or a
/// target is not finite, naming its place. Reads all numbers but inputs
/// that stay in a file: for the start of a run, not for each batch.
void check_examples(const Model& model, const Examples& examples, std::string_view doing);

/// Throws DataError if an input of a batch is not finite or, for an embedding, no token, naming the
/// place and the row of all examples from which the input comes.
void check_rows(const Model& model, const Array& batch, std::span<const Index> rows,
                std::string_view doing);

}  // namespace autonet::internal
