#include "cli/process_memory.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  autonet::give_back_large_blocks();
  return autonet::run_program(argc, argv);
}
