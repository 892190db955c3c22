//! A `tracing` subscriber that formats events as log lines.
//!
//! A line has the spans that the thread has entered, as `span{key=value}: `, then the message and the
//! fields of the event, as `key=value`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_core::field::Visit;
use tracing_core::subscriber::Interest;
use tracing_core::{Event, Field, Metadata, span};

use crate::context::Level;
use crate::forward::sink;

/// The subscriber.
#[derive(Default)]
pub(super) struct Subscriber {
    next: AtomicU64,
    spans: Mutex<HashMap<u64, Span>>,
}

/// A span, formatted for its lines, with the number of its handles.
struct Span {
    metadata: &'static Metadata<'static>,
    fields: String,
    handles: usize,
}

impl Span {
    fn write_to(&self, line: &mut String) {
        line.push_str(self.metadata.name());
        let fields = self.fields.trim_start();
        if !fields.is_empty() {
            line.push('{');
            line.push_str(fields);
            line.push('}');
        }
        line.push_str(": ");
    }
}

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl Subscriber {
    fn locked(&self) -> MutexGuard<'_, HashMap<u64, Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prefix(&self) -> String {
        let entered = ENTERED.try_with(|entered| {
            entered.try_borrow().map(|entered| entered.clone()).unwrap_or_default()
        });
        let entered = entered.unwrap_or_default();
        if entered.is_empty() {
            return String::new();
        }
        let spans = self.locked();
        let mut line = String::new();
        entered.iter().filter_map(|id| spans.get(id)).for_each(|span| span.write_to(&mut line));
        line
    }
}

impl tracing_core::Subscriber for Subscriber {
    /// Checked for every event, because the filter depends on the thread.
    fn register_callsite(&self, _metadata: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        sink::enabled(level_of(*metadata.level()), metadata.target())
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let metadata = attributes.metadata();
        self.locked().insert(id, Span { metadata, fields: fields.rest, handles: 1 });
        span::Id::from_u64(id)
    }

    fn record(&self, id: &span::Id, values: &span::Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = self.locked().get_mut(&id.into_u64()) {
            span.fields.push_str(&fields.rest);
        }
    }

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        // No lock is held, because formatting may run code that logs.
        event.record(&mut fields);
        let line = format_args!("{}{}{}", self.prefix(), fields.message, fields.rest).to_string();
        let line = line.trim_start();
        sink::write(level_of(*metadata.level()), metadata.target(), format_args!("{line}"));
    }

    fn enter(&self, id: &span::Id) {
        let _ = ENTERED.try_with(|entered| {
            entered.try_borrow_mut().map(|mut entered| entered.push(id.into_u64()))
        });
    }

    fn exit(&self, id: &span::Id) {
        let _ = ENTERED.try_with(|entered| {
            entered.try_borrow_mut().map(|mut entered| {
                let last = entered.iter().rposition(|known| *known == id.into_u64());
                last.map(|last| entered.remove(last))
            })
        });
    }

    /// Used by `Span::current()` to carry a span into another thread or task.
    fn current_span(&self) -> span::Current {
        let innermost = ENTERED.try_with(|entered| {
            entered.try_borrow().ok().and_then(|entered| entered.last().copied())
        });
        let Some(id) = innermost.ok().flatten() else { return span::Current::none() };
        match self.locked().get(&id) {
            Some(span) => span::Current::new(span::Id::from_u64(id), span.metadata),
            None => span::Current::none(),
        }
    }

    fn clone_span(&self, id: &span::Id) -> span::Id {
        if let Some(span) = self.locked().get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: span::Id) -> bool {
        let mut spans = self.locked();
        let Some(span) = spans.get_mut(&id.into_u64()) else { return false };
        span.handles -= 1;
        let closed = span.handles == 0;
        if closed {
            spans.remove(&id.into_u64());
        }
        closed
    }
}

fn level_of(level: tracing_core::Level) -> Level {
    match level {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        tracing_core::Level::DEBUG => Level::Debug,
        _ => Level::Trace,
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Fails only if the value fails to format; the line ends there then.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.rest, " {}={value:?}", field.name())
        };
    }
}
