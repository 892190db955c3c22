use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// Far more than any of this takes; only a test that hangs comes near.
const LONG: Duration = Duration::from_secs(30);

/// A job that says when it begins, and ends when it is told to.
fn held() -> (Job, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun_tx, begun) = mpsc::channel();
    let (end, end_rx) = mpsc::channel::<()>();
    let job = Box::new(move || {
        begun_tx.send(()).unwrap();
        let _ = end_rx.recv();
    });
    (job, begun, end)
}

#[test]
fn no_more_jobs_run_at_once_than_there_are_lanes() {
    let lanes = Lanes::new(3, 1000);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (done_tx, done) = mpsc::channel();
    for _ in 0..200 {
        let (now, most, done) = (Arc::clone(&now), Arc::clone(&most), done_tx.clone());
        let job = move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            done.send(()).unwrap();
        };
        lanes.submit(Box::new(job)).unwrap();
    }
    for _ in 0..200 {
        done.recv_timeout(LONG).unwrap();
    }
    assert!(most.load(Ordering::SeqCst) <= 3);
}

#[test]
fn an_exclusive_job_waits_for_runs_and_holds_back_those_behind_it() {
    let lanes = Lanes::new(2, 10);
    let (order_tx, order) = mpsc::channel();
    let (first, begun, end) = held();
    lanes.submit(first).unwrap();
    begun.recv_timeout(LONG).unwrap();
    let tell = |name: &'static str| {
        let order = order_tx.clone();
        Box::new(move || order.send(name).unwrap()) as Job
    };
    lanes.submit_exclusive(tell("exclusive"));
    lanes.submit(tell("behind")).unwrap();
    assert!(order.try_recv().is_err());
    end.send(()).unwrap();
    assert_eq!(order.recv_timeout(LONG).unwrap(), "exclusive");
    assert_eq!(order.recv_timeout(LONG).unwrap(), "behind");
}

#[test]
fn beyond_the_queue_a_job_is_refused_and_a_withdrawn_one_makes_room() {
    let lanes = Lanes::new(1, 1);
    let (first, begun, end) = held();
    lanes.submit(first).unwrap();
    begun.recv_timeout(LONG).unwrap();
    let ticket = lanes.submit(Box::new(|| unreachable!("it was withdrawn"))).unwrap();
    assert_eq!(lanes.submit(Box::new(|| ())), Err(QueueFull { waiting: 1 }));
    assert!(lanes.withdraw(ticket));
    assert!(!lanes.withdraw(ticket));
    let (second, begun, _end) = held();
    lanes.submit(second).unwrap();
    end.send(()).unwrap();
    begun.recv_timeout(LONG).unwrap();
}

#[test]
fn a_withdrawn_exclusive_job_lets_those_behind_it_start() {
    let lanes = Lanes::new(2, 10);
    let (first, begun, _end) = held();
    lanes.submit(first).unwrap();
    begun.recv_timeout(LONG).unwrap();
    let exclusive = lanes.submit_exclusive(Box::new(|| ()));
    let (behind, behind_begun, _behind_end) = held();
    lanes.submit(behind).unwrap();
    assert!(lanes.withdraw(exclusive));
    behind_begun.recv_timeout(LONG).unwrap();
}

#[test]
fn a_job_that_panics_costs_no_lane() {
    let lanes = Lanes::new(1, 10);
    lanes.submit(Box::new(|| panic!("a defect"))).unwrap();
    let (next, begun, _end) = held();
    lanes.submit(next).unwrap();
    begun.recv_timeout(LONG).unwrap();
}
