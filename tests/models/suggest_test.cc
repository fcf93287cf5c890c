#include "models/suggest.h"

#include <doctest/doctest.h>

namespace autonet {
namespace {

const std::vector<std::string> kNames = {"conv2d", "linear", "max_pool2d", "relu", "elu", "add"};

TEST_CASE("the nearest name is found") {
  CHECK(nearest("conv", kNames) == "conv2d");
  CHECK(nearest("Conv2D", kNames) == "conv2d");
  CHECK(nearest("MaxPool2d", kNames) == "max_pool2d");
  CHECK(nearest("maxpool", kNames) == "max_pool2d");
  CHECK(nearest("rleu", kNames) == "relu");  // neighbours swapped
  CHECK(nearest("lineer", kNames) == "linear");
  CHECK(nearest("ad", kNames) == "add");
}

TEST_CASE("nothing is guessed where nothing is near") {
  CHECK(nearest("transformer", kNames).empty());
  CHECK(nearest("xy", kNames).empty());
  CHECK(nearest("", kNames).empty());
  CHECK(nearest(std::string(100, 'a'), kNames).empty());
  CHECK(nearest("relu", {}).empty());
}

TEST_CASE("suggestions as text") {
  const std::vector<std::string> two = {"flip", "patches"};
  CHECK(did_you_mean("patch", two) == "; did you mean \"patches\"?");
  CHECK(did_you_mean("xyzzy", two) == "; known: flip, patches");
  CHECK(listed(two) == "flip or patches");
  CHECK(listed(kNames) == "conv2d, linear, max_pool2d, relu, elu or add");
}

}  // namespace
}  // namespace autonet
