use std::sync::Arc;
use std::time::Duration;

use super::*;

#[test]
fn a_request_stays() {
    let token = CancelToken::default();
    assert!(token.request());
    assert!(!token.request());
    assert!(token.is_requested());
}

#[test]
fn a_sleeper_wakes_on_request_and_not_without() {
    let token = Arc::new(CancelToken::default());
    assert!(!token.wait(Duration::from_millis(1)));
    let sleeper = {
        let token = Arc::clone(&token);
        std::thread::spawn(move || token.wait(Duration::MAX))
    };
    token.request();
    assert!(sleeper.join().unwrap());
}
