// Trains convnet1 on random images with LibTorch.
#include <cstdio>

#include <torch/torch.h>

int main() {
  namespace nn = torch::nn;
  torch::manual_seed(1);
  torch::set_num_threads(1);
  const auto images = torch::rand({200, 1, 16, 16}) * 2 - 1;
  const auto labels = torch::randint(0, 10, {200}, torch::kLong);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 16, 3).padding(1)), nn::ReLU(),
                     nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(16, 32, 3).padding(1)),
                     nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(512, 64), nn::ReLU(),
                     nn::Linear(64, 10));
  torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.05).momentum(0.9));
  double loss = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int at = 0; at < 200; at += 100) {
      optimizer.zero_grad();
      const auto output = net->forward(images.slice(0, at, at + 100));
      const auto mean = nn::functional::cross_entropy(output, labels.slice(0, at, at + 100));
      mean.backward();
      optimizer.step();
      loss = mean.item<double>();
    }
  }
  std::printf("loss %.4f\n", loss);
}
