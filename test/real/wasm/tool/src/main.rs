//! Writes what the tests of the Wasm rewriter run on. See `../README.md`.

mod command;
mod json;
mod modules;
mod suite;
mod value;

use std::{env, error::Error, path::Path, process::ExitCode};

const USAGE: &str = "usage: wasm-cases testsuite OUT | modules OUT COUNT SEED";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("wasm-cases: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &[&str]) -> Result<String, Box<dyn Error>> {
    match args {
        ["testsuite", out] => suite::write(Path::new(out)),
        ["modules", out, count, seed] => {
            modules::write(Path::new(out), count.parse()?, seed.parse()?)
        }
        _ => Err(USAGE.into()),
    }
}
