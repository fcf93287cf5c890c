#include "ops/cpu/correlate.h"

#include <algorithm>
#include <type_traits>

#include "ops/cpu/outer_products.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/problem.h"
#include "ops/cpu/slide.h"
#include "ops/cpu/winograd.h"
#include "ops/cpu/winograd_weights.h"

namespace autonet::cpu {
namespace {

/// True if the window that the kernel slides over would be a large array of almost nothing but
/// unused zeros. Huge dilations or strides over a small image make one, which must not take
/// gigabytes.
bool mostly_unused(const Sizes& q) {
  const auto product = [](Index a, Index b) { return static_cast<double>(a * b); };
  const double positions = static_cast<double>(q.seen_rows) * static_cast<double>(q.seen_cols);
  const double used = product(q.rows, q.cols) +
                      product(q.out_rows, q.out_cols) * product(q.kernel_rows, q.kernel_cols);
  const Index layers = std::max(q.images, q.channels * q.groups);
  return positions > 16.0 * used && positions * static_cast<double>(layers) > 1e8;
}

/// All images by a routine that does not call each_image itself.
template <typename T>
void all_images(Context& context, Routine routine, const Array& x, const Array& w,
                const Window& window, Array& y, const Following& following) {
  Array whole =
      y.has_data() ? y : Array::wrap(context.joint_scratch(y.type().bytes()), y.type(), nullptr);
  const Problem<T> q(x, w, window, whole);
  const Index columns = y.shape()[3];
  Epilogue<T> epilogue(following);
  if (routine == Routine::reference) {
    correlate_reference(x, w, window, whole);
  } else if (routine == Routine::outer_products) {
    sum_outer_products(context, q);
  } else if constexpr (std::is_same_v<T, float>) {
    if (routine == Routine::winograd) {
      winograd_correlate(context, q, epilogue);
      epilogue = {};  // is done
    } else {
      winograd_weights(context, q);
    }
  }
  apply(epilogue, q.y, y.size() / columns, columns);
  if (following.each_image == nullptr) return;
  const Index size = y.size() / q.images;
  for_pieces(context, y.size() < kSmallMove, q.images, [&](Index n, int worker) {
    (*following.each_image)(n, q.y + n * size, context.scratch(worker, following.scratch_bytes));
  });
}

template <typename T>
void correlate_of(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
                  const Following& following, bool exact) {
  if (y.size() == 0) return;
  const Routine routine = routine_for(x, w, window, y.type(), exact, context.is_leaf());
  if (routine == Routine::slide) {
    slide(context, Problem<T>(x, w, window, y), following);
  } else {
    all_images<T>(context, routine, x, w, window, y, following);
  }
}

}  // namespace

std::string_view name_of(Routine routine) {
  switch (routine) {
    case Routine::slide:
      return "slide";
    case Routine::outer_products:
      return "outer products";
    case Routine::winograd:
      return "winograd";
    case Routine::winograd_weights:
      return "winograd weights";
    case Routine::reference:
      return "reference";
    case Routine::packed:
      return "packed";
    case Routine::in_place:
      return "in place";
  }
  return "";
}

Routine routine_for(const Array& x, const Array& w, const Window& window, const ArrayType& y,
                    bool exact, bool leaf) {
  constexpr Index kImagesOfLeaf = 8;  // for the choice alone; a leaf has more
  const Sizes q(x, w, window, y.shape);
  const bool winograd = y.dtype == DType::f32 && !exact;
  Sizes of_leaf = q;
  of_leaf.images = std::min(q.images, kImagesOfLeaf);
  if (winograd && winograd_fits(leaf ? of_leaf : q)) return Routine::winograd;
  if (q.channels == 0 || mostly_unused(q)) return Routine::reference;
  if (!q.batch_as_channels()) return Routine::slide;
  if (winograd && winograd_weights_fit(q)) return Routine::winograd_weights;
  return Routine::outer_products;
}

bool alike_for_leaves(const Array& x, const Array& w, const Window& window, const ArrayType& y,
                      bool exact) {
  return routine_for(x, w, window, y, exact, true) == routine_for(x, w, window, y, exact, false);
}

void correlate(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
               const Following& following, bool exact) {
  y.dtype() == DType::f32 ? correlate_of<float>(context, x, w, window, y, following, exact)
                          : correlate_of<double>(context, x, w, window, y, following, exact);
}

}  // namespace autonet::cpu
