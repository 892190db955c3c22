//! Plain values and wrappers.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::marker::PhantomData;
use std::num::{NonZero, Saturating, Wrapping};
use std::rc::Rc;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, Mutex, RwLock};

use super::{Row, text};

pub(super) fn plain() -> Vec<Row> {
    vec![
        ("bool", text(true)),
        ("i64", text(-3_i64)),
        ("u128", text(1_u128 << 100)),
        ("f64", text(1.5_f64)),
        ("char", text('é')),
        ("String", text("a".to_owned())),
        ("fmt::Arguments", text(format_args!("{} runs", 1 + 1))),
        ("()", text(())),
        ("PhantomData<T>", text(PhantomData::<u8>)),
    ]
}

pub(super) fn wrapped() -> Vec<Row> {
    vec![
        ("Option::Some", text(Some(3))),
        ("Option::None", text(None::<u8>)),
        ("Result::Ok", text(Ok::<_, &str>(3))),
        ("Result::Err", text(Err::<u8, _>("no"))),
        ("NonZero<u8>", text(NonZero::<u8>::new(3).unwrap())),
        ("Wrapping<u8>", text(Wrapping(3_u8))),
        ("Saturating<u8>", text(Saturating(3_u8))),
        ("AtomicU8", text(AtomicU8::new(3))),
        ("Reverse<u8>", text(Reverse(3_u8))),
    ]
}

pub(super) fn pointed_to() -> Vec<Row> {
    vec![
        ("&T", text::<&u8>(&3)),
        ("Box<T>", text(Box::new(3))),
        ("Rc<T>", text(Rc::new(3))),
        ("Arc<T>", text(Arc::new(3))),
        ("Cow<str>", text(Cow::Borrowed("a"))),
        ("Cell<T>", text(Cell::new(3))),
        ("RefCell<T>", text(RefCell::new(3))),
        ("Mutex<T>", text(Mutex::new(3))),
        ("RwLock<T>", text(RwLock::new(3))),
    ]
}
