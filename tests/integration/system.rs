//! What the system refuses, and what it shows of others: forbidden system calls, limits, and a
//! `/proc` of another pid namespace.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{NO_ARGS, Started, is_gone, plugin, run_below, scratch, signal};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

/// System calls with their numbers on x86-64 and aarch64.
const CALLS: [(&str, u32, u32); 12] = [
    ("getrandom", 318, 278),
    ("pidfd_open", 434, 434),
    ("pidfd_send_signal", 424, 424),
    ("close_range", 436, 436),
    ("unshare", 272, 97),
    ("waitid", 247, 95),
    ("statx", 332, 291),
    ("sigaltstack", 131, 132),
    ("timer_create", 222, 107),
    ("getdents64", 217, 61),
    ("kill", 62, 129),
    ("prlimit64", 302, 261),
];

/// A Python program that executes its arguments with one system call forbidden (seccomp(2)).
pub(crate) fn forbidding(call: u32, errno: u32) -> String {
    format!(
        "import ctypes, os, struct, sys\n\
         steps = [(0x20, 0, 0, 0), (0x15, 0, 1, {call}), (6, 0, 0, 0x50000 | {errno}),\n\
         (6, 0, 0, 0x7fff0000)]\n\
         code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *it) for it in steps))\n\
         program = struct.pack('HP', len(steps), ctypes.addressof(code))\n\
         prctl = ctypes.CDLL(None).prctl\n\
         assert prctl(38, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0\n\
         assert prctl(22, ctypes.c_ulong(2), ctypes.c_char_p(program)) == 0\n\
         os.execv(sys.argv[1], sys.argv[1:])\n"
    )
}

/// Starts children of several kinds, and returns their pids.
async fn start_children(client: &Client) -> Vec<u32> {
    let mut pids = Vec::new();
    for (detach, orphan) in [(false, false), (true, false), (true, true)] {
        let child = json!({"op": "spawn", "secs": 600.0, "detach": detach, "orphan": orphan});
        pids.push(client.execute(&NO_ARGS, &child).await.unwrap());
    }
    pids
}

#[tokio::test]
async fn a_forbidden_system_call_leaves_no_process() {
    const ENOSYS: u32 = 38;
    const EPERM: u32 = 1;
    for (name, x86, arm) in CALLS {
        let number = if cfg!(target_arch = "x86_64") { x86 } else { arm };
        for errno in [ENOSYS, EPERM] {
            let mut parent = Command::new("sleep").arg("600").spawn().unwrap();
            let pid = parent.id().to_string();
            // Not by name, because a folder cannot be listed without getdents64.
            let library = plugin("conformance");
            let args = ["--module", library.to_str().unwrap(), "--class", "Conformance", "--ppid"];
            let args = [&args[..], &[&pid]].concat();
            let mut started = Started::by_python(&forbidding(number, errno), &args);
            let pids = start_children(&Client::new(&started.url())).await;
            parent.kill().unwrap();
            parent.wait().unwrap();
            assert_eq!(started.wait().code(), Some(0), "{name} {errno}");
            let left: Vec<_> = pids.iter().filter(|pid| !is_gone(**pid)).collect();
            assert!(left.is_empty(), "{name} {errno}: {left:?} of {pids:?}");
        }
    }
}

#[tokio::test]
async fn a_forced_exit_needs_no_random_numbers() {
    let number = if cfg!(target_arch = "x86_64") { 318 } else { 278 };
    let mut started = Started::by_python(&forbidding(number, 38), &PLUGIN);
    let client = Client::new(&started.url());
    let pids = start_children(&client).await;
    let deaf = json!({"op": "spawn", "secs": 600.0, "deaf": true});
    let deaf: u32 = client.execute(&NO_ARGS, &deaf).await.unwrap();
    signal(started.pid(), "TERM");
    signal(started.pid(), "INT");
    assert!(started.wait().code().is_some_and(|code| code == 0 || code == 4));
    assert!(pids.iter().chain([&deaf]).all(|pid| is_gone(*pid)), "{pids:?} {deaf}");
}

#[tokio::test]
async fn a_forbidden_thread_is_not_called_a_bug() {
    // clone3(2), without which glibc only tries again if it does not exist.
    let mut started = Started::by_python(&forbidding(435, 1), &PLUGIN);
    let failed = started.announcement();
    let message = failed["message"].as_str().unwrap();
    assert!(message.starts_with("cannot start a thread") && !message.contains("a bug"), "{failed}");
    assert!(failed["hint"].as_str().unwrap().contains("seccomp"), "{failed}");
    assert_eq!(started.wait().code(), Some(70));
}

/// Whether this system allows a pid namespace that keeps the outer `/proc`.
pub(crate) fn has_namespaces(unshare: &str) -> bool {
    let mut words = unshare.split(' ');
    let mut command = Command::new(words.next().unwrap());
    let can = command.args(words).arg("true").output().is_ok_and(|made| made.status.success());
    if !can {
        println!("not tested: this system does not allow `{unshare}`");
    }
    can
}

#[tokio::test]
async fn with_the_proc_of_an_outer_namespace_only_own_children_are_ended() {
    const UNSHARE: &str = "unshare --user --map-root-user --pid --fork --kill-child";
    if !has_namespaces(UNSHARE) {
        return;
    }
    // Strangers have the numbers that the worker's children have outside, and the other way round.
    let script = format!(
        "exec {UNSHARE} sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 600 & s=\"$s $!\"; \
         done; \"$@\" & wait $!; echo code $?; for s in $s; do kill -0 $s && echo alive; done' \
         sh \"$@\""
    );
    let mut started = Started::by_shell(&script, &PLUGIN);
    let url = started.url();
    let client = Client::new(&url);
    // Their numbers are those of the namespace, so that the shell below has to look for them.
    let pids = start_children(&client).await;
    let stats = client.stats().await.unwrap();
    assert_eq!((stats.memory_rss_mb, stats.cpu_percent), (None, None), "{stats:?}");
    let health = client.health().await.unwrap();
    assert_eq!(stats.subtree_pids, [health.pid]);
    assert!(pids.iter().all(|pid| *pid > health.pid));
    let in_namespace = started.only_child();
    let children = || -> Vec<u32> {
        let list = format!("/proc/{in_namespace}/task/{in_namespace}/children");
        let children = fs::read_to_string(list).unwrap_or_default();
        children.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    };
    let worker = children().pop().unwrap();
    let of_worker = || {
        let list = fs::read_to_string(format!("/proc/{worker}/task/{worker}/children"));
        list.unwrap_or_default().split_whitespace().count()
    };
    // The orphan is a child of the first thread; the others are children of the lane.
    assert_eq!(of_worker(), 1);
    let of_lane: Vec<u32> = fs::read_dir(format!("/proc/{worker}/task"))
        .unwrap()
        .flatten()
        .flat_map(|task| {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let pids: Vec<u32> =
                children.split_whitespace().map(|it| it.parse().unwrap()).collect();
            pids
        })
        .collect();
    assert_eq!(of_lane.len(), 3, "{of_lane:?}");
    signal(worker, "TERM");
    assert_eq!(started.rest_of_stdout(), format!("code 0\n{}", "alive\n".repeat(12)));
    assert!(of_lane.iter().all(|pid| is_gone(*pid)), "{of_lane:?}");
    started.wait();
}

#[tokio::test]
async fn what_cannot_be_known_without_proc_is_null() {
    const UNSHARE: &str = "unshare --user --map-root-user --mount";
    if !has_namespaces(UNSHARE) {
        return;
    }
    let script =
        format!("exec {UNSHARE} sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh \"$@\"");
    let path = plugin("conformance");
    let args = ["--module", path.to_str().unwrap(), "--class", "Conformance"];
    let mut started = Started::by_shell(&script, &args);
    let client = Client::new(&started.url());
    let pids = start_children(&client).await;
    let stats = client.stats().await.unwrap();
    assert_eq!((stats.memory_rss_mb, stats.cpu_percent), (None, None), "{stats:?}");
    assert_eq!((stats.threads, stats.open_fds), (None, None), "{stats:?}");
    assert_eq!(stats.subtree_pids, [started.pid()]);
    started.terminate();
    assert!(pids.iter().all(|pid| is_gone(*pid)), "{pids:?}");
}

#[tokio::test]
async fn a_limit_of_open_files_is_reported_by_name_and_value() {
    let mut served = false;
    for limit in 4..=32 {
        let shell = format!("ulimit -n {limit}; exec \"$@\"");
        let args = ["--module", "hello", "--idle-timeout", "0.1"];
        let mut started = Started::by_shell(&shell, &args);
        let line = started.announcement();
        if line["event"] == "ready" {
            served = true;
            assert_eq!(started.wait().code(), Some(0), "{limit}");
            continue;
        }
        assert!(!served, "a smaller limit was enough: {line}");
        let (message, hint) = (line["message"].as_str().unwrap(), line["hint"].as_str().unwrap());
        let expected = format!("too many open files: the limit is {limit} (ulimit -n");
        assert!(message.contains(&expected), "{line}");
        assert!(!message.contains("a bug") && hint.starts_with("raise the limit"), "{line}");
    }
    assert!(served);
}

#[tokio::test]
async fn a_limit_of_address_space_is_reported_by_name() {
    for (kibibytes, is_enough) in [(20_000, false), (160_000, true)] {
        let below = format!("prlimit --as={}", kibibytes * 1024);
        let ended = run_below(&below, &["--module", "hello", "--idle-timeout", "0.1"]).await;
        let line: Value = serde_json::from_str(ended.stdout.trim()).unwrap_or_default();
        assert_eq!(line["event"] == "ready", is_enough, "{ended:?}");
        assert!(is_enough || ended.stderr.contains("RLIMIT_AS"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_log_at_its_limit_of_size_ends_neither_the_worker_nor_its_children() {
    let folder = scratch();
    let log = folder.path().join("log");
    let script = format!("ulimit -f 16; exec \"$@\" 2>'{}'", log.display());
    let mut started = Started::by_shell(&script, &PLUGIN);
    let client = Client::new(&started.url());
    let line = json!({"op": "log", "level": "error", "message": "x".repeat(1000)});
    for _ in 0..40 {
        client.execute::<_, _, Value>(&NO_ARGS, &line).await.unwrap();
    }
    assert!(fs::metadata(&log).unwrap().len() <= 16 * 1024);
    // A child has the usual disposition of SIGXFSZ (25): the signal is not ignored.
    let ignores = "set $(grep SigIgn /proc/self/status); exit $(( (0x$2 >> 24) & 1 ))";
    let asked = json!({"op": "shell", "script": ignores});
    assert_eq!(client.execute::<_, _, u32>(&NO_ARGS, &asked).await.unwrap(), 0);
    started.terminate();
}

#[tokio::test]
async fn a_lease_that_is_none_is_reported_as_what_it_is() {
    let folder = scratch();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let from_file = format!("exec \"$@\" <'{}'", file.display());
    for (script, what) in [
        ("exec \"$@\" <&-", "/dev/null, or was closed when the worker started"),
        ("exec \"$@\" </dev/null", "/dev/null, or was closed when the worker started"),
        ("exec \"$@\" </dev/zero", "a device"),
        ("exec \"$@\" </", "a folder"),
        (&from_file, "a file"),
    ] {
        let mut started = Started::by_shell(script, &["--module", "hello", "--lease-fd", "0"]);
        let line = started.announcement();
        let expected =
            format!("--lease-fd: file descriptor 0 is neither a pipe nor a socket: it is {what}");
        assert_eq!(line["message"], expected);
        assert_eq!(started.wait().code(), Some(2));
    }
}
