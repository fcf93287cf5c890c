#pragma once

#include <string>
#include <vector>

#include "autonet/autograd/shape.h"
#include "cli/json.h"

namespace autonet::cli {

/// A convolution layer in one dimension with stride 1, as on paper: y, and from d = ybar the
/// derivatives xbar and wbar.
struct Explain1dOptions {
  std::vector<double> x = {1, 2, 3, 4, 5};
  std::vector<double> w = {1, 0, -1};
  std::vector<double> d = {};  // empty: 1, 2, 3, … as many as y has
  Index padding = 0;
};

/// One of the three convolutions: a kernel slides over a signal, and at each position the products
/// of the numbers that lie above each other are summed.
struct Slide {
  std::string name;             // "y", "xbar" or "wbar"
  std::string formula;          // "y = convolve(x, flip(w), p)"
  std::string reason;           // which of the operands slides, and why
  std::vector<double> signal;   // with its padding
  std::vector<double> kernel;   // in the order in which it slides
  std::vector<double> results;  // at position i: the sum over j of signal[i + j] kernel[j]
};

/// The numbers of the example, and its three convolutions: forward, for x and for w.
struct Explained1d {
  std::vector<double> x, w, d;
  Index padding = 0;
  std::vector<Slide> slides;
};

/// Computes the example by convolve(). Throws ModelError if x or w is empty, a list has over 64
/// numbers or one beyond ±1000000, w is longer than the padded x, or d has another length than y.
Explained1d explain_1d(const Explain1dOptions& options);

/// The three tables: at each position the products and their sum. Lines have at most 80 columns.
std::string to_text(const Explained1d& example);

/// {"x": […], "w": […], "d": […], "padding": p, "y": {"formula": …, "signal": […], "kernel": […],
/// "products": [[…], …], "result": […]}, "xbar": {…}, "wbar": {…}}
Json to_json(const Explained1d& example);

}  // namespace autonet::cli
