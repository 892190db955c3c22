//! The options of the encoder.

use std::borrow::Cow;

use super::Encoder;
use crate::error::Error;
use crate::hook::{Hook, HookOutcome, Replacement, Unsupported};
use crate::options::{BytesFormat, Indent, Layout, NonFinite};
use crate::string::Charset;

impl Encoder {
    /// Whether to omit members whose key is not a string, number, boolean or null; otherwise they are an
    /// error, unless the [hook](Self::default) replaces the key.
    ///
    /// Keys of the supported types become strings as in Python.
    /// An object without remaining members is `{}` under any `indent`; CPython before 3.14 writes two
    /// line feeds in it.
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use universal_worker_json::{Encoder, ErrorKind};
    /// let tuples = BTreeMap::from([((1, 2), "tuple")]);
    /// assert_eq!(Encoder::python().skipkeys(true).to_string(&tuples)?, "{}"); // json.dumps({(1, 2): "tuple"}, skipkeys=True)
    /// assert!(Encoder::python().to_string(&tuples).is_err()); // json.dumps({(1, 2): "tuple"}) raises TypeError
    ///
    /// let keys = (BTreeMap::from([(1, 0)]), BTreeMap::from([(true, 0)]), BTreeMap::from([((), 0)]));
    /// assert_eq!(Encoder::python().to_string(&keys)?, r#"[{"1": 0}, {"true": 0}, {"null": 0}]"#); // json.dumps([{1: 0}, {True: 0}, {None: 0}])
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn skipkeys(mut self, skipkeys: bool) -> Self {
        self.skip_keys = skipkeys;
        self
    }

    /// Whether to escape everything but printable ASCII, as in `\u00e9`: UTF-16, in lower case.
    ///
    /// Control characters, quotes and backslashes are always escaped.
    /// ```
    /// # use universal_worker_json::Encoder;
    /// let text = "\u{7f}\u{e9}\u{1}\n";
    /// assert_eq!(Encoder::python().to_string(text)?, r#""\u007f\u00e9\u0001\n""#); // json.dumps("\x7f\xe9\x01\n")
    /// assert_eq!(Encoder::python().ensure_ascii(false).to_string("\u{1}é/")?, r#""\u0001é/""#); // json.dumps("\x01é/", ensure_ascii=False)
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn ensure_ascii(mut self, ensure_ascii: bool) -> Self {
        self.charset = if ensure_ascii { Charset::Ascii } else { Charset::Utf8 };
        self
    }

    /// The maximum depth of nested arrays and objects; a deeper value is an error of kind
    /// [`Depth`](crate::ErrorKind::Depth).
    ///
    /// Rust values cannot contain themselves, which is what Python checks for, but a value can be too
    /// deep for the stack.
    /// CPython has a limit as well: 995 levels in 3.11, 1,497 in 3.12, 9,998 in 3.13.
    /// The default here is 1000, for which the usual stack of 2 MiB is enough.
    /// A level takes about 250 bytes of stack, and up to 1.2 kB without optimization.
    /// ```
    /// # use universal_worker_json::{Encoder, ErrorKind};
    /// let error = Encoder::python().check_circular(2).to_string(&[[[0]]]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Depth);
    /// assert_eq!(error.to_string(), "$[0][0]: arrays and objects are nested more than 2 deep");
    /// ```
    pub const fn check_circular(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// How to write NaN and the infinities: `true` and `false` as in Python, or a [`NonFinite`].
    /// ```
    /// # use universal_worker_json::{Encoder, NonFinite};
    /// let floats = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    /// assert_eq!(Encoder::python().to_string(&floats)?, "[NaN, Infinity, -Infinity]"); // json.dumps([nan, inf, -inf])
    /// assert!(Encoder::python().allow_nan(false).to_string(&floats).is_err()); // json.dumps([nan, inf, -inf], allow_nan=False) raises ValueError
    /// let nulls = Encoder::python().allow_nan(NonFinite::Null);
    /// assert_eq!(nulls.to_string(&floats)?, "[null, null, null]");
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub fn allow_nan(mut self, allow_nan: impl Into<NonFinite>) -> Self {
        self.non_finite = allow_nan.into();
        self
    }

    /// Whether to sort the members of objects by key, including those of structs.
    ///
    /// Keys are compared before they become strings: numbers and booleans by value, strings by code
    /// points (not by UTF-16, not by locale).
    /// An object with keys of different kinds (numbers, strings, null) is an error of kind
    /// [`MixedKeys`](crate::ErrorKind::MixedKeys), as in Python.
    /// NaN follows all numbers; in Python its place is undefined.
    ///
    /// Members that are already in order cost little; others are copied once for each enclosing level.
    /// ```
    /// # use serde::Serialize;
    /// # use std::collections::BTreeMap;
    /// # use universal_worker_json::Encoder;
    /// #[derive(Serialize)]
    /// struct Unordered {
    ///     b: BTreeMap<i32, ()>,
    ///     a: u8,
    /// }
    /// let value = Unordered { b: BTreeMap::from([(10, ()), (9, ())]), a: 1 };
    /// let sorted = Encoder::python().sort_keys(true);
    /// assert_eq!(sorted.to_string(&value)?, r#"{"a": 1, "b": {"9": null, "10": null}}"#); // json.dumps({"b": {10: None, 9: None}, "a": 1}, sort_keys=True)
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn sort_keys(mut self, sort_keys: bool) -> Self {
        self.sort_keys = sort_keys;
        self
    }

    /// Puts each item on its own line, indented by a number of spaces or a string for each level;
    /// `None` writes everything on one line.
    ///
    /// The default item separator has no trailing space then.
    /// Empty arrays and objects remain `[]` and `{}`.
    /// ```
    /// # use universal_worker_json::Encoder;
    /// let value = (1, [(); 0], [2]);
    /// assert_eq!(Encoder::python().indent(2).to_string(&value)?, "[\n  1,\n  [],\n  [\n    2\n  ]\n]"); // json.dumps([1, [], [2]], indent=2)
    /// assert_eq!(Encoder::python().indent("\t").to_string(&[0])?, "[\n\t0\n]"); // json.dumps([0], indent="\t")
    /// assert_eq!(Encoder::python().indent(None::<u16>).to_string(&[0])?, "[0]"); // json.dumps([0], indent=None)
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub fn indent(mut self, indent: impl Into<Indent>) -> Self {
        self.indent = indent.into();
        self.with_layout()
    }

    /// The text between items, and between a key and its value; it is not checked.
    ///
    /// The defaults are `, ` and `: `, with an [`indent`](Self::indent) `,` and `: `.
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use universal_worker_json::Encoder;
    /// let value = BTreeMap::from([("a", [1, 2])]);
    /// assert_eq!(Encoder::python().to_string(&value)?, r#"{"a": [1, 2]}"#); // json.dumps({"a": [1, 2]})
    /// assert_eq!(Encoder::python().separators(",", ":").to_string(&value)?, r#"{"a":[1,2]}"#); // json.dumps({"a": [1, 2]}, separators=(",", ":"))
    /// assert_eq!(Encoder::python().indent(0).separators(", ", ":").to_string(&[1, 2])?, "[\n1, \n2\n]"); // json.dumps([1, 2], indent=0, separators=(", ", ":"))
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub fn separators(
        mut self,
        item: impl Into<Cow<'static, str>>,
        key: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.separators = Some((item.into(), key.into()));
        self.with_layout()
    }

    /// Sets the hook for unsupported values: bytes, NaN and the infinities, unsupported keys.
    ///
    /// The hook writes a replacement, or returns an error: the encoder's own, `unsupported.into()`, or
    /// [`Error::custom`].
    /// It is not called for values that an option writes or omits; unlike Python's, it is called for
    /// keys and floats.
    /// ```
    /// # use std::collections::HashMap;
    /// use universal_worker_json::{Encoder, Unsupported};
    ///
    /// let encoder = Encoder::python().allow_nan(false).default(|unsupported, replacement| match unsupported {
    ///     Unsupported::NonFinite(_) => replacement.write("not a number"),
    ///     Unsupported::Key(text) => replacement.write(text),
    ///     unsupported => Err(unsupported.into()),
    /// });
    /// let value = HashMap::from([((1, 2), f64::NAN)]);
    /// assert_eq!(encoder.to_string(&value)?, r#"{"[1,2]": "not a number"}"#);
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub fn default<F>(mut self, hook: F) -> Self
    where
        F: for<'s> Fn(Unsupported<'_>, Replacement<'s, '_>) -> Result<HookOutcome<'s>, Error>
            + Send
            + Sync
            + 'static,
    {
        self.hook = Some(Hook::new(hook));
        self
    }

    /// How to write bytes, which Python rejects.
    /// ```
    /// # use universal_worker_json::{BytesFormat, Encoder};
    /// # struct Bytes(&'static [u8]);
    /// # impl serde::Serialize for Bytes {
    /// #     fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
    /// #         serializer.serialize_bytes(self.0)
    /// #     }
    /// # }
    /// let bytes = Bytes(b"\x00\xff"); // such as those of the crate serde_bytes
    /// assert_eq!(Encoder::python().bytes(BytesFormat::Array).to_string(&bytes)?, "[0, 255]");
    /// assert_eq!(Encoder::python().bytes(BytesFormat::Base64).to_string(&bytes)?, r#""AP8=""#);
    /// assert!(Encoder::python().to_string(&bytes).is_err()); // json.dumps(b"\x00\xff") raises TypeError
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn bytes(mut self, format: BytesFormat) -> Self {
        self.bytes = format;
        self
    }

    fn with_layout(mut self) -> Self {
        self.layout = match (&self.indent.0, self.item_separator(), self.key_separator()) {
            (None, ",", ":") => Layout::Compact,
            (None, ", ", ": ") => Layout::Spaced,
            _ => Layout::Custom,
        };
        self
    }

    pub(crate) fn item_separator(&self) -> &str {
        match (&self.separators, &self.indent.0) {
            (Some((item, _)), _) => item,
            (None, None) => ", ",
            (None, Some(_)) => ",",
        }
    }

    pub(crate) fn key_separator(&self) -> &str {
        self.separators.as_ref().map_or(": ", |(_, key)| key)
    }
}
