//! What `serve` does with connections whose clients are slow, silent, or on their way out.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod early;
mod giving_way;
mod half_closed;
mod persistence;
mod server;
mod timeouts;
