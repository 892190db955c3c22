//! The documentation and the command line agree.

use std::fs;
use std::path::Path;

use universal_worker_cli::reference;

#[test]
fn the_tables_of_the_documentation_are_those_of_the_command_line() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let page = fs::read_to_string(&file).unwrap();
    let updated = reference::update_page(&page).expect("docs/operations.md lacks a marker");
    let difference = page.lines().zip(updated.lines()).find(|(old, new)| old != new);
    assert!(page == updated, "{difference:?}: `cargo xtask man --docs` updates the page");
}
