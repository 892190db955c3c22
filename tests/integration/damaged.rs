//! A thousand damaged copies of a plugin: each is an error or loads, as far as `dlopen` lets us.
//!
//! What cannot be told before is in docs/operations.md.

mod copies;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use self::copies::Copies;
use self::copies::Damage;
use self::copies::Kind;
use self::copies::Layout;
use crate::support::plugin;
use crate::support::program;
use crate::support::scratch;

/// More would take the machine from the tests beside this one.
const THREADS: u64 = 2;

/// What became of the copies.
#[derive(Debug, Default)]
struct Found {
    loads: u64,
    errors: u64,
    crashes: Vec<String>,
}

/// How many copies, and the most that may crash: an address that is another, but in code, cannot be
/// told from the right one.
const KINDS: [(Kind, u64, usize); 4] = [
    (Kind::Cut, 250, 0),
    (Kind::Header, 400, 0),
    (Kind::Sections, 100, 0),
    (Kind::Dynamic, 250, 3),
];

#[test]
fn a_thousand_damaged_copies_are_errors_or_load() {
    let dir = scratch();
    let whole = without_debug_info(dir.path());
    for (kind, copies, most) in KINDS {
        let found = look(kind, copies, &whole, dir.path());
        println!("{kind:?}: {found:?}");
        assert!(found.crashes.len() <= most, "{kind:?}: {found:?}");
        assert_eq!(found.loads + found.errors + found.crashes.len() as u64, copies);
        // Rules that refuse everything, or nothing, would not crash either.
        assert!(found.errors > copies / 10, "{kind:?}: {found:?}");
        let is_cut = matches!(kind, Kind::Cut);
        assert_eq!(found.loads > copies / 20, !is_cut, "{kind:?}: {found:?}");
    }
}

/// Damages so many copies, and has each looked at by a worker of its own.
fn look(kind: Kind, copies: u64, whole: &[u8], dir: &Path) -> Found {
    let layout = Layout::of(whole);
    let next = AtomicU64::new(0);
    let found = Mutex::new(Found::default());
    let thread = |number: u64| {
        let file = dir.join(format!("lib{kind:?}{number}.so"));
        let mut copy = Copies::new(&file, whole);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= copies {
                return;
            }
            let damage = Damage::new(kind, &layout, seed);
            let output = copy.with(&damage, || check(&file));
            let what = format!("seed {seed}, {damage:?}");
            found.lock().unwrap().add(&file, &output, &what);
        }
    };
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let thread = &thread;
            scope.spawn(move || thread(number));
        }
    });
    found.into_inner().unwrap()
}

fn check(file: &Path) -> Output {
    let mut command = Command::new(program());
    command.arg("--module").arg(file).args(["--check", "--load-timeout", "10"]);
    command.stdin(Stdio::null());
    command.output().unwrap()
}

impl Found {
    fn add(&mut self, file: &Path, output: &Output, what: &str) {
        match output.status.code() {
            Some(0) => self.loads += 1,
            Some(1) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let last = stderr.lines().last().unwrap_or_default();
                let name = file.file_name().unwrap().to_str().unwrap();
                assert!(last.starts_with("FATAL: ") && last.contains(name), "{what}: {stderr}");
                self.errors += 1;
            }
            // Of a contradiction the dynamic linker ends the process with 127.
            _ => self.crashes.push(format!("{what}: {}", output.status)),
        }
    }
}

/// Debug information takes nine tenths of the file, and most of the time to look at it.
/// `strip` comes with the linker that Rust needs.
fn without_debug_info(dir: &Path) -> Vec<u8> {
    let stripped = dir.join("libstripped.so");
    let mut strip = Command::new("strip");
    let done = strip.arg("-o").arg(&stripped).arg(plugin("hello")).status();
    assert!(done.unwrap().success());
    fs::read(stripped).unwrap()
}
