#include <cstdlib>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("the bash script is valid bash and completes commands and options") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"completion", "bash"});
  REQUIRE(outcome.status == 0);
  folder.write("script", outcome.out);
  folder.write("model.json", "{}");
  folder.write("model.txt", "");
  folder.write("try", R"(source ./script
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _autonet; echo "${COMPREPLY[@]}"; }
try autonet che
try autonet fit --ep
try autonet completion f
try autonet data l
try autonet schema --h
try autonet check-grad model.json --plant no
try autonet check-grad --mode f
try autonet data list mn
try autonet data fetch cifar100
try autonet fit mod
try autonet compare model.json mod
)");
  const std::string command =
      "cd " + folder.path() + " && bash -n script && bash --norc try > result 2>&1";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(
      folder.read("result") ==
      "check-grad\n--epochs\nfish\nlist\n--help\nno-flip\nfast full\nmnist\ncifar100\nmodel.json\n"
      "model.json\n");
}

TEST_CASE("the scripts for zsh and fish name every command and option") {
  const TestFolder folder;
  const Outcome zsh = run_program(folder, {"completion", "zsh"});
  CHECK(zsh.status == 0);
  CHECK(zsh.out.rfind("#compdef autonet\n", 0) == 0);
  CHECK(contains(zsh.out, "'check-grad:"));
  CHECK(contains(zsh.out, "'--resume:"));
  const Outcome fish = run_program(folder, {"completion", "fish"});
  CHECK(fish.status == 0);
  CHECK(contains(fish.out, "-a check-grad -d "));
  CHECK(contains(fish.out, "-l resume -d "));
  CHECK(contains(fish.out, "-l filter -r -f -a 'blur sharpen edges' -d "));
  CHECK(contains(fish.out, "__fish_complete_suffix .json"));
  CHECK(contains(zsh.out, "'check-grad --mode') values='fast full sample='"));
  CHECK(contains(zsh.out, "_files -g '*.json'"));
}

}  // namespace
}  // namespace autonet::cli
