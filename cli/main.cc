#include "cli/process_memory.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  autonet::cli::give_back_large_blocks();
  return autonet::cli::run_program(argc, argv);
}
