// Trains convnet1 on random images with autonet. bench/footprint.py compares it with the same in
// other libraries.
#include <cstdio>
#include <random>
#include <vector>

#include <autonet/autonet.h>

int main(int, char** argv) {
  const autonet::Model model = autonet::Model::load(argv[1]);  // models/convnet1.json
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  constexpr int kImages = 200;
  std::vector<float> images(kImages * 16 * 16);
  std::vector<int> labels(kImages);
  for (float& pixel : images) pixel = uniform(random);
  for (int& label : labels) label = static_cast<int>(random() % 10);
  autonet::Context context(1);
  const autonet::Trained trained =
      autonet::fit(model, {.x = autonet::view(images, {kImages, 16, 16, 1}), .y = labels}, context,
                   {.epochs = 2});
  std::printf("loss %.4f\n", trained.epochs.back().train.loss);
}
