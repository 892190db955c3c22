//! The builds for the interface tests, as data.

/// The package of the plugin in `tests/abi/plugin`.
pub(super) const PROBE: &str = "interface-probe";

/// The product that is a worker, of the fictional later interface.
pub(super) const LATER_WORKER: &str = "worker-1.3";

/// One run of cargo.
pub(super) struct Build {
    pub(super) description: &'static str,
    pub(super) tree: &'static Tree,
    pub(super) profile: &'static str,
    pub(super) compiler: Compiler,
    pub(super) products: &'static [Product],
}

/// The compiler of a build.
#[derive(Clone, Copy)]
pub(super) enum Compiler {
    /// The compiler of everything else.
    Current,
    /// The first of these toolchains that is installed.
    FirstOf(&'static [&'static str]),
}

/// A plugin or worker that a build makes.
pub(super) struct Product {
    pub(super) name: &'static str,
    /// The features of the plugin.
    pub(super) features: &'static [&'static str],
}

/// A copy of the sources.
pub(super) struct Tree {
    pub(super) name: &'static str,
    /// The folders in the copy.
    pub(super) folders: &'static [&'static str],
    /// The version of its interface.
    pub(super) version: &'static str,
    pub(super) edits: &'static [Edit],
}

/// A replacement of text in a file.
pub(super) struct Edit {
    pub(super) file: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

const fn plugin(name: &'static str, features: &'static [&'static str]) -> Product {
    Product { name, features }
}

const fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

/// The current version of the interface.
///
/// A change here needs new fictional versions, here and in the rows of `tests/integration/abi`.
pub(super) const VERSION: &str = "1.2.0";

const FOR_PLUGINS: &[&str] = &["crates/abi", "crates/json", "crates/plugin", "crates/sanitize"];

const FOR_BOTH: &[&str] = &[
    "crates/abi",
    "crates/sanitize",
    "crates/json",
    "crates/plugin",
    "crates/loader",
    "crates/exec",
    "crates/interpreter",
    "crates/watchdog",
    "crates/telemetry",
    "crates/process",
    "crates/crash",
    "crates/logging",
    "crates/listen",
    "crates/service",
    "crates/runtime",
    "crates/cli",
    "bins/universal-worker",
];

static NOW: Tree = Tree { name: "now", folders: FOR_PLUGINS, version: VERSION, edits: &[] };
static BEFORE: Tree = Tree { name: "0.9", folders: FOR_PLUGINS, version: "0.9.0", edits: &[] };
static MAJOR: Tree = Tree { name: "2.0", folders: FOR_PLUGINS, version: "2.0.0", edits: &[] };

/// The current version, but a plain struct has one more field.
static PATCHED: Tree = Tree {
    name: "patched",
    folders: FOR_PLUGINS,
    version: VERSION,
    edits: &[
        edit(
            "crates/abi/src/raw.rs",
            "    pub kind: u32,\n",
            "    pub kind: u32,\n    /// One more.\n    pub more: u32,\n",
        ),
        edit(
            "crates/abi/src/fault.rs",
            "Self { kind: fault.kind.number()",
            "Self { more: 0, kind: fault.kind.number()",
        ),
    ],
};

/// A minor version that breaks a rule: a method was inserted between others.
static BETWEEN: Tree = Tree {
    name: "between",
    folders: FOR_PLUGINS,
    version: "1.3.0",
    edits: &[edit(
        "crates/abi/src/raw.rs",
        "    fn bound(&self);\n",
        "    fn bound(&self);\n    fn between(&self) {}\n",
    )],
};

/// All builds.
pub(super) const BUILDS: &[Build] = &[
    Build {
        description: "plugins of this interface",
        tree: &NOW,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[
            plugin("debug", &[]),
            plugin("allocator", &["allocator"]),
            plugin("bare", &["bare"]),
        ],
    },
    Build {
        description: "a plugin that aborts on panic",
        tree: &NOW,
        profile: "abort",
        compiler: Compiler::Current,
        products: &[plugin("abort", &[])],
    },
    Build {
        description: "a plugin of another compiler",
        tree: &NOW,
        profile: "dev",
        compiler: Compiler::FirstOf(&["nightly", "beta"]),
        products: &[plugin("compiler", &[])],
    },
    Build {
        description: "a plugin and a worker of a later interface",
        tree: &LATER,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[plugin("later", &["later"]), plugin(LATER_WORKER, &[])],
    },
    Build {
        description: "a plugin of an interface before the first",
        tree: &BEFORE,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[plugin("before", &[])],
    },
    Build {
        description: "a plugin of the next major interface",
        tree: &MAJOR,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[plugin("major", &[])],
    },
    Build {
        description: "a plugin of a patched interface",
        tree: &PATCHED,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[plugin("patched", &[])],
    },
    Build {
        description: "a plugin of a later interface that breaks a rule",
        tree: &BETWEEN,
        profile: "dev",
        compiler: Compiler::Current,
        products: &[plugin("between", &[])],
    },
];

/// The plugin to keep when a version of the interface is final; see `tests/abi/kept/README.md`.
pub(super) const KEPT: Build = Build {
    description: "the plugin to keep",
    tree: &NOW,
    profile: "kept",
    compiler: Compiler::Current,
    products: &[plugin("kept", &[])],
};

/// A fictional minor version: one more method in each trait, and one more function in the root.
///
/// The new method returns 11, and its default 7.
static LATER: Tree = Tree {
    name: "later",
    folders: FOR_BOTH,
    version: "1.3.0",
    edits: &[
        edit(
            "crates/abi/src/raw.rs",
            "}\n\n/// See [`Instance`](crate::Instance).\n",
            "\n    fn of_tomorrow(&self) -> u64 {\n        7\n    }\n}\n\n/// See [`Instance`](crate::Instance).\n",
        ),
        edit(
            "crates/abi/src/raw.rs",
            "}\n\n/// See [`RunContext`](crate::RunContext).\n",
            "\n    fn of_tomorrow(&self) -> u64 {\n        7\n    }\n}\n\n/// See [`RunContext`](crate::RunContext).\n",
        ),
        edit(
            "crates/abi/src/raw.rs",
            "    fn trace_context(&self) -> RVec<u8> {\n        RVec::new()\n    }\n",
            "    fn trace_context(&self) -> RVec<u8> {\n        RVec::new()\n    }\n\
             \n    fn of_tomorrow(&self) -> u64 {\n        7\n    }\n",
        ),
        edit(
            "crates/abi/src/root.rs",
            "    pub extension:\n        extern \"C\" fn(RStr<'_>, RSlice<'_, u8>, ContextObject) -> RResult<RVec<u8>, RawFault>,\n",
            "    pub extension:\n        extern \"C\" fn(RStr<'_>, RSlice<'_, u8>, ContextObject) -> RResult<RVec<u8>, RawFault>,\n\
             \n    /// New.\n    pub of_tomorrow: extern \"C\" fn() -> u64,\n",
        ),
        // The worker implements the new method of its context, and calls the others.
        edit(
            "crates/abi/src/context.rs",
            "    fn run_id(&self) -> RString {",
            "    fn of_tomorrow(&self) -> u64 {\n        11\n    }\n\n    fn run_id(&self) -> RString {",
        ),
        edit(
            "crates/abi/src/class.rs",
            "    pub fn execute<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<JsonText, Fault> {\n",
            "    pub fn execute<C: RunContext>(&self, call: &[u8], cx: Arc<C>) -> Result<JsonText, Fault> {\n        \
             cx.usage(format!(r#\"{{\"of_tomorrow\":{}}}\"#, self.object.of_tomorrow()).as_bytes());\n",
        ),
        edit(
            "crates/loader/src/library.rs",
            "        Ok(Self { file: file.to_owned(), root, info })",
            "        let mut info: LibraryInfo = info;\n        \
             info.compiler = format!(\"{:?}\", root.of_tomorrow().map(|of_tomorrow| of_tomorrow()));\n        \
             Ok(Self { file: file.to_owned(), root, info })",
        ),
        // The plugin implements the others, and calls the one of its context.
        edit(
            "crates/plugin/src/context.rs",
            "    pub(crate) fn into_object(self)",
            "    /// New.\n    #[must_use]\n    pub fn of_tomorrow(&self) -> u64 {\n        \
             self.object.of_tomorrow()\n    }\n\n    pub(crate) fn into_object(self)",
        ),
        edit(
            "crates/plugin/src/dynamic/shim.rs",
            "    fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault> {",
            "    fn of_tomorrow(&self) -> u64 {\n        11\n    }\n\n    \
             fn health(&self, context: ContextObject) -> RResult<RVec<u8>, RawFault> {",
        ),
        edit(
            "crates/plugin/src/export.rs",
            "    PluginRoot { describe, open, extension }.leak_into_prefix()\n}\n",
            "    PluginRoot { describe, open, extension, of_tomorrow }.leak_into_prefix()\n}\n\n\
             extern \"C\" fn of_tomorrow() -> u64 {\n    11\n}\n",
        ),
    ],
};
