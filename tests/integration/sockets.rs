//! Unix sockets and inherited sockets.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use universal_worker_host::Client;

use crate::support::{Started, run_to_end, scratch};

const PLUGIN: [&str; 4] = ["--module", "conformance", "--class", "Conformance"];

/// The status and body of a response on a Unix socket.
fn ask(path: &Path, request: &str) -> (u16, Value) {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// A request with a `Host` that would be rejected on a port.
const HEALTH: &str = "GET /health HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_unix_socket_serves_its_owner_and_is_removed_at_the_end() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let args = [&PLUGIN[..], &["--uds", path.to_str().unwrap()]].concat();
    let mut started = Started::spawn(&args);
    let announcement = started.announcement();
    assert_eq!((&announcement["url"], &announcement["uds"]), (&Value::Null, &json!(path)));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (status, health) = ask(&path, HEALTH);
    assert_eq!((status, &health["pid"]), (200, &json!(started.pid())));

    let other = run_to_end(&args).await;
    assert_eq!(other.code, Some(3), "{other:?}");
    assert!(other.stderr.contains("another worker uses it"), "{other:?}");

    started.terminate();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_stale_unix_socket_is_replaced() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let args = [&PLUGIN[..], &["--uds", path.to_str().unwrap()]].concat();
    let mut killed = Started::spawn(&args);
    killed.announcement();
    killed.kill();
    assert!(path.exists());
    let mut started = Started::spawn(&args);
    started.announcement();
    assert_eq!(ask(&path, HEALTH).0, 200);
    started.terminate();

    let long = folder.path().join("x".repeat(200));
    let ended = run_to_end(&[&PLUGIN[..], &["--uds", long.to_str().unwrap()]].concat()).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("107"), "{ended:?}");
}

#[tokio::test]
async fn another_user_is_rejected_even_if_the_file_mode_allows_access() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("not tested: only root can become another user");
        return;
    }
    let folder = scratch();
    let path = folder.path().join("socket");
    let mut started = Started::spawn(&[&PLUGIN[..], &["--uds", path.to_str().unwrap()]].concat());
    started.announcement();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let script = "import os,socket,sys; os.setuid(64001); s=socket.socket(socket.AF_UNIX); \
        s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode()); print(s.recv(10000).decode())";
    let other = Command::new("python3").args(["-c", script]).arg(&path).arg(HEALTH).output();
    let other = other.unwrap();
    let response = String::from_utf8(other.stdout).unwrap();
    assert!(
        response.starts_with("HTTP/1.1 403"),
        "{response} {}",
        String::from_utf8_lossy(&other.stderr)
    );
    assert!(response.to_lowercase().contains("connection: close"), "{response}");
    started.terminate();
}

/// A script that binds a socket and passes it as file descriptor 3, as service managers do.
fn handing_over(bind: &str, tell: &str) -> String {
    format!(
        "import os,socket,sys\n{bind}\nos.dup2(s.fileno(),3)\nos.set_inheritable(3,True)\n{tell}\nos.execv(sys.argv[1],sys.argv[1:])"
    )
}

#[tokio::test]
async fn an_inherited_socket_is_served() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let tcp = "s=socket.socket()\ns.bind((\"127.0.0.1\",0))".to_owned();
    let listening = format!("{tcp}\ns.listen()");
    let unix =
        format!("s=socket.socket(socket.AF_UNIX)\ns.bind(\"{}\")\ns.listen()", path.display());
    let variables = "os.environ[\"LISTEN_FDS\"]=\"1\"\nos.environ[\"LISTEN_PID\"]=str(os.getpid())";
    for (bind, tell, args) in
        [(&tcp, "", &["--fd", "3"][..]), (&listening, variables, &[]), (&unix, "", &["--fd", "3"])]
    {
        let args = [&PLUGIN[..], args].concat();
        let mut started = Started::by_python(&handing_over(bind, tell), &args);
        let announcement = started.announcement();
        if bind == &unix {
            assert_eq!((&announcement["url"], &announcement["uds"]), (&Value::Null, &json!(path)));
            assert_eq!(ask(&path, HEALTH).0, 200);
        } else {
            let health = Client::new(announcement["url"].as_str().unwrap()).health().await.unwrap();
            assert_eq!(health.pid, started.pid());
        }
        started.terminate();
    }
    // A port on the command line overrides the variables.
    let args = [&PLUGIN[..], &["--port", "0"]].concat();
    let mut started =
        Started::by_python(&handing_over(&unix.replace("socket\")", "other\")"), variables), &args);
    assert!(started.announcement()["url"].is_string());
    started.terminate();

    let any = "s=socket.socket()\ns.bind((\"0.0.0.0\",0))";
    let args = [&PLUGIN[..], &["--fd", "3"]].concat();
    let mut started = Started::by_python(&handing_over(any, ""), &args);
    let failed = started.announcement();
    assert_eq!(failed["stage"], "usage");
    assert!(failed["message"].as_str().unwrap().contains("--allow-remote"), "{failed}");
    assert_eq!(started.wait().code(), Some(2));
}

const PASSED: &str = "import os,socket,sys
s=socket.socket()
s.bind((\"127.0.0.1\",0))
s.listen()
u=socket.socket(socket.AF_UNIX)
u.bind(PATH)
u.listen()
t=socket.socket()
t.bind((\"127.0.0.1\",0))
a,b,c=[os.dup(x.fileno()) for x in (s,u,t)]
for n,f in enumerate((a,b,c)):
    os.dup2(f,20+n)
for n in range(3):
    os.dup2(20+n,3+n)
    os.set_inheritable(3+n,True)
os.environ.update(LISTEN_FDS=\"3\",LISTEN_PID=str(os.getpid()),LISTEN_FDNAMES=\"a:b:c\",OTHER=\"%d\" % t.getsockname()[1],UNIVERSAL_WORKER_PORT=\"1\")
print(t.getsockname()[1],flush=True)
os.execv(sys.argv[1],sys.argv[1:])";

#[tokio::test]
async fn all_sockets_of_a_service_manager_are_served_and_beat_a_variable() {
    let folder = scratch();
    let path = folder.path().join("socket");
    let script = PASSED.replace("PATH", &format!("{:?}", path.to_str().unwrap()));
    let mut started = Started::by_python(&script, &PLUGIN);
    let last: u16 = started.stdout_line().trim().parse().unwrap();
    let announcement = started.announcement();
    assert_eq!(announcement["uds"], json!(path), "{announcement}");
    let first = announcement["url"].as_str().unwrap().to_owned();
    assert!(!first.ends_with(&format!(":{last}")), "{announcement}");
    assert_eq!(ask(&path, HEALTH).0, 200);
    for url in [first, format!("http://127.0.0.1:{last}")] {
        assert_eq!(Client::new(&url).health().await.unwrap().pid, started.pid(), "{url}");
    }
    started.terminate();
}

#[tokio::test]
async fn localhost_is_served_on_both_families() {
    let mut started = Started::spawn(&[&PLUGIN[..], &["--host", "localhost"]].concat());
    let url = started.url();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    Client::new(&url).health().await.unwrap();
    match std::net::TcpListener::bind("[::1]:0") {
        Ok(_) => drop(std::net::TcpStream::connect(("::1", port)).unwrap()),
        Err(error) => println!("not tested: no IPv6: {error}"),
    }
    started.terminate();
}

#[tokio::test]
async fn a_worker_beyond_loopback_serves_addresses_and_allowed_names() {
    let dir = scratch();
    let file = dir.path().join("token");
    fs::write(&file, "secret").unwrap();
    let token = ["--token-file", file.to_str().unwrap()];
    let remote = [&PLUGIN[..], &["--host=0.0.0.0"]].concat();
    for more in [&[][..], &["--allow-remote"], &token] {
        let ended = run_to_end(&[&remote[..], more].concat()).await;
        assert_eq!(ended.code, Some(2), "{more:?}: {ended:?}");
    }
    let args = [&remote[..], &token, &["--allow-remote", "--allow-host=box"]].concat();
    let mut started = Started::spawn(&args);
    let port: u16 = started.url().rsplit(':').next().unwrap().parse().unwrap();
    for (host, status) in
        [("192.0.2.7:80", 200), ("[2001:db8::1]", 200), ("box", 200), ("evil.example", 403)]
    {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = HEALTH.replace("Host: worker", &format!("Host: {host}"));
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}: {answer}");
    }
    started.terminate();
}
