//! The thread that serves sockets.

use std::io;

use tokio::runtime;
use tokio::sync::oneshot;
use universal_worker_service::Listener;
use universal_worker_service::WorkerService;
use universal_worker_service::serve;

use crate::event::Event;
use crate::event::Reporter;
use crate::failure::Failure;
use crate::listen::Listening;
use crate::threads;

/// A thread that serves until it is told to end.
#[derive(Debug)]
pub(crate) struct Io {
    end: oneshot::Sender<()>,
}

impl Io {
    pub(crate) fn begin(
        listener: Listening,
        service: WorkerService,
        reporter: Reporter,
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::defect(format!("cannot serve: {error}"));
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = {
            let _entered = runtime.enter();
            listener_of(listener).map_err(failed)?
        };
        let (end, ended) = oneshot::channel();
        let serving = move || {
            // Told when this thread ends in any way, a panic included.
            let _last = OnEnd(reporter);
            runtime.block_on(serve(listener, service, async {
                let _ = ended.await;
            }));
        };
        threads::spawn("io", "the sockets", serving)?;
        Ok(Self { end })
    }

    /// Lets open answers finish; the end of it is an event.
    pub(crate) fn end(self) {
        let _ = self.end.send(());
    }
}

fn listener_of(listening: Listening) -> io::Result<Listener> {
    Ok(match listening {
        Listening::Tcp(listener) => {
            listener.set_nonblocking(true)?;
            Listener::Tcp(tokio::net::TcpListener::from_std(listener)?)
        }
        Listening::Unix(listener) => {
            listener.set_nonblocking(true)?;
            let uid = rustix::process::geteuid().as_raw();
            Listener::Unix { listener: tokio::net::UnixListener::from_std(listener)?, uid }
        }
    })
}

struct OnEnd(Reporter);

impl Drop for OnEnd {
    fn drop(&mut self) {
        self.0.tell(Event::IoEnded);
    }
}
