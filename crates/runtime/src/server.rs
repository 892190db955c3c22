//! The I/O thread, which serves the socket.

use std::io;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use universal_worker_listen as listen;
use universal_worker_process::thread;
use universal_worker_service::{Access, AccessControl, SameUser, WorkerService, serve};

use crate::error::Error;
use crate::event::{Event, Reporter};

/// Serves until it is shut down.
#[derive(Debug)]
pub(crate) struct Server {
    shutdown: oneshot::Sender<()>,
}

impl Server {
    pub(crate) fn start(
        listener: listen::Listener,
        service: WorkerService,
        access: Access,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let failed = |error| Error::system("serve", error);
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = Listener::new(listener, &runtime).map_err(failed)?;
        let (shutdown, received) = oneshot::channel();
        thread::spawn("io", "the sockets", move || {
            // Reports the end of this thread, even by a panic.
            let _on_end = ReportEnd(reporter);
            runtime.block_on(listener.serve(service, access, async {
                let _ = received.await;
            }));
        })?;
        Ok(Self { shutdown })
    }

    /// Shuts down after open responses have finished; the end is reported as an event.
    pub(crate) fn shut_down(self) {
        let _ = self.shutdown.send(());
    }
}

/// A listener of tokio.
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    fn new(listener: listen::Listener, runtime: &Runtime) -> io::Result<Self> {
        let _context = runtime.enter();
        Ok(match listener {
            listen::Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Self::Tcp(TcpListener::from_std(listener)?)
            }
            listen::Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Self::Unix(UnixListener::from_std(listener)?)
            }
        })
    }

    async fn serve(
        self,
        service: WorkerService,
        access: Access,
        shutdown: impl Future<Output = ()>,
    ) {
        let limits = service.connection_limits();
        let service = service.without_access_control();
        match self {
            Self::Tcp(listener) => {
                let service = AccessControl::new(service, access);
                serve(listener, service, limits, shutdown).await;
            }
            Self::Unix(listener) => {
                let service = AccessControl::new(service, access.for_unix_socket());
                let uid = rustix::process::geteuid().as_raw();
                serve(listener, SameUser::new(service, uid), limits, shutdown).await;
            }
        }
    }
}

struct ReportEnd(Reporter);

impl Drop for ReportEnd {
    fn drop(&mut self) {
        self.0.report(Event::ServerEnded);
    }
}
