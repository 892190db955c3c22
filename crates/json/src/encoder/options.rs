//! The options, one by one.

use std::borrow::Cow;

use super::Encoder;
use crate::error::Error;
use crate::hook::Answer;
use crate::hook::Answered;
use crate::hook::Hook;
use crate::hook::Refused;
use crate::options::BytesForm;
use crate::options::Indent;
use crate::options::NonFinite;
use crate::serializer::layout::Layout;
use crate::string::Plain;

impl Encoder {
    /// Whether members of objects are left out whose key is neither a string, a number, a boolean
    /// nor null; they are an error otherwise, unless the [hook](Self::default) has an answer.
    ///
    /// Keys of those kinds become strings as in Python.
    /// An object of which nothing is left is `{}` under any `indent`; CPython before 3.14 leaves two
    /// line feeds in it.
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use universal_worker_json::{Encoder, ErrorKind};
    /// let odd = BTreeMap::from([((1, 2), "tuple")]);
    /// assert_eq!(Encoder::python().skipkeys(true).to_string(&odd)?, "{}"); // json.dumps({(1, 2): "tuple"}, skipkeys=True)
    /// assert!(Encoder::python().to_string(&odd).is_err()); // json.dumps({(1, 2): "tuple"}) raises TypeError
    ///
    /// let keys = (BTreeMap::from([(1, 0)]), BTreeMap::from([(true, 0)]), BTreeMap::from([((), 0)]));
    /// assert_eq!(Encoder::python().to_string(&keys)?, r#"[{"1": 0}, {"true": 0}, {"null": 0}]"#); // json.dumps([{1: 0}, {True: 0}, {None: 0}])
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn skipkeys(mut self, skipkeys: bool) -> Self {
        self.skip_keys = skipkeys;
        self
    }

    /// Whether all that ASCII does not print is escaped, as `\u00e9`, in UTF-16 and in lower case.
    ///
    /// Control characters, quotes and backslashes always are.
    /// ```
    /// # use universal_worker_json::Encoder;
    /// let text = "\u{7f}\u{e9}\u{1}\n";
    /// assert_eq!(Encoder::python().to_string(text)?, r#""\u007f\u00e9\u0001\n""#); // json.dumps("\x7f\xe9\x01\n")
    /// assert_eq!(Encoder::python().ensure_ascii(false).to_string("\u{1}é/")?, r#""\u0001é/""#); // json.dumps("\x01é/", ensure_ascii=False)
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn ensure_ascii(mut self, ensure_ascii: bool) -> Self {
        self.plain = if ensure_ascii { Plain::Ascii } else { Plain::Utf8 };
        self
    }

    /// How many arrays and objects may stand within each other, before it is an error of kind
    /// [`Depth`](crate::ErrorKind::Depth).
    ///
    /// In Rust no value holds itself, so what Python looks for cannot be.
    /// But a value can be deeper than a stack, which ends the process; CPython gives up too, whether it
    /// checks or not: 3.11 beyond 995 levels, 3.12 beyond 1,497, 3.13 beyond 9,998.
    /// Here it is at 1000 by default, for which a thread's usual 2 MiB are enough; for more, see to
    /// the stack: a level takes about 250 bytes of it, and up to 1.2 kB without optimisation.
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

    /// What becomes of a float that is no number in JSON: `true` and `false` as in Python, or a
    /// [`NonFinite`].
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

    /// Whether members stand in the order of their keys, those of structs included.
    ///
    /// Keys are compared as they are before they become strings: numbers and booleans by their values,
    /// strings by their code points (neither by UTF-16 nor by any language).
    /// Numbers beside strings, or null beside either, are an error of kind
    /// [`MixedKeys`](crate::ErrorKind::MixedKeys), as in Python.
    /// NaN comes behind all numbers; Python leaves it where its sort happens to put it.
    ///
    /// What is in order already costs little; what is not is copied once for each level it is within.
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

    /// Puts each item on a line of its own, with a number of spaces, or a text, for each level it is
    /// within; `None` writes all on one line.
    ///
    /// The item separator then has no space at its end, unless [`separators`](Self::separators) were
    /// chosen.
    /// Empty arrays and objects stay `[]` and `{}`.
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
        self.laid_out()
    }

    /// What stands between items, and between a key and its value; nothing is checked.
    ///
    /// Without a choice they are `, ` and `: `, with an [`indent`](Self::indent) `,` and `: `.
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
        self.laid_out()
    }

    /// What to write for what would be refused otherwise: bytes, floats that are no numbers in JSON,
    /// odd keys.
    ///
    /// The hook answers with any value that can stand there, or with an error, such as the one that
    /// there is without a hook: `refused.into()`, or one of your own: [`Error::custom`].
    /// What an option has a form for, or leaves out, it is not asked about; unlike Python's, it is
    /// asked about keys and floats too.
    /// ```
    /// # use std::collections::HashMap;
    /// use universal_worker_json::{Encoder, Refused};
    ///
    /// let encoder = Encoder::python().allow_nan(false).default(|refused, answer| match refused {
    ///     Refused::NonFinite(_) => answer.with("not a number"),
    ///     Refused::Key(text) => answer.with(text),
    ///     refused => Err(refused.into()),
    /// });
    /// let value = HashMap::from([((1, 2), f64::NAN)]);
    /// assert_eq!(encoder.to_string(&value)?, r#"{"[1,2]": "not a number"}"#);
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub fn default<F>(mut self, hook: F) -> Self
    where
        F: for<'s> Fn(Refused<'_>, Answer<'s, '_>) -> Result<Answered<'s>, Error>
            + Send
            + Sync
            + 'static,
    {
        self.hook = Some(Hook::new(hook));
        self
    }

    /// What becomes of bytes, which Python refuses.
    /// ```
    /// # use universal_worker_json::{BytesForm, Encoder};
    /// # struct Bytes(&'static [u8]);
    /// # impl serde::Serialize for Bytes {
    /// #     fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
    /// #         serializer.serialize_bytes(self.0)
    /// #     }
    /// # }
    /// let bytes = Bytes(b"\x00\xff"); // such as those of the crate serde_bytes
    /// assert_eq!(Encoder::python().bytes(BytesForm::Array).to_string(&bytes)?, "[0, 255]");
    /// assert_eq!(Encoder::python().bytes(BytesForm::Base64).to_string(&bytes)?, r#""AP8=""#);
    /// assert!(Encoder::python().to_string(&bytes).is_err()); // json.dumps(b"\x00\xff") raises TypeError
    /// # Ok::<(), universal_worker_json::Error>(())
    /// ```
    pub const fn bytes(mut self, form: BytesForm) -> Self {
        self.bytes = form;
        self
    }

    fn laid_out(mut self) -> Self {
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
