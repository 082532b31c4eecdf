//! The `blurt` command. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    blurt::cli::main()
}
