#include "models/augment_format.h"

namespace autonet::internal {

Key augment_key() {
  return object_key(
      "augment",
      "random changes of the training images, different in every epoch; validation and test "
      "images stay as they are",
      {number_key("shift", "moves by at most this many pixels, down or up and across",
                  within(0, 1024), "0"),
       number_key("rotate", "turns by at most this many degrees, in both directions",
                  within(0, 180), "0"),
       number_key("scale", "enlarges by a factor from 1 - scale to 1 + scale", within(0, 0.9), "0"),
       number_key("shear", "slants by at most this many columns for each row", within(0, 2), "0"),
       choice_key("flip", "mirrors every second image, by chance",
                  {"horizontal", "vertical", "both"}),
       object_key("crop", "adds a border and cuts out an image of the old size at a random place",
                  {whole_key("padding", "the width of the border in pixels", within(0, 1024))
                       .as_required()}),
       object_key(
           "elastic", "bends the image smoothly",
           {number_key("amount", "the standard deviation of the movement, in pixels",
                       within(0, 1024))
                .as_required(),
            number_key("spacing", "the distance in pixels of the points that move independently",
                       within(1, 1024), "4")}),
       number_key("noise", "the standard deviation of the noise added to each number",
                  within(0, 1e6), "0"),
       whole_key("cutout", "covers a square of this many rows and columns", within(0, 65536), "0"),
       number_key("fill",
                  "the number that stands outside of the image, as the model sees it; by default "
                  "the nearest pixel of the image, and 0 for \"cutout\"",
                  within(-1e6, 1e6)),
       number_key("mixup",
                  "mixes each example and its target with another of the batch; the share of the "
                  "first is drawn from the distribution Beta(mixup, mixup)",
                  within(0, 1000), "0")});
}

AugmentSettings augment_settings(const Fields& augment) {
  AugmentSettings settings;
  settings.shift = augment.number("shift");
  settings.rotate = augment.number("rotate");
  settings.scale = augment.number("scale");
  settings.shear = augment.number("shear");
  if (augment.has("flip")) {
    const std::string& flip = augment.text("flip");
    settings.flip_horizontal = flip != "vertical";
    settings.flip_vertical = flip != "horizontal";
  }
  if (augment.has("crop")) settings.crop_padding = augment.object("crop").whole("padding");
  if (augment.has("elastic")) {
    settings.elastic_amount = augment.object("elastic").number("amount");
    settings.elastic_spacing = augment.object("elastic").number("spacing");
  }
  settings.noise = augment.number("noise");
  settings.cutout = augment.whole("cutout");
  settings.mixup = augment.number("mixup");
  if (augment.has("fill")) settings.fill = augment.number("fill");
  return settings;
}

}  // namespace autonet::internal
