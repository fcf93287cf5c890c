/* A network that learns on a microcontroller: it starts with random weights and sees one noisy image after the other,
   with a horizontal, a vertical or a diagonal stroke. The code of the network is written by
   `autonet export strokes.json --initial --c FOLDER --train`. */
#include <stdint.h>
#include <stdio.h>

#include "strokes.h"

/* A pseudo-random number from 0 to 1: xorshift32, by G. Marsaglia. */
static float random_number(void) {
  static uint32_t state = 1;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return (float)(state >> 8) / 16777216.0f;
}

/* What a camera would see: 8 x 8 numbers, and the class of the stroke. */
static float take_picture(float image[64]) {
  const int32_t stroke = (int32_t)(random_number() * 3), place = 1 + (int32_t)(random_number() * 6);
  for (int32_t row = 0; row < 8; ++row) {
    for (int32_t column = 0; column < 8; ++column) {
      const int32_t on = stroke == 0 ? row == place : stroke == 1 ? column == place : row + place == column + 4;
      image[row * 8 + column] = (on ? 1.0f : 0.0f) + 0.6f * (random_number() - 0.5f);
    }
  }
  return (float)stroke;
}

/* The fraction of 200 new images whose stroke is recognised. */
static float accuracy(void) {
  float image[64], outputs[3];
  int32_t right = 0;
  for (int32_t i = 0; i < 200; ++i) {
    const float label = take_picture(image);
    right += strokes_predict(image, outputs) == (int32_t)label;
  }
  return (float)right / 200.0f;
}

int main(void) {
  printf("%d bytes of memory\n", STROKES_MEMORY_BYTES);
  printf("images  mean loss  accuracy on 200 new images\n");
  for (int32_t hundred = 0; hundred <= 10; ++hundred) {
    float loss = 0.0f, image[64];
    for (int32_t i = 0; i < 100 && hundred > 0; ++i) {
      const float label = take_picture(image);
      loss += strokes_train_step(image, &label, STROKES_LEARNING_RATE) / 100.0f;
    }
    if (hundred == 0) {
      printf("%6d             %5.1f %%\n", 0, (double)(100.0f * accuracy()));
    } else {
      printf("%6ld     %6.4f  %5.1f %%\n", (long)hundred * 100, (double)loss, (double)(100.0f * accuracy()));
    }
  }
  return accuracy() > 0.9f ? 0 : 1;
}
