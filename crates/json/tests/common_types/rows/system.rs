//! Paths, addresses and times of the standard library.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use universal_worker_json::{Isoformat, Seconds};

use super::{DURATION, Row, text, time};

pub(super) fn texts() -> Vec<Row> {
    let not_utf8 = Path::new(OsStr::from_bytes(b"/a/\xff"));
    vec![
        ("PathBuf", text(PathBuf::from("/a/é"))),
        ("Path::to_string_lossy", text(not_utf8.to_string_lossy())),
        ("OsString", text(OsString::from("a"))),
        ("OsStr::to_string_lossy", text(OsStr::new("a").to_string_lossy())),
    ]
}

pub(super) fn addresses() -> Vec<Row> {
    let v4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80);
    let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0);
    vec![
        ("Ipv4Addr", text(Ipv4Addr::LOCALHOST)),
        ("Ipv6Addr", text(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
        ("IpAddr", text(IpAddr::V4(Ipv4Addr::LOCALHOST))),
        ("SocketAddrV4", text(v4)),
        ("SocketAddrV6", text(v6)),
        ("SocketAddr", text(SocketAddr::V6(v6))),
    ]
}

pub(super) fn times() -> Vec<Row> {
    vec![
        ("Duration", text(DURATION)),
        ("Seconds<Duration>", text(Seconds(DURATION))),
        ("SystemTime", text(time())),
        ("Isoformat<SystemTime>", text(Isoformat(time()))),
    ]
}
