//! Writes the manual page to stdout (`man`), or the tables into a page of the documentation
//! (`docs FILE`); `cargo xtask man` runs it.

#![allow(clippy::disallowed_methods, reason = "a program")]

use std::error::Error;
use std::io::Write;
use std::{env, fs, io};

use universal_worker_cli::reference;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["man"] => io::stdout().write_all(reference::man_page().as_bytes())?,
        ["docs", file] => {
            let page = fs::read_to_string(file)?;
            let page = reference::update_page(&page).ok_or("the page lacks a marker")?;
            fs::write(file, page)?;
        }
        _ => return Err("usage: reference man | reference docs FILE".into()),
    }
    Ok(())
}
