// Trains convnet1 on random images with dlib.
#include <cstdio>
#include <vector>

#include <dlib/dnn.h>

using namespace dlib;

template <long channels, typename SUBNET>
using convolved = max_pool<2, 2, 2, 2, relu<add_layer<con_<channels, 3, 3, 1, 1, 1, 1>, SUBNET>>>;
using Net =
    loss_multiclass_log<fc<10, relu<fc<64, convolved<32, convolved<16, input<matrix<float>>>>>>>>;

int main() {
  dlib::rand random(1);
  std::vector<matrix<float>> images(200, matrix<float>(16, 16));
  std::vector<unsigned long> labels;
  for (auto& image : images) {
    for (float& pixel : image) pixel = random.get_random_float() * 2 - 1;
    labels.push_back(random.get_random_32bit_number() % 10);
  }
  Net net;
  dnn_trainer<Net> trainer(net, sgd(1e-4F, 0.9F));
  trainer.set_learning_rate(0.05);
  trainer.set_mini_batch_size(100);
  trainer.set_max_num_epochs(2);
  trainer.train(images, labels);
  std::printf("loss %.4f\n", trainer.get_average_loss());
}
