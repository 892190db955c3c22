//! The I/O thread, which serves the sockets.

use std::io;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use universal_worker_listen as listen;
use universal_worker_process::thread;
use universal_worker_service::{Access, AccessControl, SameUser, WorkerService, serve};

use crate::error::Error;
use crate::event::{Event, Reporter};

/// Serves until it is shut down.
#[derive(Debug)]
pub(crate) struct Server {
    shutdown: watch::Sender<bool>,
}

impl Server {
    pub(crate) fn start(
        listeners: Vec<listen::Listener>,
        service: WorkerService,
        access: Access,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let failed = |error| Error::system("serve", error);
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let sockets = Sockets::new(listeners, &runtime).map_err(failed)?;
        let (shutdown, received) = watch::channel(false);
        thread::spawn("io", "the sockets", move || {
            // Reports the end of this thread, even by a panic.
            let _on_end = ReportEnd(reporter);
            runtime.block_on(sockets.serve(service, access, received));
        })?;
        Ok(Self { shutdown })
    }

    /// Shuts down after open responses have finished; the end is reported as an event.
    pub(crate) fn shut_down(self) {
        self.shutdown.send_replace(true);
    }
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
        shutdown: watch::Receiver<bool>,
    ) {
        let limits = service.connection_limits();
        let service = service.without_access_control();
        let tcp = async {
            if !self.tcp.is_empty() {
                let service = AccessControl::new(service.clone(), access.clone());
                serve(self.tcp, service, limits.clone(), ended(shutdown.clone())).await;
            }
        };
        let unix = async {
            if !self.unix.is_empty() {
                let service = AccessControl::new(service.clone(), access.clone().for_unix_socket());
                let service = SameUser::new(service, rustix::process::geteuid().as_raw());
                serve(self.unix, service, limits.clone(), ended(shutdown.clone())).await;
            }
        };
        tokio::join!(tcp, unix);
    }
}

/// Resolves once the value is true, or its sender is gone.
async fn ended(mut signal: watch::Receiver<bool>) {
    let _ = signal.wait_for(|value| *value).await;
}

struct ReportEnd(Reporter);

impl Drop for ReportEnd {
    fn drop(&mut self) {
        self.0.report(Event::ServerEnded);
    }
}
