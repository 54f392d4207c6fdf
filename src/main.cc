// argv to exit code; the first of the four places that catch is cli::run.
#include "cli/command.h"

int main(int argc, char** argv) {
  return spotter::cli::run(argc, argv);
}
