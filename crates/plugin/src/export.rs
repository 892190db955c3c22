//! What `export_plugins!` writes into a plugin library.

use std::sync::Arc;

pub use universal_worker_abi::__abi_stable as abi_stable;
use universal_worker_abi::Class;
use universal_worker_abi::ClassInfo;
use universal_worker_abi::Fault;
use universal_worker_abi::FaultKind;
use universal_worker_abi::LibraryInfo;
pub use universal_worker_abi::PluginRoot;
pub use universal_worker_abi::PluginRootRef;
use universal_worker_abi::RunContext;
use universal_worker_abi::context_object;
pub use universal_worker_abi::raw::ClassObject;
pub use universal_worker_abi::raw::ContextObject;
pub use universal_worker_abi::raw::RResult;
pub use universal_worker_abi::raw::RSlice;
pub use universal_worker_abi::raw::RStr;
pub use universal_worker_abi::raw::RVec;
pub use universal_worker_abi::raw::RawFault;

use crate::boundary;
use crate::context::Context;
use crate::forward;
use crate::plugin::Plugin;
use crate::shim;

/// A class of a library: a row of its class table.
pub struct ClassEntry {
    class: &'static str,
    package: &'static str,
    version: &'static str,
    describe: fn(&str, &str, &str) -> Result<ClassInfo, Fault>,
    open: fn(&ClassInfo, ContextObject) -> Result<ClassObject, Fault>,
}

impl ClassEntry {
    /// The row of `P`, known as `class`, from a package.
    #[must_use]
    pub const fn of<P: Plugin>(
        class: &'static str,
        package: &'static str,
        version: &'static str,
    ) -> Self {
        Self { class, package, version, describe: shim::describe::<P>, open: shim::open::<P> }
    }

    fn info(&self) -> Result<ClassInfo, Fault> {
        (self.describe)(self.class, self.package, self.version)
    }
}

/// `describe` of the library's root.
#[must_use]
pub fn describe(table: &[ClassEntry]) -> RResult<RVec<u8>, RawFault> {
    boundary::install_hook();
    boundary::guarded_raw(|| {
        let info = LibraryInfo {
            abi: universal_worker_abi::VERSION.to_owned(),
            panic: if cfg!(panic = "abort") { "abort" } else { "unwind" }.to_owned(),
            compiler: env!("UNIVERSAL_WORKER_COMPILER").to_owned(),
            classes: table.iter().map(ClassEntry::info).collect::<Result<_, _>>()?,
        };
        Ok(shim::encode(&info)?.into())
    })
}

/// `open` of the library's root.
pub fn open(
    table: &[ClassEntry],
    class: &str,
    context: ContextObject,
) -> RResult<ClassObject, RawFault> {
    boundary::guarded_raw(|| {
        let entry = table.iter().find(|entry| entry.class == class).ok_or_else(|| {
            Fault::new(FaultKind::NotSupported, format!("there is no class '{class}'"))
        })?;
        let context = Context::new(context);
        forward::install(&context);
        boundary::install_hook();
        (entry.open)(&entry.info()?, context.into_object())
    })
}

/// Opens a class of this program, without a library: for embedders and tests.
///
/// It is named after its type where it has no [`NAME`](Plugin::NAME), and has version 0.0.0 where
/// it has no [`VERSION`](Plugin::VERSION).
/// The program's own logger and panic hook stay as they are.
///
/// # Errors
/// What [`load`](Plugin::load) refuses.
pub fn in_process<P: Plugin, C: RunContext>(context: Arc<C>) -> Result<Class, Fault> {
    let path = std::any::type_name::<P>();
    let class = path.rsplit("::").next().unwrap_or(path);
    let info = shim::describe::<P>(class, &class.to_lowercase(), "0.0.0")?;
    let object = shim::open::<P>(&info, context_object(context))?;
    Class::new(object).map_err(|error| Fault::new(FaultKind::Failed, error.to_string()))
}

/// Exports classes of plugins from a `cdylib`.
///
/// ```text
/// #[cfg(feature = "export")]
/// universal_worker_plugin::export_plugins!(Whisper, Translator);
/// ```
///
/// A class is known by the name that stands here, and carries name and version of the package
/// unless it says otherwise.
/// The exported symbol is the same in every plugin library, so keep the call behind a feature
/// (`default = ["export"]`): two plugins that are linked into one program would both define it.
#[macro_export]
macro_rules! export_plugins {
    ($($class:ident),+ $(,)?) => {
        const _: () = {
            use $crate::__export as export;

            static TABLE: &[export::ClassEntry] = &[$(
                export::ClassEntry::of::<$class>(
                    stringify!($class),
                    env!("CARGO_PKG_NAME"),
                    env!("CARGO_PKG_VERSION"),
                ),
            )+];

            extern "C" fn describe() -> export::RResult<export::RVec<u8>, export::RawFault> {
                export::describe(TABLE)
            }

            extern "C" fn open(
                class: export::RStr<'_>,
                context: export::ContextObject,
            ) -> export::RResult<export::ClassObject, export::RawFault> {
                export::open(TABLE, class.as_str(), context)
            }

            extern "C" fn construct() -> export::abi_stable::library::RootModuleResult {
                export::abi_stable::library::__call_root_module_loader(|| {
                    export::root(describe, open)
                })
            }

            // The name under which `abi_stable` looks for a library's header.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: export::abi_stable::library::LibHeader = {
                // SAFETY: `construct` makes a `PluginRootRef`.
                unsafe {
                    export::abi_stable::library::LibHeader::from_constructor::<
                        export::PluginRootRef,
                    >(construct, export::abi_stable::library::CheckTypeLayout::Yes)
                }
            };
        };
    };
}

/// The root of a library.
#[must_use]
pub fn root(
    describe: extern "C" fn() -> RResult<RVec<u8>, RawFault>,
    open: extern "C" fn(RStr<'_>, ContextObject) -> RResult<ClassObject, RawFault>,
) -> PluginRootRef {
    use abi_stable::prefix_type::PrefixTypeTrait;

    PluginRoot { describe, open, extension }.leak_into_prefix()
}

extern "C" fn extension(
    name: RStr<'_>,
    _json: RSlice<'_, u8>,
    _context: ContextObject,
) -> RResult<RVec<u8>, RawFault> {
    RResult::RErr(Fault::unknown_extension(name.as_str()).into())
}

#[cfg(test)]
mod tests {
    use super::abi_stable::library::ROOT_MODULE_LOADER_NAME;

    #[test]
    fn the_exported_symbol_is_the_one_that_is_looked_for() {
        let source = include_str!("export.rs");
        assert!(source.contains(&format!("export_name = \"{ROOT_MODULE_LOADER_NAME}\"")));
    }
}
