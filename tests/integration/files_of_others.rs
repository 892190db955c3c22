//! Files that the worker has not made: it replaces, empties and deletes none.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{Ended, NO_ARGS, Started, run_to_end, scratch, until_some};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

async fn with_option(option: &str, path: &Path) -> Ended {
    let more = [option, path.to_str().unwrap(), "--idle-timeout", "0.1"];
    run_to_end(&[&PLUGIN[..], &more].concat()).await
}

/// A file with this content, and every other kind of file that can be in the way.
fn in_the_way(folder: &Path, content: &str) -> Vec<PathBuf> {
    let at = |name: &str| folder.join(name);
    for name in ["file", "linked"] {
        fs::write(at(name), content).unwrap();
    }
    fs::hard_link(at("linked"), at("hard-link")).unwrap();
    symlink(at("file"), at("link")).unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    fs::create_dir(at("folder")).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    ["file", "hard-link", "link", "dangling", "folder", "socket"].map(at).to_vec()
}

/// Names, kinds and contents of all files below a folder.
fn snapshot(folder: &Path) -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| {
            let kind = entry.file_type().unwrap();
            let content = if kind.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            format!("{} {kind:?} {content:?}", entry.path().display())
        })
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn an_announcement_replaces_no_file_of_others() {
    let folder = scratch();
    for path in in_the_way(folder.path(), "precious\n") {
        let before = snapshot(folder.path());
        let ended = with_option("--announce-file", &path).await;
        assert_eq!(ended.code, Some(3), "{ended:?}");
        let failed: Value = serde_json::from_str(ended.stdout.trim()).unwrap();
        assert_eq!(failed["stage"], "listen");
        let message = failed["message"].as_str().unwrap();
        let expected = format!("cannot write the announcement to {}", path.display());
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(snapshot(folder.path()), before, "{message}");
    }
}

#[tokio::test]
async fn an_announcement_goes_to_devices_pipes_and_links_as_they_are() {
    let ended = with_option("--announce-file", Path::new("/dev/null")).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(0), ""));
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let full = with_option("--announce-file", Path::new("/dev/full")).await;
    assert_eq!(full.code, Some(3), "{full:?}");
    assert!(full.stderr.contains("/dev/full (--announce-file): the disk is full"), "{full:?}");

    let folder = scratch();
    let (pipe, target, link) =
        (folder.path().join("pipe"), folder.path().join("target"), folder.path().join("link"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::write(&target, "").unwrap();
    symlink(&target, &link).unwrap();
    for path in [&pipe, &link] {
        let args = [&PLUGIN[..], &["--announce-file", path.to_str().unwrap()]].concat();
        let mut started = Started::spawn(&args);
        let text =
            until_some(async || fs::read_to_string(path).ok().filter(|text| text.ends_with('\n')))
                .await;
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["event"], &line["pid"]), (&json!("ready"), &json!(started.pid())));
        started.terminate();
    }
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[tokio::test]
async fn a_lock_of_others_beside_a_socket_stays() {
    let folder = scratch();
    for path in in_the_way(folder.path(), "precious\n") {
        let lock = path.with_extension("lock");
        if path.ends_with("hard-link") {
            fs::hard_link(&path, &lock).unwrap();
        } else {
            fs::rename(&path, &lock).unwrap();
        }
        let before = snapshot(folder.path());
        let ended = with_option("--uds", &lock.with_extension("")).await;
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr.contains(&format!("{} is in the way", lock.display())), "{ended:?}");
        assert_eq!(snapshot(folder.path()), before);
    }
}

#[tokio::test]
async fn a_file_that_replaced_the_socket_or_its_lock_stays_at_the_end() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let lock = folder.path().join("socket.lock");
    let mut started = Started::spawn(&[&PLUGIN[..], &["--uds", path.to_str().unwrap()]].concat());
    started.announcement();
    assert_eq!(fs::read_to_string(&lock).unwrap(), "universal-worker lock\n");
    for file in [&path, &lock] {
        fs::remove_file(file).unwrap();
        fs::write(file, "precious\n").unwrap();
    }
    started.terminate();
    for file in [&path, &lock] {
        assert_eq!(fs::read_to_string(file).unwrap(), "precious\n");
    }
}

#[tokio::test]
async fn a_crash_record_overwrites_only_an_earlier_one() {
    let folder = scratch();
    let file = folder.path().join("crash.json");
    fs::write(&file, "precious\n").unwrap();
    let ended = with_option("--crash-file", &file).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(&format!("--crash-file: {}: ", file.display())), "{ended:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious\n");
    fs::remove_file(&file).unwrap();

    let args = [&PLUGIN[..], &["--crash-file", file.to_str().unwrap()]].concat();
    let crash = async |started: &mut Started, signal: u32| {
        let client = Client::new(&started.url());
        let run = json!({"op": "raise", "signal": signal});
        assert!(client.execute::<_, _, Value>(&NO_ARGS, &run).await.is_err());
        started.wait();
    };
    for (signal, name) in [(7, "SIGBUS"), (11, "SIGSEGV")] {
        crash(&mut Started::spawn(&args), signal).await;
        let record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(record["signal"], name);
    }
    // A file of somebody else appears after the start.
    let mut started = Started::spawn(&args);
    started.until_thread("io");
    fs::write(&file, "precious\n").unwrap();
    crash(&mut started, 11).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious\n");

    // A pipe gets one record.
    let (reads, writes) = std::io::pipe().unwrap();
    let args = [&PLUGIN[..], &["--crash-file", "/dev/stderr"]].concat();
    let mut started = Started::with_stderr(&args, Stdio::from(writes));
    crash(&mut started, 11).await;
    drop(started);
    let text = std::io::read_to_string(reads).unwrap();
    let records = text.lines().filter(|line| line.starts_with("{\"signal\":\"SIGSEGV\""));
    assert_eq!(records.count(), 1, "{text}");
}
