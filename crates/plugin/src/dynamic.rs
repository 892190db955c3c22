//! Classes that are described at run time instead of by Rust types.
//!
//! [`Plugin`](crate::Plugin) derives schemas, argument binding and encoding from the types of its
//! author.
//! This module is the object-safe layer below: a [`DynClass`] describes itself as data, and a
//! [`DynInstance`] takes and returns JSON as bytes.
//! Implement it for plugins that are not written as Rust types, such as classes of an embedded
//! interpreter; typed plugins pass through it too.
//!
//! [`in_process`] makes an open [`Class`] from a [`DynClass`], which a worker serves like a class
//! from a library.
//!
//! # Panics
//! A panic never reaches the worker. In a method it becomes a [`Fault`] of the call, except in
//! [`DynInstance::config`], which then returns `{}`; in a destructor it is logged.
//!
//! # Examples
//! A class whose behavior is chosen at run time, in the test kit (feature `testing`):
//! ```
//! use serde_json::{Value, json};
//! use universal_worker_plugin::Context;
//! use universal_worker_plugin::dynamic::{ClassInfo, DynClass, DynInstance, Fault, FaultKind};
//! use universal_worker_plugin::testing::Harness;
//!
//! struct Scripted {
//!     info: ClassInfo,
//!     script: fn(&str) -> String,
//! }
//!
//! struct Script(fn(&str) -> String);
//!
//! impl DynClass for Scripted {
//!     fn info(&self) -> &ClassInfo {
//!         &self.info
//!     }
//!
//!     fn complete_config(&self, config: &[u8]) -> Result<Vec<u8>, Fault> {
//!         Ok(config.to_vec())
//!     }
//!
//!     fn create(&self, _config: &[u8], _cx: &Context) -> Result<Box<dyn DynInstance>, Fault> {
//!         Ok(Box::new(Script(self.script)))
//!     }
//! }
//!
//! impl DynInstance for Script {
//!     fn config(&self) -> Vec<u8> {
//!         b"{}".to_vec()
//!     }
//!
//!     fn execute(&self, call: &[u8], cx: &Context) -> Result<Vec<u8>, Fault> {
//!         let call: Value = serde_json::from_slice(call)
//!             .map_err(|error| Fault::new(FaultKind::Syntax, error.to_string()))?;
//!         let Some(text) = call["args"][0].as_str() else {
//!             return Err(Fault::new(FaultKind::Arguments, "takes one string"));
//!         };
//!         cx.arguments_bound();
//!         Ok(Value::from((self.0)(text)).to_string().into_bytes())
//!     }
//! }
//!
//! let info = ClassInfo::new("Shout", "shout", "1.0.0");
//! let class = Box::new(Scripted { info, script: str::to_uppercase });
//! let shout = Harness::from_class(class, json!({})).unwrap();
//! assert_eq!(shout.call(["hello"], ()).output(), "HELLO");
//! assert_eq!(shout.call([1], ()).failure().message(), "takes one string");
//! ```

pub(crate) mod class;
pub(crate) mod in_process;
pub(crate) mod instance;
pub(crate) mod shim;

pub use crate::bind::body_text;
pub use class::DynClass;
pub use in_process::in_process;
pub use instance::DynInstance;

pub use universal_worker_abi::Class;
pub use universal_worker_abi::ClassInfo;
pub use universal_worker_abi::Fault;
pub use universal_worker_abi::FaultDetail;
pub use universal_worker_abi::FaultKind;
pub use universal_worker_abi::RunContext;
