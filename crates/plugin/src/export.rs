//! The exports of a plugin library, written by `export_plugins!`.

pub use universal_worker_abi::__abi_stable as abi_stable;
pub use universal_worker_abi::PluginRoot;
pub use universal_worker_abi::PluginRootRef;
pub use universal_worker_abi::raw::ClassObject;
pub use universal_worker_abi::raw::ContextObject;
pub use universal_worker_abi::raw::RResult;
pub use universal_worker_abi::raw::RSlice;
pub use universal_worker_abi::raw::RStr;
pub use universal_worker_abi::raw::RVec;
pub use universal_worker_abi::raw::RawFault;
use universal_worker_abi::{Fault, FaultKind, LibraryInfo};

use crate::context::Context;
use crate::dynamic::class::DynClass;
use crate::dynamic::shim;
use crate::encode::encode;
use crate::plugin::Plugin;
use crate::typed::TypedClass;
use crate::{boundary, forward};

/// An exported class.
#[derive(Debug)]
pub struct ClassEntry {
    class: &'static str,
    package: &'static str,
    version: &'static str,
    make: MakeClass,
}

/// Makes a class from its name, and the name and version of its package.
type MakeClass = fn(&str, &str, &str) -> Result<Box<dyn DynClass>, Fault>;

impl ClassEntry {
    /// Exports `P` under the name `class`, with the name and version of its package.
    #[must_use]
    pub const fn new<P: Plugin>(
        class: &'static str,
        package: &'static str,
        version: &'static str,
    ) -> Self {
        Self { class, package, version, make: make::<P> }
    }

    fn make(&self) -> Result<Box<dyn DynClass>, Fault> {
        (self.make)(self.class, self.package, self.version)
    }
}

fn make<P: Plugin>(class: &str, package: &str, version: &str) -> Result<Box<dyn DynClass>, Fault> {
    Ok(Box::new(TypedClass::<P>::new(class, package, version)?))
}

/// Implements `describe` of the library's root.
#[must_use]
pub fn describe(classes: &[ClassEntry]) -> RResult<RVec<u8>, RawFault> {
    boundary::install_hook();
    boundary::guarded_raw(|| {
        let info = |entry: &ClassEntry| Ok(entry.make()?.info().clone());
        let mut library = LibraryInfo::new(classes.iter().map(info).collect::<Result<_, Fault>>()?);
        library.panic = if cfg!(panic = "abort") { "abort" } else { "unwind" }.to_owned();
        library.compiler = env!("UNIVERSAL_WORKER_COMPILER").to_owned();
        Ok(encode(&library)?.into())
    })
}

/// Implements `open` of the library's root.
pub fn open(
    classes: &[ClassEntry],
    class: &str,
    context: ContextObject,
) -> RResult<ClassObject, RawFault> {
    boundary::guarded_raw(|| {
        let entry = classes.iter().find(|entry| entry.class == class).ok_or_else(|| {
            Fault::new(FaultKind::NotSupported, format!("there is no class '{class}'"))
        })?;
        let context = Context::new(context);
        forward::install(&context);
        boundary::install_hook();
        shim::open(entry.make()?, context.into_object(), boundary::log_cleanup_panic)
    })
}

/// Exports plugins from a `cdylib`.
///
/// ```text
/// #[cfg(feature = "export")]
/// universal_worker_plugin::export_plugins!(Whisper, Translator);
/// ```
///
/// The worker knows each class by the name that is given here.
/// A class has the name and version of its package, unless it sets [`NAME`](Plugin::NAME) or
/// [`VERSION`](Plugin::VERSION).
///
/// Every plugin library exports the same symbol, so two plugins that are linked into one program would
/// both define it.
/// Keep the call behind a feature (`default = ["export"]`) that such a program can turn off.
#[macro_export]
macro_rules! export_plugins {
    ($($class:ident),+ $(,)?) => {
        const _: () = {
            use $crate::__export as export;

            static CLASSES: &[export::ClassEntry] = &[$(
                export::ClassEntry::new::<$class>(
                    stringify!($class),
                    env!("CARGO_PKG_NAME"),
                    env!("CARGO_PKG_VERSION"),
                ),
            )+];

            extern "C" fn describe() -> export::RResult<export::RVec<u8>, export::RawFault> {
                export::describe(CLASSES)
            }

            extern "C" fn open(
                class: export::RStr<'_>,
                context: export::ContextObject,
            ) -> export::RResult<export::ClassObject, export::RawFault> {
                export::open(CLASSES, class.as_str(), context)
            }

            extern "C" fn construct() -> export::abi_stable::library::RootModuleResult {
                export::abi_stable::library::__call_root_module_loader(|| {
                    export::root(describe, open)
                })
            }

            // The symbol that `abi_stable` looks up.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: export::abi_stable::library::LibHeader = {
                // SAFETY: `construct` returns a `PluginRootRef`.
                unsafe {
                    export::abi_stable::library::LibHeader::from_constructor::<
                        export::PluginRootRef,
                    >(construct, export::abi_stable::library::CheckTypeLayout::Yes)
                }
            };
        };
    };
}

/// Makes the root of a library.
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
    fn the_exported_symbol_is_the_one_that_the_loader_looks_up() {
        let source = include_str!("export.rs");
        assert!(source.contains(&format!("export_name = \"{ROOT_MODULE_LOADER_NAME}\"")));
    }
}
