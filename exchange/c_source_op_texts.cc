#include "exchange/c_source_function_texts.h"

namespace autonet::internal {

std::span<const CFunction> op_functions() {
  static const std::vector<CFunction> kFunctions = {
      {"fill", {"element_count", "writable"}, R"(
/* y = c everywhere. */
static void fill(array y, number c) {
  const int32_t count = element_count(y);
  number *to = writable(y);
  for (int32_t i = 0; i < count; ++i) to[i] = c;
}
)"},
      {"copy", {"element_count", "row_length", "row_step", "row_at"}, R"(
/* y = x. Both may be views. */
static void copy(array y, array x) {
  const int32_t length = row_length(y);
  const int32_t rows = element_count(y) / length;
  for (int32_t row = 0; row < rows; ++row) {
    const number *from = row_at(x, row);
    number *to = (number *)row_at(y, row);
    for (int32_t k = 0; k < length; ++k) to[k * row_step(y)] = from[k * row_step(x)];
  }
}
)"},
      {"sum", {"fill", "stretched", "row_length", "row_step", "row_at"}, R"(
/* y = the sum of x over the axes that have length 1 in y. */
static void sum(array y, array x) {
  const int32_t length = row_length(x);
  const int32_t rows = element_count(x) / length;
  const array sums = stretched(y, x);
  fill(y, 0);
  for (int32_t row = 0; row < rows; ++row) {
    const number *from = row_at(x, row);
    number *to = (number *)row_at(sums, row);
    for (int32_t k = 0; k < length; ++k) to[k * row_step(sums)] += from[k * row_step(x)];
  }
}
)"},
      {"matmul", {"writable"}, R"(
/* y[m,n] = sum over k of a[m,k] b[k,n]. */
static void matmul(array y, array a, array b) {
  number *to = writable(y);
  for (int32_t m = 0; m < y.n[0]; ++m, to += y.n[1]) {
    for (int32_t n = 0; n < y.n[1]; ++n) to[n] = 0;
    for (int32_t k = 0; k < a.n[1]; ++k) {
      const number a_mk = a.at[m * a.step[0] + k * a.step[1]];
      const number *b_k = b.at + k * b.step[0];
      for (int32_t n = 0; n < y.n[1]; ++n) to[n] += a_mk * b_k[n * b.step[1]];
    }
  }
}
)"},
      {"matrix", {}, R"(
/* Matrix number i of x [...,rows,columns] stretched to the shape of y but for the last two axes. */
static array matrix(array x, array y, int32_t i) {
  array m = x;
  const int32_t last = x.rank - 1;
  for (int32_t axis = y.rank - 3, from = last - 2; axis >= 0; --axis, --from) {
    if (from >= 0 && x.n[from] != 1) m.at += (i % y.n[axis]) * x.step[from];
    i /= y.n[axis];
  }
  m.rank = 2;
  m.n[0] = x.n[last - 1];
  m.n[1] = x.n[last];
  m.step[0] = x.step[last - 1];
  m.step[1] = x.step[last];
  return m;
}
)"},
      {"matmul_each", {"element_count", "matmul", "matrix"}, R"(
/* y = a b for each matrix of a batch: y[...,m,n] = sum over k of a[...,m,k] b[...,k,n]. */
static void matmul_each(array y, array a, array b) {
  const int32_t count = element_count(y) / (y.n[y.rank - 1] * y.n[y.rank - 2]);
  for (int32_t i = 0; i < count; ++i) matmul(matrix(y, y, i), matrix(a, y, i), matrix(b, y, i));
}
)"},
      {"log_softmax",
       {"exponential", "logarithm", "element_count", "writable", "row_length", "row_step",
        "row_at"},
       R"(
/* For each row, y = x - ln(sum of e^x). The largest x is subtracted first, so that no power overflows. */
static void log_softmax(array y, array x) {
  const int32_t length = row_length(y);
  const int32_t rows = element_count(y) / length;
  number *to = writable(y);
  for (int32_t row = 0; row < rows; ++row, to += length) {
    const number *from = row_at(x, row);
    number largest = from[0], sum = 0;
    for (int32_t k = 1; k < length; ++k) {
      if (from[k * row_step(x)] > largest) largest = from[k * row_step(x)];
    }
    for (int32_t k = 0; k < length; ++k) sum += exponential(from[k * row_step(x)] - largest);
    for (int32_t k = 0; k < length; ++k) to[k] = from[k * row_step(x)] - largest - logarithm(sum);
  }
}
)"},
      {"softmax_cross_entropy", {"exponential", "logarithm", "writable"}, R"(
/* y = -1/N sum over n,k of t[n,k] log_softmax(z)[n,k], for logits z and targets t [N,K]. */
static void softmax_cross_entropy(array y, array z, array t) {
  number loss = 0;
  for (int32_t n = 0; n < z.n[0]; ++n) {
    const number *z_n = z.at + n * z.step[0], *t_n = t.at + n * t.step[0];
    number largest = z_n[0], sum = 0;
    for (int32_t k = 1; k < z.n[1]; ++k) {
      if (z_n[k * z.step[1]] > largest) largest = z_n[k * z.step[1]];
    }
    for (int32_t k = 0; k < z.n[1]; ++k) sum += exponential(z_n[k * z.step[1]] - largest);
    for (int32_t k = 0; k < z.n[1]; ++k) {
      loss -= t_n[k * t.step[1]] * (z_n[k * z.step[1]] - largest - logarithm(sum));
    }
  }
  writable(y)[0] = loss / (number)z.n[0];
}
)"},
      {"one_hot", {"fill"}, R"(
/* y[n,k] = 1 where k is labels[n], else 0. A label that is no class gives a row of zeros. */
static void one_hot(array y, array labels) {
  fill(y, 0);
  for (int32_t n = 0; n < y.n[0]; ++n) {
    const number label = labels.at[n * labels.step[0]];
    if (label >= 0 && label < (number)y.n[1]) writable(y)[n * y.n[1] + (int32_t)label] = 1;
  }
}
)"},
      {"gather", {"writable"}, R"(
/* y[i,k] = x[rows[i,k], k]. A number that is no row of x gives 0. */
static void gather(array y, array x, array rows) {
  number *to = writable(y);
  for (int32_t i = 0; i < y.n[0]; ++i) {
    for (int32_t k = 0; k < y.n[1]; ++k) {
      const number row = rows.at[i * rows.step[0] + k * rows.step[1]];
      *to++ = row >= 0 && row < (number)x.n[0] ? x.at[(int32_t)row * x.step[0] + k * x.step[1]] : 0;
    }
  }
}
)"},
      {"scatter_add", {"fill", "writable"}, R"(
/* The input gradient of gather: xbar[rows[i,k], k] is the sum of ybar[i,k] over all i with that row. */
static void scatter_add(array xbar, array ybar, array rows) {
  fill(xbar, 0);
  for (int32_t i = 0; i < ybar.n[0]; ++i) {
    for (int32_t k = 0; k < ybar.n[1]; ++k) {
      const number row = rows.at[i * rows.step[0] + k * rows.step[1]];
      if (row >= 0 && row < (number)xbar.n[0]) {
        writable(xbar)[(int32_t)row * xbar.n[1] + k] += ybar.at[i * ybar.step[0] + k * ybar.step[1]];
      }
    }
  }
}
)"},
      {"dropout_mask", {"element_count", "writable"}, R"(
/* y = 0 for a random part of the elements, else `kept`. Elements 4 i to 4 i + 3 are decided by four random words that
   follow from i, the number of the step and the key (Philox 4x32-10: J. Salmon et al., SC 2011). */
static void dropout_mask(array y, uint32_t step, uint32_t threshold, number kept, uint32_t key_0, uint32_t key_1) {
  const int32_t count = element_count(y);
  number *to = writable(y);
  for (int32_t i = 0; i < count; i += 4) {
    uint32_t word[4] = {(uint32_t)i / 4, 0, step, 0}, k_0 = key_0, k_1 = key_1;
    for (int32_t round = 0; round < 10; ++round, k_0 += 0x9E3779B9u, k_1 += 0xBB67AE85u) {
      const uint64_t a = (uint64_t)0xD2511F53u * word[0], b = (uint64_t)0xCD9E8D57u * word[2];
      word[0] = (uint32_t)(b >> 32) ^ word[1] ^ k_0;
      word[1] = (uint32_t)b;
      word[2] = (uint32_t)(a >> 32) ^ word[3] ^ k_1;
      word[3] = (uint32_t)a;
    }
    for (int32_t k = 0; k < 4 && i + k < count; ++k) to[i + k] = word[k] < threshold ? 0 : kept;
  }
}
)"},
      {"sgd", {"element_count", "row_length", "row_step", "row_at"}, R"(
/* Gradient descent with momentum m: for each weight, v = m v + (g + l2 w), then w -= rate v. */
static void sgd(number *w, number *v, array gradient, number m, number l2, number rate) {
  const int32_t length = row_length(gradient);
  const int32_t rows = element_count(gradient) / length;
  for (int32_t row = 0; row < rows; ++row) {
    const number *g = row_at(gradient, row);
    for (int32_t k = 0; k < length; ++k, ++w, ++v) {
      *v = m * *v + (g[k * row_step(gradient)] + l2 * *w);
      *w -= rate * *v;
    }
  }
}
)"},
      {"nesterov", {"element_count", "row_length", "row_step", "row_at"}, R"(
/* Nesterov's momentum m: with d = g + l2 w for each weight, v = m v + d, then w -= rate (d + m v). */
static void nesterov(number *w, number *v, array gradient, number m, number l2, number rate) {
  const int32_t length = row_length(gradient);
  const int32_t rows = element_count(gradient) / length;
  for (int32_t row = 0; row < rows; ++row) {
    const number *g = row_at(gradient, row);
    for (int32_t k = 0; k < length; ++k, ++w, ++v) {
      const number d = g[k * row_step(gradient)] + l2 * *w;
      *v = m * *v + d;
      *w -= rate * (d + m * *v);
    }
  }
}
)"},
      {"move_average", {}, R"(
/* average = kept average + (1 - kept) w, for each weight. */
static void move_average(number *average, const number *w, int32_t count, number kept) {
  for (int32_t i = 0; i < count; ++i) average[i] = kept * average[i] + (1 - kept) * w[i];
}
)"},
      {"adam", {"element_count", "row_length", "row_step", "row_at"}, R"(
/* Adam (arXiv:1412.6980): for each weight with g' = g + l2 w,
     m1 = b1 m1 + (1 - b1) g',  m2 = b2 m2 + (1 - b2) g'^2,
     w = keep w - rate m1 / rest1 / (sqrt(m2 / rest2) + epsilon),
   where rest1 = 1 - b1^t and rest2 = 1 - b2^t in step t, and keep is 1, or in AdamW 1 - rate * decay. */
static void adam(number *w, number *m1, number *m2, array gradient, number l2, number keep, number rate,
                 number b1, number b2, number epsilon, number rest1, number rest2) {
  const int32_t length = row_length(gradient);
  const int32_t rows = element_count(gradient) / length;
  for (int32_t row = 0; row < rows; ++row) {
    const number *from = row_at(gradient, row);
    for (int32_t k = 0; k < length; ++k, ++w, ++m1, ++m2) {
      const number g = from[k * row_step(gradient)] + l2 * *w;
      *m1 = b1 * *m1 + (1 - b1) * g;
      *m2 = b2 * *m2 + (1 - b2) * g * g;
      *w = keep * *w - rate / rest1 * *m1 / (sqrt@(*m2 / rest2) + epsilon);
    }
  }
}
)"},
  };
  return kFunctions;
}

}  // namespace autonet::internal
