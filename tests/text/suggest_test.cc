#include "text/suggest.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace autonet {
namespace {

const std::vector<std::string> kNames = {"conv2d", "linear", "max_pool2d", "relu", "elu", "add"};

TEST_CASE("the nearest name is found") {
  CHECK(text::nearest("conv", kNames) == "conv2d");
  CHECK(text::nearest("Conv2D", kNames) == "conv2d");
  CHECK(text::nearest("MaxPool2d", kNames) == "max_pool2d");
  CHECK(text::nearest("maxpool", kNames) == "max_pool2d");
  CHECK(text::nearest("rleu", kNames) == "relu");  // neighbours swapped
  CHECK(text::nearest("lineer", kNames) == "linear");
  CHECK(text::nearest("ad", kNames) == "add");
}

TEST_CASE("nothing is suggested where no name is close") {
  CHECK(text::nearest("transformer", kNames).empty());
  CHECK(text::nearest("xy", kNames).empty());
  CHECK(text::nearest("", kNames).empty());
  CHECK(text::nearest(std::string(100, 'a'), kNames).empty());
  CHECK(text::nearest("relu", {}).empty());
}

TEST_CASE("suggestions as text") {
  const std::vector<std::string> two = {"flip", "patches"};
  CHECK(text::did_you_mean("patch", two) == "; did you mean \"patches\"?");
  CHECK(text::did_you_mean("xyzzy", two) == "; known: flip, patches");
  CHECK(text::listed(two) == "flip or patches");
  CHECK(text::listed(kNames) == "conv2d, linear, max_pool2d, relu, elu or add");
}

}  // namespace
}  // namespace autonet
