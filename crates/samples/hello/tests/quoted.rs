//! The docs quote the source of this plugin.

#[test]
fn the_docs_quote_the_current_source() {
    let plugin = format!("```rust\n{}```", include_str!("../src/lib.rs"));
    let guide = include_str!("../../../../docs/writing-a-plugin.md");
    assert!(include_str!("../../../../README.md").contains(&plugin), "README.md");
    assert!(guide.contains(&plugin), "docs/writing-a-plugin.md");
}
