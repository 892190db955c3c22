//! The docs quote this plugin from its file.

#[test]
fn the_docs_show_the_plugin_as_it_is() {
    let plugin = format!("```rust\n{}```", include_str!("../src/lib.rs"));
    let guide = include_str!("../../../../docs/writing-a-plugin.md");
    assert!(include_str!("../../../../README.md").contains(&plugin), "README.md");
    assert!(guide.contains(&plugin), "docs/writing-a-plugin.md");
}
