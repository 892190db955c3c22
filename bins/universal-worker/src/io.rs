//! The thread that serves sockets.

use std::net::TcpListener;
use std::thread;

use tokio::runtime;
use tokio::sync::oneshot;
use universal_worker_service::WorkerService;
use universal_worker_service::serve;

use crate::event::Event;
use crate::event::Reporter;
use crate::failure::Failure;

/// A thread that serves until it is told to end.
#[derive(Debug)]
pub(crate) struct Io {
    end: oneshot::Sender<()>,
}

impl Io {
    pub(crate) fn begin(
        listener: TcpListener,
        service: WorkerService,
        reporter: Reporter,
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::defect(format!("cannot serve: {error}"));
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(failed)?
        };
        let (end, ended) = oneshot::channel();
        let serving = move || {
            // Told when this thread ends in any way, a panic included.
            let _last = OnEnd(reporter);
            runtime.block_on(serve(listener, service, async {
                let _ = ended.await;
            }));
        };
        thread::Builder::new().name("io".to_owned()).spawn(serving).map_err(failed)?;
        Ok(Self { end })
    }

    /// Lets open answers finish; the end of it is an event.
    pub(crate) fn end(self) {
        let _ = self.end.send(());
    }
}

struct OnEnd(Reporter);

impl Drop for OnEnd {
    fn drop(&mut self) {
        self.0.tell(Event::IoEnded);
    }
}
