#include "autonet/data/use_hdf5.h"
#include "cli/interrupt.h"
#include "cli/process_memory.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  autonet::cli::end_on_signals();
  autonet::cli::give_back_large_blocks();
#ifdef AUTONET_HAVE_HDF5
  autonet::use_hdf5();
#endif
  return autonet::cli::run_program(argc, argv);
}
