//! The cancel token on its own.

use std::sync::Arc;
use std::time::Duration;

use crate::run::cancel_token::CancelToken;

#[test]
fn a_token_stays_cancelled() {
    let token = CancelToken::default();
    assert!(token.cancel());
    assert!(!token.cancel());
    assert!(token.is_cancelled());
}

#[test]
fn a_waiter_wakes_when_cancelled() {
    let token = Arc::new(CancelToken::default());
    assert!(!token.wait(Duration::from_millis(1)));
    let waiter = {
        let token = Arc::clone(&token);
        std::thread::spawn(move || token.wait(Duration::MAX))
    };
    token.cancel();
    assert!(waiter.join().unwrap());
}
