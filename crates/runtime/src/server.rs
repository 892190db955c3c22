//! The I/O threads, which serve the sockets.

use std::io;
use std::time::Duration;

use rustix::event::EventfdFlags;
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use universal_worker_listen as listen;
use universal_worker_process::thread::Role;
use universal_worker_process::{signals, thread};
use universal_worker_service::{
    Accepted, Access, AccessControl, ConnectionLimits, IoRuntime, IoThreads, Listener, SameUser,
    WorkerService, serve,
};

use crate::error::Error;
use crate::event::{Event, Reporter};

/// Serves until it is shut down.
#[derive(Debug)]
pub(crate) struct Server {
    phase: watch::Sender<Phase>,
    sharing: Sharing,
    /// Its threads end when this is dropped.
    _runtime: IoRuntime,
}

/// Whether other processes may serve the same sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// They are the worker's own, and reach it until its end.
    Own,
    /// The host handed them over. Connections stay open after the shutdown, until the end of their
    /// runs.
    HandedOver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// No connection is accepted, and those that were are served until each has ended.
    Closing,
    ShuttingDown,
}

impl Server {
    pub(crate) fn start(
        listeners: Vec<listen::Listener>,
        sharing: Sharing,
        service: WorkerService,
        threads: &IoThreads,
        access: Access,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let failed = |error| Error::system("serve", error);
        check_descriptors().map_err(failed)?;
        let runtime = threads.start(set_up_thread, thread::unregister).map_err(failed)?;
        let sockets = Sockets::new(listeners, &runtime).map_err(failed)?;
        let (phase, received) = watch::channel(Phase::Serving);
        let mut limits = service.connection_limits();
        if sharing == Sharing::HandedOver {
            // The stop has limits of its own.
            limits.shutdown_grace = Duration::MAX;
        }
        runtime.spawn(async move {
            // Reports the end of this task, even by a panic: the worker then stops in order.
            let _on_end = ReportEnd(reporter);
            sockets.serve(service, access, limits, received).await;
        });
        Ok(Self { phase, sharing, _runtime: runtime })
    }

    /// Leaves the sockets to other processes if the host handed them over: accepts no more
    /// connections, and lets those that were accepted end with their next response. Returns whether
    /// it does; if so, the end is reported as an event.
    pub(crate) fn leave_sockets(&self) -> bool {
        let leaves = self.sharing != Sharing::Own;
        if leaves {
            self.phase.send_replace(Phase::Closing);
        }
        leaves
    }

    /// Closes idle connections, and ends after open responses have finished, which is reported as an
    /// event.
    pub(crate) fn shut_down(&self) {
        self.phase.send_replace(Phase::ShuttingDown);
    }
}

/// Sets up an I/O thread, which may execute runs.
fn set_up_thread() {
    thread::register(Role::Worker);
    thread::use_signal_stack();
    // The plugin's child processes inherit the mask.
    signals::unblock();
}

/// The sockets as listeners of tokio, by their kind.
#[derive(Default)]
struct Sockets {
    tcp: Vec<TcpListener>,
    unix: Vec<UnixListener>,
}

impl Sockets {
    fn new(listeners: Vec<listen::Listener>, runtime: &Runtime) -> io::Result<Self> {
        let _context = runtime.enter();
        let mut sockets = Self::default();
        for listener in listeners {
            match listener {
                listen::Listener::Tcp(listener) => {
                    listener.set_nonblocking(true)?;
                    sockets.tcp.push(TcpListener::from_std(listener)?);
                }
                listen::Listener::Unix(listener) => {
                    listener.set_nonblocking(true)?;
                    sockets.unix.push(UnixListener::from_std(listener)?);
                }
            }
        }
        Ok(sockets)
    }

    /// Serves until the shutdown; each kind of sockets has the limit of connections for itself.
    async fn serve(
        self,
        service: WorkerService,
        access: Access,
        limits: ConnectionLimits,
        phase: watch::Receiver<Phase>,
    ) {
        let service = service.without_access_control();
        let until = |wanted| reached(phase.clone(), wanted);
        let tcp = async {
            if !self.tcp.is_empty() {
                let listener = UntilClosing { listener: self.tcp, phase: phase.clone() };
                let service = AccessControl::new(service.clone(), access.clone());
                serve(listener, service, limits.clone(), until(Phase::ShuttingDown)).await;
            }
        };
        let unix = async {
            if !self.unix.is_empty() {
                let listener = UntilClosing { listener: self.unix, phase: phase.clone() };
                let service = AccessControl::new(service.clone(), access.clone().for_unix_socket());
                let service = SameUser::new(service, rustix::process::geteuid().as_raw());
                serve(listener, service, limits.clone(), until(Phase::ShuttingDown)).await;
            }
        };
        tokio::join!(tcp, unix);
    }
}

/// Checks that file descriptors are left for the runtime and for connections.
///
/// tokio panics without those for its signal driver, which a feature of another crate may add.
fn check_descriptors() -> io::Result<()> {
    const SPARE: usize = 8;
    let new = |_| rustix::event::eventfd(0, EventfdFlags::CLOEXEC);
    let spare: Result<Vec<_>, _> = (0..SPARE).map(new).collect();
    spare.map(drop).map_err(io::Error::from)
}

/// A listener that ends with [`Phase::Closing`].
struct UntilClosing<L> {
    listener: L,
    phase: watch::Receiver<Phase>,
}

impl<L: Listener> Listener for UntilClosing<L> {
    type Io = L::Io;
    type Peer = L::Peer;

    async fn accept(&mut self) -> io::Result<Accepted<Self>> {
        tokio::select! {
            biased;
            () = reached(self.phase.clone(), Phase::Closing) => Ok(None),
            accepted = self.listener.accept() => accepted,
        }
    }
}

/// Resolves once the phase has come, or the sender is gone.
async fn reached(mut phase: watch::Receiver<Phase>, wanted: Phase) {
    let _ = phase.wait_for(|phase| *phase >= wanted).await;
}

struct ReportEnd(Reporter);

impl Drop for ReportEnd {
    fn drop(&mut self) {
        self.0.report(Event::ServerEnded);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;

    use tokio::runtime;

    use super::*;

    fn is_healthy(mut connection: impl Read + Write) -> bool {
        let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        connection.write_all(request).unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response.starts_with("HTTP/1.1 200")
    }

    #[test]
    fn sockets_of_both_kinds_are_served_until_they_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let tcp = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = tcp.local_addr().unwrap();
        let unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let context = universal_worker_service::background_context();
        let class = universal_worker_plugin::in_process::<hello::Hello>(context).unwrap();
        let service = WorkerService::builder(class).build();
        let limits = service.connection_limits();
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listeners = vec![listen::Listener::Tcp(tcp), listen::Listener::Unix(unix)];
        let sockets = Sockets::new(listeners, &runtime).unwrap();
        let (phase, received) = watch::channel(Phase::Serving);
        let serving = std::thread::spawn(move || {
            runtime.block_on(sockets.serve(service, Access::default(), limits, received));
        });
        for _ in 0..2 {
            assert!(is_healthy(TcpStream::connect(address).unwrap()));
            assert!(is_healthy(UnixStream::connect(&path).unwrap()));
        }
        phase.send_replace(Phase::Closing);
        serving.join().unwrap();
        assert!(TcpStream::connect(address).is_err() && UnixStream::connect(&path).is_err());
    }
}
