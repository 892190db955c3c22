//! The thread that serves sockets.

use std::io;

use tokio::runtime;
use tokio::sync::oneshot;
use universal_worker_listen as listen;
use universal_worker_process::thread;
use universal_worker_service::Listener;
use universal_worker_service::WorkerService;

use crate::error::Error;
use crate::event::Event;
use crate::event::Reporter;

/// Serves until it is shut down.
#[derive(Debug)]
pub(crate) struct Server {
    shutdown: oneshot::Sender<()>,
}

impl Server {
    pub(crate) fn start(
        listener: listen::Listener,
        service: WorkerService,
        reporter: Reporter,
    ) -> Result<Self, Error> {
        let failed = |error| Error::defect(format!("cannot serve: {error}"));
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = {
            let _context = runtime.enter();
            into_tokio(listener).map_err(failed)?
        };
        let (shutdown, received) = oneshot::channel();
        let serve = move || {
            // Reports the end of this thread, even by a panic.
            let _on_end = ReportEnd(reporter);
            runtime.block_on(universal_worker_service::serve(listener, service, async {
                let _ = received.await;
            }));
        };
        thread::spawn("io", "the sockets", serve)?;
        Ok(Self { shutdown })
    }

    /// Lets open answers finish; the end is an event.
    pub(crate) fn shut_down(self) {
        let _ = self.shutdown.send(());
    }
}

fn into_tokio(listener: listen::Listener) -> io::Result<Listener> {
    Ok(match listener {
        listen::Listener::Tcp(listener) => {
            listener.set_nonblocking(true)?;
            Listener::Tcp(tokio::net::TcpListener::from_std(listener)?)
        }
        listen::Listener::Unix(listener) => {
            listener.set_nonblocking(true)?;
            let uid = rustix::process::geteuid().as_raw();
            Listener::Unix { listener: tokio::net::UnixListener::from_std(listener)?, uid }
        }
    })
}

struct ReportEnd(Reporter);

impl Drop for ReportEnd {
    fn drop(&mut self) {
        self.0.report(Event::ServerEnded);
    }
}
