#include "cli/program.h"

int main(int argc, char** argv) {
  return autonet::run_program(argc, argv);
}
