#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/op.h"

namespace autonet::internal {

/// How a batch of examples is cut, by its size alone:
///
///     batch                 100 examples
///     parts, added in a     [    0    ] [    1    ] … [    7    ]      a power of two; see below
///     binary tree
///     leaves, added one     [    0    ] [    1    ] … [    7    ]      12 or 13 examples
///     after another
///
/// There are at most 16 parts, or in batches of 3,200 and more at most 256 of 100 or more examples.
///
/// A sum over the batch is made leaf by leaf. The leaves of a part are added in their order, then
/// the parts in pairs: ((0 + 1) + (2 + 3)) + …. So its bits do not depend on who computes which
/// part, nor on the number of threads.
struct Leaves {
  Index batch = 0;
  Index parts = 1;
  Index in_part = 1;  ///< leaves of each part

  explicit Leaves(Index examples);

  Index count() const { return parts * in_part; }
  /// Examples of the largest leaf, the first one.
  Index largest() const { return (batch + count() - 1) / count(); }
  /// The first example of a leaf; first(count()) is the batch.
  Index first(Index leaf) const {
    const Index longer = batch % count();  // the first leaves have one example more
    return batch / count() * leaf + std::min(leaf, longer);
  }
};

/// Op::batch_use for a call whose entry n of y along axis 0 follows from entries n of its inputs,
/// with inputs stretched as in broadcasting: `each` if the examples lie along axis 0.
BatchUse each_along_first_axis(std::span<const Array> inputs, std::span<int> axes);

/// True if sum_over_leaves() cuts a sum of `size` numbers over so many examples. A large sum, as of
/// the gradient of a large weight matrix, is made in one piece: to keep and to add one for each
/// leaf would cost more than it saves.
bool cuts_sum(Index examples, Index size);

/// y = the sum over all examples, by leaves, of `work` additions or multiply-adds in all:
/// sum(context, first, count, y of the leaf) computes that over the examples first … first + count
/// - 1. Where cuts_sum() is false, or the context is that of a leaf, `sum` is called once for all.
/// Uses the shared scratch memory of the context; `sum` gets another context.
void sum_over_leaves(Context& context, Index examples, Index work, Array& y,
                     FunctionRef<Context&, Index, Index, Array&> sum);

/// The distance in bytes between the sums of two parts.
std::size_t part_bytes(const ArrayType& sum);
/// y = parts[0] + parts[1] + … in pairs, for `count` arrays of y's type that lie part_bytes()
/// apart and are overwritten. `count` is a power of two.
void add_in_tree(Context& context, std::byte* parts, Index count, Array& y);
/// total += more, number by number; both contiguous and of one type.
void add_to(Array& total, const Array& more);

}  // namespace autonet::internal
